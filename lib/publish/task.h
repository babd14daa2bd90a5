/* task.h - which task of Kitsu's a publish is about, and its statuses.
 *
 * By the link in the store (`data.tasks.NAME.zou.id` of the asset's document); else
 * in Kitsu: the entity by the document's `data.zou.id`, else by its name, the task by
 * its name or its type's, as push/tasks.h has it. Zou's routes: /data/tasks/T,
 * /data/tasks?entity_id=E, /data/entities?project_id=P&name=N, /data/projects/P. */
#ifndef OPKITSU_PUBLISH_TASK_H
#define OPKITSU_PUBLISH_TASK_H

#include "publish/publish.h"
#include "zou/zou.h"

typedef struct publish_tasks publish_tasks;

/* Both are borrowed; what was read once is kept. The caller owns the result. */
publish_tasks *publish_tasks_new(zou *z, store *s);
void publish_tasks_free(publish_tasks *t); /* takes NULL */

typedef enum publish_found {
    PUBLISH_FOUND,
    PUBLISH_NOT_FOUND, /* there is none, or more than one: `*e` says what is where */
    PUBLISH_LOST       /* nothing more will work: `*e` */
} publish_found;

/* The task of a place, in `a`: {id, task_status_id, task_status:{short_name}, ...},
 * and in `*project_id` Kitsu's project, NULL if the place has all of the task so
 * that nothing was asked. */
publish_found publish_tasks_find(publish_tasks *t, const publish_place *place, arena *a, json *task,
                                 const char **project_id, error *e);

/* The statuses that the user can set in a project, in `a`: [{id, short_name}, ...].
 * Those of the project, or all if it lists none; without archived ones, and for an
 * artist without those that Kitsu keeps from artists: the comment would be refused
 * with them. */
publish_found publish_tasks_statuses(publish_tasks *t, const char *project_id, arena *a, json *list,
                                     error *e);

#endif
