/* task_entries.h - an entity's tasks as entries of `data.tasks` in its document
 * (opkitsu(7), "Mapping"). */
#ifndef OPKITSU_MODEL_TASK_ENTRIES_H
#define OPKITSU_MODEL_TASK_ENTRIES_H

#include "model/production.h"

/* What `data.tasks` of an entity's document should be, in the production's arena;
 * `there`: what it is, or NULL. Appends to the array `skips` a Skipped record for each
 * task that gets no entry. */
json task_entries(const production *p, const entity *e, const json *there, json *skips);

/* An object of a document, for our keys to be set in it: what else is in it stays.
 * An empty one where `theirs` is none. */
json task_entries_base(arena *a, const json *theirs);

#endif
