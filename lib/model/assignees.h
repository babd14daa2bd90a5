/* assignees.h - who works on a task, as OpenPype's launcher filters by: `assignees` of an entry
 * of `data.tasks` (opkitsu(7), "Mapping"; OpenPype's tools/launcher/models.py reads `username`). */
#ifndef OPKITSU_MODEL_ASSIGNEES_H
#define OPKITSU_MODEL_ASSIGNEES_H

#include "model/production.h"

/* Those of a task, by id, in the production's arena; `there`: what the entry has, or NULL. A
 * person whose record did not come, or tells no login, keeps what is there. NULL: the entry's
 * stay as they are, as the people were not read, or a partial view shows nobody. */
const json *assignees_of(const production *p, const task *t, const json *there);

#endif
