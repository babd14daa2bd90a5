/* resolve.h - what each document is in Kitsu: its kind, its parent, its name, and which
 * entity it is there, if any. */
#ifndef OPKITSU_PUSH_RESOLVE_H
#define OPKITSU_PUSH_RESOLVE_H

#include "push/items.h"

/* Make the plan's items of its documents, with Skipped records for those that Kitsu
 * cannot have. Kitsu's entities are indexed (push/places.h). */
void push_resolve(push_plan *p);

#endif
