/* rule.h - the rule of Integrate Kitsu Note: the comments that a publish makes in Kitsu,
 * and whether they change the task's status (opkitsu(7), "What a publish does").
 *
 * Pure: a Publish record and the settings in, Comment records out
 * (opkitsu-records(5)). */
#ifndef OPKITSU_PUBLISH_RULE_H
#define OPKITSU_PUBLISH_RULE_H

#include "publish/rule_settings.h"

typedef struct rule rule;

/* Gets each warning; `instance` is the index of the instance that it is about. */
typedef void rule_remark_fn(void *context, uint32_t instance, const char *text);

/* The rule for one Publish record. All is borrowed, the result lives in `a`. NULL: `*why`
 * (static, or in `a`) says what is wrong with the record, and where. */
rule *rule_new(arena *a, const rule_settings *settings, const json *publish, rule_remark_fn *remark,
               void *context, const char **why);
uint32_t rule_instances(const rule *r);
/* Make the Comment of an instance, in `a`. False: it gets none, `*why` (static) says
 * why. */
bool rule_comment(rule *r, uint32_t instance, json *comment, const char **why);

#endif
