/* numbers.h - numbers from what people type into Kitsu's fields.
 *
 * They often arrive as text. A text, trimmed, must be a finite JSON number; an integer
 * field takes whole values of int32_t only. Anything else counts as absent (opkitsu(7),
 * "Mapping"). All take NULL. The arena is for scratch. */
#ifndef OPKITSU_JSON_NUMBERS_H
#define OPKITSU_JSON_NUMBERS_H

#include "json/json.h"

bool number_real(arena *a, const json *v, double *out);
bool number_int32(arena *a, const json *v, int32_t *out);
/* `WIDTHxHEIGHT`, the whole text, blanks around the numbers, both > 0. */
bool number_resolution(arena *a, const json *v, int32_t *width, int32_t *height);

#endif
