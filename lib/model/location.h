/* location.h - where an entity's document lies in OpenPype: below which document, and its
 * `data.parents`.
 *
 * Studios put folders of their own between: `shots/reel1/sq01`. So a document stays where
 * it is as long as the nearest one above it that is linked to Kitsu is that of its parent
 * in Kitsu. Without a parent in Kitsu it stays as long as none above it is linked, and it
 * lies below the root of its kind. Otherwise it goes right below its parent's document, or
 * the root. Names must be settled (model/naming.h), and the documents above those of the
 * entities loaded. */
#ifndef OPKITSU_MODEL_LOCATION_H
#define OPKITSU_MODEL_LOCATION_H

#include "model/collection.h"
#include "model/naming.h"

/* All borrowed. */
typedef struct location {
    const collection *c;
    const root_place *roots;
} location;

/* The key of the document that a live entity's lies below. */
const char *location_parent(const location *l, const entity *e);
/* Whether a live entity's document, if there is one, gets another name or lies elsewhere. */
bool location_changes(const location *l, const entity *e);
/* The names of the documents above it, outermost first: an array in `a`. */
json location_parents(const location *l, const entity *e, arena *a);

#endif
