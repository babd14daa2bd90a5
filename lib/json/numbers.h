/* numbers.h - numbers from what people type into Kitsu's fields.
 *
 * They often arrive as text: an optional sign, digits, and optionally a point or a
 * comma and digits (Kitsu itself reads a decimal comma), with blanks around. Exponents,
 * units and marks of thousands are not read. An integer field takes whole values of
 * int32_t only. Anything else counts as absent (opkitsu(7), "Mapping"). All take NULL.
 * The arena is for scratch. */
#ifndef OPKITSU_JSON_NUMBERS_H
#define OPKITSU_JSON_NUMBERS_H

#include "json/json.h"

bool number_real(arena *a, const json *v, double *out);
/* The same, or `DIGITS/DIGITS`, the latter not 0: frames per second, pixel aspect. */
bool number_ratio(arena *a, const json *v, double *out);
bool number_int32(arena *a, const json *v, int32_t *out);
/* `WIDTHxHEIGHT`, the whole text: digits around `x`, `X`, `*` or the sign of times
 * (U+00D7), at its end perhaps `p`, `i` or `px`, blanks around each. Both > 0. */
bool number_resolution(arena *a, const json *v, int32_t *width, int32_t *height);

/* A number as text that these read, as short as possible: `25`, `23.976`. */
json number_text(arena *a, double x);

#endif
