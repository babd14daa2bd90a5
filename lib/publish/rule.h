/* rule.h - the rule of Integrate Kitsu Note: what a publish comments on in Kitsu,
 * and whether the task's status changes (opkitsu(7), "What a publish does").
 *
 * Pure: a Publish record and the settings in, Comment records out
 * (opkitsu-records(5)); it asks nobody. */
#ifndef OPKITSU_PUBLISH_RULE_H
#define OPKITSU_PUBLISH_RULE_H

#include "publish/rule_settings.h"

typedef struct rule rule;

/* Something to warn of: `instance` is its index. */
typedef void rule_remark_fn(void *context, uint32_t instance, const char *text);

/* Look at a Publish record. NULL: `*why`, in `a`, says what is wrong with it and
 * where. All is borrowed, the result lives in `a`. */
rule *rule_new(arena *a, const rule_settings *settings, const json *publish, rule_remark_fn *remark,
               void *context, const char **why);
uint32_t rule_instances(const rule *n);
/* Make the Comment of an instance, in `a`. False: it gets none, `*why`, in `a`,
 * says for what reason. */
bool rule_comment(rule *n, uint32_t instance, json *comment, const char **why);

#endif
