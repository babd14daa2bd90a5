/* complete.h - a Publish record with what the rule needs from Kitsu: the task of each
 * reviewed instance, and the statuses that it can get. */
#ifndef OPKITSU_PUBLISH_COMPLETE_H
#define OPKITSU_PUBLISH_COMPLETE_H

#include "publish/task.h"

/* Gets each fault: of a record that is not valid, of a task that was not found. */
typedef void publish_complain_fn(void *context, const char *text);

/* `*out`, in `a`, is the record with tasks, `task_statuses` and an `id` where it lacks
 * them; null if no reviewed instance's task was found, so that there is nothing to pass
 * on. False: nothing more will work, `*e`. */
bool publish_complete(publish_tasks *tasks, const json *record, arena *a,
                      publish_complain_fn *complain, void *context, json *out, error *e);

#endif
