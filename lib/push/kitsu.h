/* kitsu.h - what Kitsu has of a project that is to be pushed. It is read before
 * anything is made, so that nothing is made twice.
 *
 * This takes a fixed number of requests a project, and one for each list of the server,
 * once. */
#ifndef OPKITSU_PUSH_KITSU_H
#define OPKITSU_PUSH_KITSU_H

#include "model/collection.h"
#include "model/production.h"
#include "zou/lists.h"

typedef struct push_kitsu {
    zou_lists *lists;       /* borrowed */
    bool convert;           /* names: model/names.h */
    production *production; /* owned */
    json asset_types;       /* array of the server's AssetTypes, by age */
    json task_types;        /* array of the server's TaskTypes, with `in_project`: the project's
                               before others, then by age */
    json strangers;         /* object: ids of linked documents that Kitsu has in another project */
    bool closed;            /* nothing below the project has been read */
    size_t held;            /* bytes of what was kept of it so far: at most MAX_PROJECT */
} push_kitsu;

typedef enum push_found {
    PUSH_FOUND,
    PUSH_NOT_FOUND, /* Kitsu lacks it, or this user may not push to it: `*e` says which */
    PUSH_LOST       /* nothing more will work: `*e` */
} push_found;

/* Find the project of a collection by its `data.zou_id`, else by its name, and read all of
 * it into `a`. `lists` and `convert` are set, all else zero. push_kitsu_free is due whatever the outcome. */
push_found push_kitsu_read(push_kitsu *k, const collection *c, arena *a, error *e);
void push_kitsu_free(push_kitsu *k);

/* The types that the project is set to use: `key` is `asset_types` or `task_types`. The caller
 * owns the set. */
idset *push_kitsu_lists(const push_kitsu *k, const char *key);

/* Keep a copy of one of the project's records in `a`. False: it is more than a push can hold,
 * `*e`. */
bool push_kitsu_keep(push_kitsu *k, const json *record, arena *a, json *out, error *e);

/* Read the server's asset types again, after some were made; as in zou/zou.h. More than
 * MAX_HELD of them is a request that failed. */
zou_result push_kitsu_asset_types(push_kitsu *k, arena *a, error *e);

#endif
