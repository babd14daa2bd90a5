/* project_counts.h - how many entities and tasks a project has, as Kitsu counts them itself:
 * Zou's lists of all entities and tasks (`/data/entities`, `/data/tasks`), which `page` makes
 * tell a `total`. They tell a list that is really empty from one that was lost on its way.
 *
 * The first of a kind may have been made between the list and the count: what is disputed is
 * listed once more before anybody gives up. */
#ifndef OPKITSU_ZOU_PROJECT_COUNTS_H
#define OPKITSU_ZOU_PROJECT_COUNTS_H

#include "zou/project.h"

/* Whether Kitsu counts nothing of the kinds (of entities, and tasks) that the project listed
 * nothing of. ZOU_DISPUTED, with `e->status` 76: it counts some, `*e` says what. A server whose
 * answer has no `total` is believed. A user who sees a part only must not ask. */
zou_result zou_project_check_empty(zou_project *p, const bool empty[KINDS], error *e);
/* The same of the tasks of some of its entities. */
zou_result zou_project_check_no_tasks(zou_project *p, const char *const *entity_ids, size_t n,
                                      error *e);

#endif
