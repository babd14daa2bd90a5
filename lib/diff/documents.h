/* documents.h - what OpenPype has, to plan against: a store, or a saved op-dump. */
#ifndef OPKITSU_DIFF_DOCUMENTS_H
#define OPKITSU_DIFF_DOCUMENTS_H

#include "model/collection.h"
#include "store/store.h"

typedef struct base base;

/* One project's collection. */
typedef struct base_project {
    const char *coll;
    const char *zou_id; /* data.zou_id, or NULL */
    json document;      /* the project document */
    bool dropped;       /* by this plan */
    bool published;     /* in a dump: something other than projects and assets */
} base_project;

/* `s` is borrowed. NULL, and `*e`, when the store failed. */
base *base_from_store(store *s, error *e);
/* Read op-dump's output; bad lines are reported as in record/ndjson.h. NULL, and `*e`
 * (status 65 or 74), when it can't be used whole: a plan against half of the
 * documents would double the others. */
base *base_from_dump(const char *path, error *e);
void base_free(base *b); /* takes NULL */

/* See to it that what is known of this project is what the store has now: for
 * one who stays for long. For a dump nothing happens. */
bool base_renew(base *b, const char *zou_id, error *e);
/* Whether single documents can be asked for, as with a store. */
bool base_is_store(const base *b);

const char *base_db(const base *b);
/* The project linked to this Kitsu id: of several (somebody restored a copy
 * beside it) the one of this name; NULL: none, or, with `*several`, none that
 * can be told from the others. */
base_project *base_by_id(const base *b, const char *zou_id, const char *name, bool *several);
/* The project of this name; NULL: none. */
base_project *base_by_name(const base *b, const char *coll);
/* Note what the plan makes, for the projects that follow in the stream. */
void base_note(base *b, const char *coll, const char *zou_id);
/* Whether something was published in it. */
bool base_published(base *b, const base_project *p, bool *published, error *e);
/* All its documents, in `a`. With the project document alone if not `whole`.
 * The caller frees it. NULL, and `*e`, when the store failed. */
collection *base_collection(base *b, const char *coll, bool whole, arena *a, error *e);

/* More of a project's documents, from a store (store/store.h: store_find,
 * store_get_many, store_below); added to `c`, in its arena. */
bool base_find(base *b, collection *c, store_key key, const char *const *values, size_t n,
               error *e);
bool base_get(base *b, collection *c, const json *const *ids, size_t n, error *e);
/* The subsets and, whole, the assets right below these documents. */
bool base_below(base *b, collection *c, const json *const *ids, size_t n, error *e);

#endif
