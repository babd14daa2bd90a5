/* pattern.h - OpenPype's naming patterns (`kitsu.entities_naming_pattern` of its
 * settings). `SH##` matches SH and one or more digits, after which a letter may follow,
 * in upper or lower case; `SH##0` those that end with 0. */
#ifndef OPKITSU_PUSH_PATTERN_H
#define OPKITSU_PUSH_PATTERN_H

#include "base/arena.h"

#include <stdbool.h>

/* Whether the last part of a name, after its last `_`, matches the pattern (for a pattern
 * with `_` in it, as many last parts). An empty pattern matches nothing. */
bool push_pattern_matches(const char *pattern, const char *name);
/* The pattern's name with this number, in `a`: `SH##` and 1 give SH01. */
const char *push_pattern_name(arena *a, const char *pattern, unsigned number);

#endif
