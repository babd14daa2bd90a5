/* types.h - the values that a store and its drivers exchange (store/store.h). */
#ifndef OPKITSU_STORE_TYPES_H
#define OPKITSU_STORE_TYPES_H

#include "base/error.h"
#include "json/json.h"

typedef struct store store;

typedef enum store_mode { STORE_READ, STORE_WRITE } store_mode;

/* A namespace, as in MongoDB's change events. Both borrowed. */
typedef struct store_ns {
    const char *db, *coll;
} store_ns;

/* Gets each document, in the arena of the call, and returns false to stop
 * reading. It may reset that arena (a dump then needs no more memory than its
 * largest document) and may read from the store; nothing is locked meanwhile,
 * so it may also wait for whom it likes. `ns.coll` lives until it returns. */
typedef bool store_fn(void *context, store_ns ns, const json *document);

/* Where documents go that are read. All borrowed. */
typedef struct store_sink {
    arena *arena; /* in which they are made */
    store_fn *fn;
    void *context;
} store_sink;

typedef enum store_what {
    STORE_LINKS,    /* of assets and archived assets that are linked: `{data:{zou:{id}}}` */
    STORE_ASSETS,   /* project, asset and archived_asset documents, whole */
    STORE_ENTITIES, /* these, and then of every other document `{_id,type,parent}`: what
                       depends on them, and what depends on that */
    STORE_ALL       /* every document, whole */
} store_what;

typedef enum store_content {
    STORE_EMPTY,       /* no such collection */
    STORE_UNPUBLISHED, /* project, asset and archived_asset documents, nothing else */
    STORE_PUBLISHED    /* people made something in it: subsets, workfiles, … */
} store_content;

/* `_id`s. All borrowed. */
typedef struct store_ids {
    const json *const *items;
    size_t n;
} store_ids;

/* All borrowed. */
typedef struct store_texts {
    const char *const *items;
    size_t n;
} store_texts;

typedef enum store_key {
    STORE_ZOU_ID,     /* data.zou.id */
    STORE_ZOU_PARENT, /* data.zou.parent_id; of an Asset data.zou.entity_type_id */
    STORE_NAME,       /* name */
    STORE_ZOU_NAME,   /* data.zou.name */
    STORE_ROOT_OF     /* data.root_of */
} store_key;

/* What to look for. All borrowed. */
typedef struct store_query {
    store_key key;
    const char *const *values;
    size_t n;
} store_query;

/* What is old. All borrowed. */
typedef struct store_age {
    const char *field;
    double before;
    const char *kept;
    double until;
} store_age;

typedef enum store_op { STORE_INSERT, STORE_UPDATE, STORE_DELETE } store_op;

typedef enum store_outcome {
    STORE_DONE,
    STORE_MISSED, /* the document is not what `before` says, or is there already */
    STORE_REFUSED /* the store will not have it for its own sake; `what` says why */
} store_outcome;

typedef struct store_write {
    store_op op;
    const json *id;
    const json *before; /* update, delete: the whole document as store_get_many
                           gave it; the write happens only if the fields that it
                           touches (delete: the whole document) are still these */
    const json *after;  /* insert, update: the whole document as it should be */
    const char **paths; /* update: the touched fields, dotted; borrowed */
    size_t n_paths;
    store_outcome outcome; /* out */
    char what[256];        /* out: why it was refused */
} store_write;

#endif
