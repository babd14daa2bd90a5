/* places.h - where something is in Kitsu: its kind, its parent and its name. Two
 * things of one place are one. Names are compared as documents have them: converted, if the
 * settings say so. */
#ifndef OPKITSU_PUSH_PLACES_H
#define OPKITSU_PUSH_PLACES_H

#include "push/items.h"

/* A place as a text, in the plan's arena. `parent` is the parent's id in
 * Kitsu, or push_place_as_parent; NULL: none. */
const char *push_place(push_plan *p, kind k, const char *parent, const char *name);
/* An item as the parent of a place: by its id, or by its own place while Kitsu does not
 * have it. NULL for NULL. */
const char *push_place_as_parent(const push_item *parent);

/* Index Kitsu's entities by their places; and free what the indexes own. */
void push_places_index(push_plan *p);
void push_places_free(push_plan *p);
/* What Kitsu has at a place: of several a live one before a canceled one, then one whose
 * name needs no conversion, then the oldest. NULL: nothing. */
const entity *push_place_entity(const push_plan *p, const char *place);

/* The item that has a place, or NULL; and give a free one to an item. */
push_item *push_place_item(const push_plan *p, const char *place);
void push_place_occupy(push_plan *p, push_item *i, const char *place);

#endif
