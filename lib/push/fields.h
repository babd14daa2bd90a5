/* fields.h - the fields that Kitsu's entities take from OpenPype: frames, fps, resolution,
 * pixel aspect, handles and clips, and a new one's description.
 *
 * The base of a comparison is what the mapping gives for the record that the document was
 * last made from. A field is written only where the document differs from the base and
 * Kitsu still equals it; where both changed, Kitsu wins. */
#ifndef OPKITSU_PUSH_FIELDS_H
#define OPKITSU_PUSH_FIELDS_H

#include "push/items.h"

/* Set every item's fields. Adds to the plan's skipped. */
void push_fields_plan(push_plan *p);
/* A record as it will be with an item's fields, in `a`. */
json push_fields_applied(arena *a, const json *record, const json *fields);

#endif
