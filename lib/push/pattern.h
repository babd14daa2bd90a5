/* pattern.h - OpenPype's naming patterns, `kitsu.entities_naming_pattern` of
 * its settings: `SH##` is the names with SH and a run of digits, at least one,
 * after which a letter may follow; case does not matter. */
#ifndef OPKITSU_PUSH_PATTERN_H
#define OPKITSU_PUSH_PATTERN_H

#include "base/arena.h"

#include <stdbool.h>

/* Whether the last part of a name, after its last `_`, is of the pattern (its
 * last parts, for a pattern with `_` in it). An empty pattern has no names. */
bool push_pattern_matches(const char *pattern, const char *name);
/* The pattern's name with this number: `SH##` and 1 give SH01. */
const char *push_pattern_name(arena *a, const char *pattern, unsigned number);

#endif
