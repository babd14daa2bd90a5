/* task_types.h - the task types of the project document, `config.tasks` (opkitsu(7),
 * "Mapping"). `chosen`: the kinds that are synchronised. */
#ifndef OPKITSU_MODEL_TASK_TYPES_H
#define OPKITSU_MODEL_TASK_TYPES_H

#include "model/collection.h"
#include "model/production.h"

/* What `config.tasks` should be, in the production's arena; `there`: what it is;
 * `anatomy`: the anatomy's types, or NULL, which only lend short names. Names are settled
 * (naming_resolve). Sets `used` of the production's task types. */
json task_types_wanted(const production *p, const collection *c, const bool chosen[KINDS],
                       const json *there, const json *anatomy);
/* Whether a collection that holds only some documents (`c->some`) does not suffice to
 * tell, and all of it is needed. Likewise. */
bool task_types_need_whole(const production *p, const collection *c, const bool chosen[KINDS]);

#endif
