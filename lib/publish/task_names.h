/* task_names.h - what OpenPype calls a task of Kitsu's that a publish gives by its id:
 * its project, asset and task.
 *
 * From the store: the project that is linked, the document with `data.zou.id`, its task of
 * `data.tasks.NAME.zou.id`. What the store lacks is named as its document would be, from
 * Zou's routes /data/projects/P, /data/entities/E and /data/task-types. */
#ifndef OPKITSU_PUBLISH_TASK_NAMES_H
#define OPKITSU_PUBLISH_TASK_NAMES_H

#include "publish/found.h"
#include "store/store.h"
#include "zou/lists.h"

/* All in the arena of the search; NULL: Kitsu does not tell this user. */
typedef struct task_names {
    const char *project, *asset, *task_name;
} task_names;

/* `zou_task` is Kitsu's, whole. `converted`: documents have converted names. False:
 * nothing more will work, `*e`. */
bool task_names_find(zou_lists *lists, store *s, const json *zou_task, bool converted, arena *a,
                     task_names *out, error *e);

#endif
