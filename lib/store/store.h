/* store.h - the database that OpenPype reads: MongoDB, or one SQLite file.
 *
 * One interface, two drivers (store/mongo.c, store/sqlite.c); nothing else
 * includes mongoc.h or sqlite3.h. Documents are json trees in the shape of
 * MongoDB Extended JSON, relaxed: `{"$oid":…}` for ids, plain numbers, where
 * an integer without fraction is int32 or int64 and `25.0` a double. What a
 * driver reads is in canonical form (json_real, json_integer), so that both
 * give the same text for the same document.
 *
 * Two databases: AVALON_DB holds one collection a project; the other,
 * OPENPYPE_DATABASE_NAME, holds OpenPype's `settings` and this suite's own
 * state, `opkitsu`.
 *
 * Functions return false on failure of the store itself and fill in the error,
 * which names the store; `e` is never NULL. Its status is 69: unreachable; 74:
 * cannot be written (full, read-only) or is damaged; 75: busy, or lost on the
 * way; 77: refused; 78: a bad URL, or no store of ours. */
#ifndef OPKITSU_STORE_STORE_H
#define OPKITSU_STORE_STORE_H

#include "base/confine.h"
#include "store/types.h"

/* `url` (borrowed; NULL: OP_STORE, OPENPYPE_MONGO, else the embedded store
 * `sqlite:$XDG_DATA_HOME/opkitsu/op.db`): `mongodb://…`, `mongodb+srv://…` or
 * `sqlite:PATH`. For reading, an SQLite file that does not exist is an empty
 * store and is not made. For writing it is made, with its folders. `wait` is
 * how many seconds to wait for another writer (to read, at least 5: a commit
 * takes a moment). NULL: `*e` says why. */
store *store_open(const char *url, store_mode mode, unsigned wait, error *e);
void store_close(store *s); /* takes NULL */
/* What it needs while it is used, and to be opened again by its URL. */
void store_needs(const store *s, program_needs *n);
/* Confine a program that needs nothing else. */
bool store_confine(const store *s, error *e);
/* The store's address for messages and `--status`: no user, no password. */
const char *store_name(const store *s);
/* AVALON_DB (`avalon`) and OPENPYPE_DATABASE_NAME (`openpype`). */
const char *store_avalon(const store *s);
const char *store_openpype(const store *s);

/* ---- reading ------------------------------------------------------------ */

/* The project document of every collection of AVALON_DB that has one, by the
 * collection's name: `{_id,type,name,data:{zou_id,active}}`. A collection without one is
 * no OpenPype project. */
bool store_projects(store *s, const store_sink *out, error *e);
/* The same, whole: all of the anatomy, for each project. */
bool store_project_documents(store *s, const store_sink *out, error *e);

/* The documents of one collection, by `_id` (STORE_LINKS: in any order); STORE_ENTITIES:
 * first those that come whole. Nothing where there is none. `fields`, but for STORE_ENTITIES
 * and STORE_LINKS: dotted paths, none the beginning of another, with a NULL behind: only the
 * `_id` and these are read (of what lies in an array at least that); NULL: all of each. */
bool store_documents(store *s, store_ns ns, store_what what, const char *const *fields,
                     const store_sink *out, error *e);

bool store_content_of(store *s, store_ns ns, store_content *content, error *e);
/* Whether that is STORE_PUBLISHED. */
bool store_published(store *s, store_ns ns, bool *published, error *e);

/* One document by its `_id`; `*found` tells. */
bool store_get(store *s, store_ns ns, const json *id, arena *a, json *document, bool *found,
               error *e);

/* The documents with these `_id`s that exist, in any order. */
bool store_get_many(store *s, store_ns ns, store_ids ids, const store_sink *out, error *e);
/* The assets and archived assets whose `data.visualParent`, and the documents of any
 * other type whose `parent`, is one of these: `{_id,type,parent,data:{visualParent}}`. */
bool store_children(store *s, store_ns ns, store_ids ids, const store_sink *out, error *e);

/* The assets and archived assets with one of these as the `id` of one of `data.inputLinks`.
 * Reads all of the collection. */
bool store_linking(store *s, store_ns ns, store_ids ids, const store_sink *out, error *e);

/* The assets and archived assets with one of these values, in any order. */
bool store_find(store *s, store_ns ns, store_query q, const store_sink *out, error *e);

/* Of the suite's own state, the documents with one of these texts as their `field`, one of
 * those at the top, in any order. */
bool store_select(store *s, store_ns ns, const char *field, store_texts values,
                  const store_sink *out, error *e);

/* The store's clock: seconds since 1970. MongoDB's is its server's; an SQLite
 * file's is this machine's. */
bool store_now(store *s, double *seconds, error *e);

/* ---- writing ------------------------------------------------------------ */

/* A batch: all or nothing in SQLite (one transaction, in which others can
 * still read what was before); in MongoDB, which has none here (a studio's
 * server is often standalone), a pair of brackets. store_atomic tells which. */
bool store_begin(store *s, error *e);
bool store_commit(store *s, error *e);
void store_rollback(store *s);
bool store_atomic(const store *s);

/* Carry out writes, no two of one document, in as few round trips as can be:
 * inserts and updates, then deletes. One that is missed or refused does not
 * stop the others. Both drivers refuse the same: what MongoDB can't hold. */
bool store_write_all(store *s, store_ns ns, store_write *writes, size_t n, arena *a, error *e);
/* Drop a collection if it is STORE_UNPUBLISHED, or anyway. `*content` tells
 * what it was. */
bool store_drop(store *s, store_ns ns, bool anyway, store_content *content, error *e);
/* Make the indexes that the suite needs in a project's collection or, on these `fields` of
 * those at the top, in one of its own state. */
bool store_index(store *s, store_ns ns, store_texts fields, error *e);
/* Insert or replace one document, whatever is there: for the suite's own
 * state. `document` has its `_id`. */
bool store_put(store *s, store_ns ns, const json *document, arena *a, error *e);
/* Delete the documents whose `field`, one of those at the top, is a number below
 * `before`: of the suite's own state, too. Those with a number in `kept` that is `until`
 * or above stay. */
bool store_prune(store *s, store_ns ns, const store_age *age, error *e);

#endif
