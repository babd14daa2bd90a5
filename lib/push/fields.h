/* fields.h - which fields of Kitsu's follow OpenPype's: a project's code,
 * fps, resolution and data, an entity's frames.
 *
 * The base is what the mapping gives for the record that the document was last
 * made from. A field is written only where the document differs from the base and
 * Kitsu still equals it; where both changed, Kitsu wins. */
#ifndef OPKITSU_PUSH_FIELDS_H
#define OPKITSU_PUSH_FIELDS_H

#include "push/plan.h"

/* Set the plan's project_fields and every item's fields. */
void push_fields_plan(push_plan *p);

#endif
