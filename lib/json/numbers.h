/* numbers.h - numbers out of what people type into Kitsu's fields.
 *
 * They arrive as text as often as not. Trimmed, a text must be a JSON number
 * and finite; an integer field takes whole values of int32_t only; everything
 * else is as if it were absent (opkitsu(7), "What becomes of what"). All take
 * NULL. The arena is for scratch. */
#ifndef OPKITSU_JSON_NUMBERS_H
#define OPKITSU_JSON_NUMBERS_H

#include "json/json.h"

bool number_real(arena *a, const json *v, double *out);
bool number_int32(arena *a, const json *v, int32_t *out);
/* `WIDTHxHEIGHT`, the whole text, blanks around the numbers, both > 0. */
bool number_resolution(arena *a, const json *v, int32_t *width, int32_t *height);

#endif
