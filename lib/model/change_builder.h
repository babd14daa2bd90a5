/* change_builder.h - a Change in the making (opkitsu-records(5), "Changes").
 *
 * Made over a document of the store, or over nothing for one to be inserted.
 * Fields are set one by one; what is equal already leaves no trace. Lives in
 * its arena. */
#ifndef OPKITSU_MODEL_CHANGE_BUILDER_H
#define OPKITSU_MODEL_CHANGE_BUILDER_H

#include "json/json.h"

typedef struct change_builder {
    arena *arena;       /* borrowed */
    const json *before; /* borrowed; NULL: to be inserted */
    json after;         /* the document as it should be */
    json updated;       /* {"data.frameEnd":1100} */
    json removed;       /* ["data.tasks.Comp"] */
    json old;           /* the touched fields as they are, nested */
} change_builder;

change_builder change_builder_new(arena *a, const json *before);

/* Set the field that `keys` lead to, ended by NULL: change_builder_set(d, v, "data",
 * "tasks", name, NULL). Missing objects on the way are made; something else
 * on the way is replaced whole. Only the last key may hold a dot, and only in a
 * draft for an insert. An object that is set is the draft's from then
 * on: give it one of its own where more is to be set inside. */
void change_builder_set(change_builder *d, json value, ...) __attribute__((sentinel));
/* Remove the field, where it is there. */
void change_builder_unset(change_builder *d, ...) __attribute__((sentinel));
/* Remove the fields of the object `outer.inner` of the document before that `wanted`, an
 * object, lacks. Its keys must be such as change_builder_set takes. */
void change_builder_retain(change_builder *d, const json *wanted, const char *outer,
                           const char *inner);

/* Whether there is anything to do. */
bool change_builder_changes(const change_builder *d);

/* The Change records. `id` is the document's `_id`; `entity` names the Kitsu
 * side for people (JSON_NULL: nothing). */
json change_builder_change(const change_builder *d, const char *db, const char *coll,
                           const json *id, json entity);
/* Whether it brings an archived document back. */
bool change_builder_revives(const change_builder *d);
json change_builder_delete(arena *a, const char *db, const char *coll, const json *document,
                           json entity);
/* `published`: dropped although something was published in it, as asked for
 * with --drop; op-apply then does not hold that against it. */
json change_builder_drop(arena *a, const char *db, const char *coll, bool published, json entity);

#endif
