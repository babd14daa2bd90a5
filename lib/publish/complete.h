/* complete.h - a Publish record with what the rule needs from Kitsu: the task of each
 * instance that gets a comment, the statuses that it can get and, of a task that was given
 * by its id, OpenPype's names of it and of what it is on. */
#ifndef OPKITSU_PUBLISH_COMPLETE_H
#define OPKITSU_PUBLISH_COMPLETE_H

#include "publish/note_scope.h"
#include "publish/task.h"

/* Gets each fault: of a record that is not valid, of a task that was not found. */
typedef void publish_complain_fn(void *context, const char *text);

/* `*out`, in `a`, is the record with tasks, `project`, `asset` and `task_name`,
 * `task_statuses` and an `id` where it lacks them; null if the task of no instance that gets a comment was found, so that there is
 * nothing to pass on. False: nothing more will work, `*e`. */
bool publish_complete(publish_tasks *tasks, const publish_scope *scope, const json *record,
                      arena *a, publish_complain_fn *complain, void *context, json *out, error *e);

#endif
