/* task.h - the task in Kitsu that a publish belongs to.
 *
 * By the link in the store (`data.tasks.NAME.zou.id` of the asset's document); else
 * in Kitsu: the entity by publish/entity.h, its task by publish/task_choice.h.
 * Zou's routes: /data/tasks/T and theirs. */
#ifndef OPKITSU_PUBLISH_TASK_H
#define OPKITSU_PUBLISH_TASK_H

#include "publish/found.h"
#include "publish/publish.h"
#include "publish/task_names.h"

typedef struct publish_tasks publish_tasks;

/* Both are borrowed. Kitsu's lists are kept after the first reading. The caller owns
 * the result. */
publish_tasks *publish_tasks_new(zou *z, store *s);
void publish_tasks_free(publish_tasks *t); /* takes NULL */

/* The task of a place, in `a`: {id, task_status_id, task_status:{short_name}, ...}.
 * `*zou_task` is Kitsu's; null if the place has the whole task, so that Kitsu was not
 * asked. */
publish_found publish_tasks_find(publish_tasks *t, const publish_place *place, arena *a, json *task,
                                 json *zou_task, error *e);

/* What OpenPype calls a task that was found for a place; Kitsu is asked for it if
 * `zou_task` is null. False: nothing more will work, `*e`. */
bool publish_tasks_names(publish_tasks *t, const publish_place *place, const json *zou_task,
                         arena *a, task_names *out, error *e);

/* The statuses that the user can set in a project: publish/statuses.h. */
publish_found publish_tasks_statuses(publish_tasks *t, const char *project_id, arena *a, json *list,
                                     error *e);

#endif
