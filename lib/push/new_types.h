/* new_types.h - makes the task types in Kitsu that new tasks need. */
#ifndef OPKITSU_PUSH_NEW_TYPES_H
#define OPKITSU_PUSH_NEW_TYPES_H

#include "push/run.h"

/* Whether a task is to be made in Kitsu, and can be as far as its entity is concerned. */
bool push_task_is_needed(const push_task *t);

/* Make them; in a dry run only plan to. False: stopped. */
bool push_new_types(push_run *r);

#endif
