/* rule_check.h - whether a Publish record is in the shape that the rule can judge
 * (opkitsu-records(5), "Publishing"). */
#ifndef OPKITSU_PUBLISH_RULE_CHECK_H
#define OPKITSU_PUBLISH_RULE_CHECK_H

#include "json/json.h"

/* NULL, or its first fault with its place: a static text, or one in `a`. */
const char *rule_check(arena *a, const json *record);

#endif
