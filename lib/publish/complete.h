/* complete.h - a Publish record with all that the rule needs to know of
 * Kitsu: of each reviewed instance the task, and the statuses that there are. */
#ifndef OPKITSU_PUBLISH_COMPLETE_H
#define OPKITSU_PUBLISH_COMPLETE_H

#include "publish/task.h"

/* Gets each thing that is wrong: a record that makes no sense, a task not found. */
typedef void publish_complain_fn(void *context, const char *text);

/* `*out`, in `a`, is the record with tasks, `task_statuses` and an `id`, as far as it
 * lacks them; null where there is nothing to pass on: no reviewed instance's task was
 * found. False: nothing more will work, `*e`. */
bool publish_complete(publish_tasks *tasks, const json *record, arena *a,
                      publish_complain_fn *complain, void *context, json *out, error *e);

#endif
