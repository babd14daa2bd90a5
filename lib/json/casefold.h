/* casefold.h - texts compared without regard to case, as OpenPype compares short names
 * and families: character by character, in any alphabet and locale. A character
 * whose other case is two characters (German sharp s) equals only itself. */
#ifndef OPKITSU_JSON_CASEFOLD_H
#define OPKITSU_JSON_CASEFOLD_H

#include "json/json.h"

/* Load the system's tables, which the other two do else: a program that gives up its access
 * to files calls it before. */
void casefold_prepare(void);
/* Both are JSON_STRING. */
bool casefold_equal(const json *one, const json *other);
/* A text in lower case, in `a`. */
json casefold_lower(arena *a, const json *text);

#endif
