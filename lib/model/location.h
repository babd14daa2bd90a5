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

/* The key of the document that an entity of this kind would have to lie below in Kitsu for
 * this document to stay where it is as the entity's: the nearest above it that is linked, or
 * the root of the kind; of one that is below neither, the document right above it. NULL:
 * there is none above it. */
const char *location_anchor(const location *l, const asset *d, kind k);
/* The key of the document that is, or will be, that of the entity's parent, or of the root;
 * NULL: the root can't be made. */
const char *location_place(const location *l, const entity *e);
/* The key of the document that a live entity's lies below: the latter, or a folder of the
 * studio's below it. */
const char *location_parent(const location *l, const entity *e);
/* Whether a live entity's document, if there is one, gets another name or lies elsewhere. */
bool location_changes(const location *l, const entity *e);
/* The names of the documents above it, outermost first: an array in `a`. */
json location_parents(const location *l, const entity *e, arena *a);

#endif
