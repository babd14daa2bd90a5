/* tasks.h - which tasks of OpenPype's Kitsu lacks.
 *
 * An entry of `data.tasks` is a task of Kitsu's by its link; else by its name: one
 * that is called as its type is Kitsu's `main`, one called TYPE_NAME its NAME, any
 * other has its own name there. */
#ifndef OPKITSU_PUSH_TASKS_H
#define OPKITSU_PUSH_TASKS_H

#include "push/plan.h"

/* Set the tasks of an item with a document. Adds to the plan's types and skipped. */
void push_tasks_plan(push_plan *p, push_item *i);

#endif
