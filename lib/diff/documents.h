/* documents.h - what OpenPype has, to plan against: a store, or a saved op-dump. */
#ifndef OPKITSU_DIFF_DOCUMENTS_H
#define OPKITSU_DIFF_DOCUMENTS_H

#include "model/collection.h"
#include "store/state_skipped.h"

typedef struct documents documents;

/* One project's collection. */
typedef struct documents_project {
    const char *coll;
    const char *zou_id; /* data.zou_id, or NULL */
    json document;      /* the project document */
    arena *arena;       /* owned: in which it is, once it was read again; else NULL */
    bool dropped;       /* by this plan */
    bool published;     /* in a dump: something other than projects and assets, live or archived */
} documents_project;

/* `s` is borrowed. NULL, and `*e`, when the store failed. */
documents *documents_from_store(store *s, error *e);
/* Read op-dump's output; bad lines are reported as in record/ndjson.h. NULL, and `*e`
 * (status 65 or 74), when it can't be used whole: a plan against half of the
 * documents would double the others. */
documents *documents_from_dump(const char *path, error *e);
void documents_free(documents *b); /* takes NULL */

/* Bring what is known of this project up to date with the store, for a program that
 * runs for long. Does nothing for a dump. */
bool documents_renew(documents *b, const char *zou_id, error *e);
/* Whether single documents can be asked for, as with a store. */
bool documents_is_store(const documents *b);

const char *documents_db(const documents *b);
/* The project linked to this Kitsu id: of several (a copy was restored
 * beside it) the one of this name; NULL: none, or, with `*several`, none that
 * can be told from the others. */
documents_project *documents_by_id(const documents *b, const char *zou_id, const char *name,
                                   bool *several);
/* The project of this name; NULL: none. */
documents_project *documents_by_name(const documents *b, const char *coll);
/* Note what the plan makes, for the projects that follow in the stream. */
void documents_note(documents *b, const char *coll, const char *zou_id);
/* Whether something was published in it. */
bool documents_published(documents *b, const documents_project *p, bool *published, error *e);
/* All its documents, in `a`; from a store without those that depend on assets, which
 * documents_dependants adds. With the project document alone if not `whole`.
 * The caller frees it. NULL, and `*e`, when the store failed. */
collection *documents_collection(documents *b, const char *coll, bool whole, arena *a, error *e);

/* Add more of a project's documents to `c`, in its arena, from a store
 * (store/store.h: store_find, store_get_many, store_children, store_linking). */
bool documents_find(documents *b, collection *c, store_query q, error *e);
bool documents_get(documents *b, collection *c, store_ids ids, error *e);
/* What depends on these documents and, whole, the assets right below them. */
bool documents_children(documents *b, collection *c, store_ids ids, error *e);
/* The assets that have a link of anybody's to one of these documents. */
bool documents_linking(documents *b, collection *c, store_ids ids, error *e);
/* What is remembered as skipped of these entities of a project: by the store, or by the
 * Skipped records of a dump. */
bool documents_skipped(documents *b, const char *project_id, store_texts entity_ids, arena *a,
                       state_skipped_fn *fn, void *context, error *e);
/* Only what depends on them. */
bool documents_dependants(documents *b, collection *c, store_ids ids, error *e);

#endif
