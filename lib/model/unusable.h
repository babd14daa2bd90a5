/* unusable.h - values of Kitsu's that the mapping cannot use (opkitsu(7), "Mapping").
 *
 * They are warned about where they differ from what the document's `data.zou` has: so
 * once, without anything to remember. */
#ifndef OPKITSU_MODEL_UNUSABLE_H
#define OPKITSU_MODEL_UNUSABLE_H

#include "model/production.h"

/* Of an entity: numbers that are none, a range that ends before it starts, custom fields
 * that are left out. `project`: the project document; `record`: what the entity's document's
 * `data.zou` becomes, `stored` what it is, or NULL. */
void unusable_warn(const production *p, const json *project, const entity *e, const json *record,
                   const json *stored);
/* Of the project: its fps, its resolution. Nothing stores what they were. */
void unusable_warn_project(const production *p);

#endif
