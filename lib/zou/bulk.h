/* bulk.h - many of Kitsu's objects by their ids, few requests
 * (`/data/entities?id=["…","…"]` and the like). */
#ifndef OPKITSU_ZOU_BULK_H
#define OPKITSU_ZOU_BULK_H

#include "record/kind.h"
#include "zou/zou.h"

/* GET `path` with the ids as a JSON list behind it, then `rest`, in as many
 * requests as their URLs need, none for no ids. As zou_list. */
zou_result zou_bulk(zou *z, const char *path, const char *const *ids, size_t n, const char *rest,
                    json_element_fn *fn, void *context, error *e);

/* An entity as it came, in an arena. */
typedef struct zou_entity {
    json_element element;
    kind kind; /* KIND_NONE: none of ours, a scene say */
    /* NULL: null, or it was too large. */
    const char *parent_id, *entity_type_id, *project_id, *ready_for;
    bool canceled;
} zou_entity;

/* NULL for an object without an id. */
zou_entity *zou_entity_new(arena *a, const json_element *e);

/* A member of an element that is a text, in `a`; NULL if it is anything else. */
const char *zou_member(arena *a, const json_element *e, const char *key);

#endif
