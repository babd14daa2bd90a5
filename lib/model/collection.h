/* collection.h - what OpenPype has of one project: the documents of its
 * collection, linked up. Knows the shape of OpenPype's documents, but neither
 * a database nor Kitsu's records. Everything lives in one arena.
 *
 * Several documents can have one zou_id: two of OpenPype's own listeners make two of one
 * new entity. The entity's own is the one that most depends on; of those with as much, a
 * live one, then a whole one, then the one with the least key. Whole is what the mapping
 * and OpenPype's listener always leave behind: a name, the project as `parent`, a visual
 * parent that is there, `data.parents`, `data.tasks`, and in `data.zou` a name and a kind;
 * a document that its listener inserted and did not come to fill in lacks most of that. */
#ifndef OPKITSU_MODEL_COLLECTION_H
#define OPKITSU_MODEL_COLLECTION_H

#include "base/hash.h"
#include "json/json.h"
#include "record/kind.h"

typedef struct asset {
    json document;          /* whole */
    json id;                /* its `_id`, as it is: {"$oid":…} */
    const char *key;        /* its `_id` as a text: the hex of an ObjectId */
    const char *name;       /* never NULL */
    const char *zou_id;     /* data.zou.id, or NULL: not linked to Kitsu */
    kind kind;              /* of data.zou.type, or KIND_NONE */
    const char *root_of;    /* data.root_of, or NULL */
    bool archived;          /* type is archived_asset */
    size_t dependants;      /* documents whose `parent` it is: subsets, workfiles, … */
    size_t publishes;       /* of these, subsets */
    const char *parent_key; /* data.visualParent as a key, or NULL */
    struct asset *first;    /* of several with its zou_id the entity's own; else NULL */
    struct entity *entity;  /* what it is linked to, once bound (model/naming.h) */
    bool removed;           /* the plan deletes it */
    bool emptied;           /* the plan takes a document out of it, a folder of the studio's */
    UT_hash_handle hh;      /* by key */
    UT_hash_handle hh_zou;  /* by zou_id */
} asset;

/* A document that people made on an asset: it would be lost with the asset. */
typedef struct dependant {
    const char *key, *parent_key; /* its `_id` and `parent` as texts */
    bool is_subset;
    UT_hash_handle hh; /* by key */
} dependant;

typedef struct collection {
    arena *arena; /* borrowed */
    const char *db, *coll;
    json project;           /* the project document; JSON_NULL when there is none */
    bool some;              /* holds what a batch of events needs, not all */
    asset *by_key, *by_zou; /* hashes; the latter has the entity's own ones */
    asset **assets;         /* by `_id`, once collection_end is done */
    size_t n, cap;
    size_t linked;         /* live and archived: what a percentage of --max-delete is of */
    dependant *dependants; /* hash by key, in the arena: what is neither project nor asset */
} collection;

collection *collection_new(arena *a, const char *db, const char *coll);
void collection_free(collection *c); /* takes NULL; the arena keeps the rest */
/* Take in one document (shared, not copied), as store_documents gives it. One
 * that it has already is left out. */
void collection_add(collection *c, const json *document);
/* After the last: count what depends on each asset, and index. May be called again
 * after more was added: what depends on assets decides `first`. */
void collection_end(collection *c);
/* Whether it has the zou_id of an entity whose own document is another one. */
bool collection_is_second(const asset *d);
/* The asset of this `_id`, as a text; NULL: none. */
asset *collection_find(const collection *c, const char *key);

#endif
