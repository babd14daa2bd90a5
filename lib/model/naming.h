/* naming.h - which document belongs to which entity, and the name of each.
 *
 * Binds Kitsu's entities to OpenPype's documents, finds every entity's place
 * in OpenPype's tree, and settles who gets a name that several want (opkitsu(7),
 * "What is skipped"). An entity that can't have a document is skipped. */
#ifndef OPKITSU_MODEL_NAMING_H
#define OPKITSU_MODEL_NAMING_H

#include "model/collection.h"
#include "model/production.h"

/* A document at the top of the tree. */
typedef struct root_place {
    asset *asset;    /* the document that is it, or becomes it; NULL: none yet */
    const char *key; /* hex of its id, there or new; NULL: there is no such root */
    json id;
} root_place;

/* `chosen`: the kinds that are synchronised; entities of others are left out
 * (skipped in silence), their documents stay. Sets `doc_parent`, `asset`, `doc_name`
 * and `doc_id` of every entity that stays live, `entity` of every document
 * that belongs to one, and the roots. */
void naming_resolve(production *p, collection *c, const bool chosen[KINDS],
                    root_place roots[ROOTS]);

/* The document that is this root: one that says so, a live one before an
 * archived one; else one of that name that nothing else claims. NULL: none. */
asset *naming_root(const collection *c, root r);
/* Whether a document is a root: that one, or one at the top that might have been it. */
bool naming_is_root(const asset *d, root r);

/* Whether a live document is to be archived or deleted: its entity is lost, cancelled or
 * below one that is, an asset type that the project no longer uses, or a sequence that
 * became a substitute. That goes for all documents of the entity, should there be
 * several. */
bool naming_is_obsolete(const production *p, const asset *d, const bool chosen[KINDS]);

/* Whether Kitsu has lost the entity of a document, live or archived: it is absent from
 * all of the project, or the stream has its Deleted. Of an asset type, which may be
 * absent because the project does not use it, only the latter tells. */
bool naming_is_lost(const production *p, const asset *d, const bool chosen[KINDS]);

/* Whether a live document keeps its name and place whatever the plan: no live entity
 * has it, and it is not obsolete. */
bool naming_is_untouched(const production *p, const asset *d, const bool chosen[KINDS]);

/* Of naming_resolve, once documents are bound by their ids and the roots are known: give
 * each new entity the document, live or archived, of one of its kind and name that Kitsu
 * has lost, below the document that its own would be below; top down, so that the parent
 * may itself have been made again. Of several: one with dependants, then the latest, then
 * the lowest `_id`. Sets `made_again`, `rivals`, `asset` and `doc_id` of the entities, and
 * `entity` of the documents. */
void naming_bind_again(production *p, const collection *c, const bool chosen[KINDS],
                       const root_place roots[ROOTS]);

/* Whether the document of this entity can have children: the entity is live, or was
 * too large to be read and has a document already. Assets of other types are
 * children of the root. Sets `doc_name`. */
bool naming_can_have_children(entity *e);

/* A new document's `_id`: the first 12 bytes of SHA-256 over
 * PROJECT_ID "\n" WHAT, in hex: a plan made twice inserts once. */
const char *naming_id(arena *a, const char *project_id, const char *what);
/* The entity's own document, by its `_id`, where its link to it was removed; NULL: none. */
asset *naming_unlinked(const collection *c, const production *p, const entity *e);

#endif
