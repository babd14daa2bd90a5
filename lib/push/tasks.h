/* tasks.h - OpenPype's tasks that Kitsu lacks.
 *
 * An entry of `data.tasks` belongs to the Kitsu task that it is linked to, else to the
 * one of its name: an entry called as its type is Kitsu's `main`, one called
 * TYPE_NAME is NAME, any other keeps its name. */
#ifndef OPKITSU_PUSH_TASKS_H
#define OPKITSU_PUSH_TASKS_H

#include "push/items.h"

/* Set the tasks of all items with documents. Adds to the plan's types and skipped. */
void push_tasks_plan(push_plan *p);

#endif
