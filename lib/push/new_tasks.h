/* new_tasks.h - makes the plan's tasks in Kitsu and links them to their documents. */
#ifndef OPKITSU_PUSH_NEW_TASKS_H
#define OPKITSU_PUSH_NEW_TASKS_H

#include "push/run.h"

/* Entities and task types come before (push/entities.h); in a dry run only plan to. False:
 * stopped. */
bool push_new_tasks(push_run *r);

#endif
