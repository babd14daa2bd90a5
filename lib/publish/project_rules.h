/* project_rules.h - the rule's settings of each project: from OpenPype's settings
 * (store/settings.h), read once a project, and checked. */
#ifndef OPKITSU_PUBLISH_PROJECT_RULES_H
#define OPKITSU_PUBLISH_PROJECT_RULES_H

#include "base/error.h"
#include "publish/rule_settings.h"

typedef struct project_rules project_rules;

/* `config`: a file, or a store's URL, and nothing else; NULL: all the usual places, with
 * the store at `url` (NULL: the usual one). `openpype` as in rule_settings. All borrowed.
 * NULL: `*e`. The caller owns the result. */
project_rules *project_rules_load(const char *config, const char *url, bool openpype, error *e);
void project_rules_free(project_rules *p); /* takes NULL */

/* Whether they come from one file, which holds for every project. */
bool project_rules_are_shared(const project_rules *p);

/* The settings of `project`, or of a publish that names none (NULL, ""). `*fresh`: they
 * were read now. NULL: they have mistakes, which have been reported. Live as long as `p`. */
const rule_settings *project_rules_get(project_rules *p, const char *project, bool *fresh);
/* Which instances get a comment, also if the settings have mistakes elsewhere. */
publish_scope project_rules_scope(project_rules *p, const char *project);
/* The file or document that the setting at this path comes from. A list comes whole: a
 * place in it has the list's source. Lives as long as `p`. */
const char *project_rules_source(project_rules *p, const char *project, const char *path);

#endif
