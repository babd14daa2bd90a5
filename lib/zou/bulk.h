/* bulk.h - many of Kitsu's objects by their ids, in few requests
 * (`/data/entities?id=["…","…"]` and the like). */
#ifndef OPKITSU_ZOU_BULK_H
#define OPKITSU_ZOU_BULK_H

#include "base/buf.h"
#include "record/kind.h"
#include "zou/zou.h"

typedef struct bulk_query { /* all borrowed */
    const char *path;       /* ends before the ids: "/data/entities?id=" */
    const char *const *ids;
    size_t n;
    const char *rest; /* what follows the ids: "&relations=true"; NULL: nothing */
} bulk_query;

/* The path of the next request, from the id `*next` on, in `path`. False: no ids remain. */
bool zou_bulk_path(const bulk_query *query, size_t *next, buf *path);
/* GET the query's path with its ids as a JSON list behind it, in as many requests as
 * their URLs need, none for no ids. As zou_list and zou_list_trees. */
zou_result zou_bulk_list(zou *z, const bulk_query *query, json_element_fn *fn, void *context,
                         error *e);
zou_result zou_bulk_trees(zou *z, const bulk_query *query, arena *a, zou_tree_fn *fn, void *context,
                          error *e);

/* An entity as it came, in an arena. */
typedef struct zou_entity {
    json_element element;
    kind kind; /* KIND_NONE: none of ours, a scene say */
    /* NULL: null, or the entity was too large. */
    const char *parent_id, *entity_type_id, *project_id, *ready_for;
    bool canceled;
    bool is_substitute; /* data.is_substitute: of a sequence that OpenPype does not have */
} zou_entity;

/* A copy in `a` of an object of zou_list_trees; `tree` may be NULL. NULL for an object
 * without an id. */
zou_entity *zou_entity_copy(arena *a, const json_element *e, const json *tree);

#endif
