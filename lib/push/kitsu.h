/* kitsu.h - what Kitsu has of a project that is to be pushed: read before
 * anything is made, so that nothing is made twice.
 *
 * A fixed number of requests a project, and of a server's lists once. */
#ifndef OPKITSU_PUSH_KITSU_H
#define OPKITSU_PUSH_KITSU_H

#include "model/collection.h"
#include "model/production.h"
#include "zou/lists.h"

typedef struct push_kitsu {
    zou_lists *shared;      /* borrowed */
    production *production; /* owned */
    json asset_types;       /* array of the server's AssetTypes, by age */
    json task_types;        /* array of the server's TaskTypes, the project's before others, by
                               age; with `in_project` */
    json strangers;         /* object: ids of linked documents that Kitsu has in another project */
    bool closed;
} push_kitsu;

typedef enum push_found {
    PUSH_FOUND,
    PUSH_NOT_FOUND, /* Kitsu lacks it, or the user may not push to it: `*e` says which */
    PUSH_LOST       /* nothing more will work: `*e` */
} push_found;

/* Find the project of a collection, by `data.zou_id`, else by its name, and read
 * all of it into `a`. */
push_found push_kitsu_read(push_kitsu *k, const collection *c, arena *a, error *e);
void push_kitsu_free(push_kitsu *k);

/* Whether the project is set to use a type: `key` is `asset_types` or `task_types`. */
bool push_kitsu_lists(const push_kitsu *k, const char *key, const char *id);

/* The asset types of the server once more, after some were made. */
zou_result push_kitsu_asset_types(push_kitsu *k, arena *a, error *e);

#endif
