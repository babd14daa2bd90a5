/* statuses.h - the statuses that the user can give a task in a project.
 *
 * Zou's routes: /data/projects/P, /data/task-status. */
#ifndef OPKITSU_PUBLISH_STATUSES_H
#define OPKITSU_PUBLISH_STATUSES_H

#include "publish/found.h"
#include "zou/lists.h"

/* `*out`, in `a`: [{id, short_name}, ...], the project's statuses, or all if it lists
 * none; without archived ones, and for an artist without those that Kitsu keeps from
 * artists: Kitsu would refuse a comment with them. */
publish_found publish_statuses_find(zou_lists *lists, const char *project_id, arena *a, json *out,
                                    error *e);

#endif
