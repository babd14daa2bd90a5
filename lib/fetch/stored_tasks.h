/* stored_tasks.h - Kitsu's tasks in the store's documents, `data.tasks.NAME.zou`. */
#ifndef OPKITSU_FETCH_STORED_TASKS_H
#define OPKITSU_FETCH_STORED_TASKS_H

#include "fetch/affected.h"
#include "store/store.h"

/* Gets the ids of a task and of its entity, borrowed until it returns. */
typedef void stored_task_fn(void *context, const char *task_id, const char *entity_id);

/* Call `fn` with each task of one document. */
void stored_tasks_each(const json *document, stored_task_fn *fn, void *context);
/* Call `fn` with those of these tasks (a hash table) that a collection has. The
 * store has no index of tasks, so every document is read. */
bool stored_tasks_find(store *s, store_ns ns, const affected_id *tasks, stored_task_fn *fn,
                       void *context, error *e);

#endif
