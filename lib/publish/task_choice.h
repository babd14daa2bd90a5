/* task_choice.h - which of an entity's tasks in Kitsu OpenPype's name means, as
 * push/tasks.h names them: its type's name is the type's own task (`main`), TYPE_NAME
 * the task NAME of that type, any other the only task of that name.
 *
 * Zou's routes: /data/tasks?entity_id=E, /data/task-types. */
#ifndef OPKITSU_PUBLISH_TASK_CHOICE_H
#define OPKITSU_PUBLISH_TASK_CHOICE_H

#include "publish/entity.h"
#include "zou/lists.h"

/* All borrowed. */
typedef struct task_name {
    const char *name; /* as the publish has it */
    const char *key;  /* as OpenPype's document has it; may differ in case */
    const char *type; /* the task's type in that document, or NULL */
} task_name;

/* What of a task of Kitsu's is kept, in `a`: its id, and those of its project, entity, type
 * and status. */
json task_outline(arena *a, const json *zou_task);

/* `*task`, in `a`, is the outline of Kitsu's task. An exact name goes before one that
 * differs in case. */
publish_found task_choose(zou_lists *lists, const publish_entity *entity, const task_name *wanted,
                          arena *a, json *task, error *e);

#endif
