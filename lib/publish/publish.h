/* publish.h - Publish records (opkitsu-records(5)): what OpenPype published, before
 * it is known which tasks of Kitsu's that concerns.
 *
 * Knows the records, neither HTTP nor a database. */
#ifndef OPKITSU_PUBLISH_PUBLISH_H
#define OPKITSU_PUBLISH_PUBLISH_H

#include "json/json.h"

/* What a publish is made of on a command line. All borrowed, NULL: not given. */
typedef struct publish_options {
    const char *project, *asset, *task_name;
    const char *id, *comment, *name;
    const char *const *families;
    size_t n_families;
    const char *const *files;
    size_t n_files;
    bool versioned; /* there is a `version` */
    int64_t version;
    bool unpublished;
} publish_options;

/* The record of these options, in `a`: the first family's instance is the reviewed
 * one, which has comment and files; the others only tell that they were published,
 * too. The files' folders are written out, so that it is the same publish from
 * whatever folder. */
json publish_of_options(arena *a, const publish_options *o);

/* Whether a record has what is needed to find its tasks; else `*why`, in `a`. */
bool publish_valid(arena *a, const json *record, const char **why);

/* Whether an instance gets a comment in Kitsu: `review` is its family, or among its
 * families (OpenPype's plug-in: the same, upper and lower case count). */
bool publish_is_reviewed(const json *instance);

/* Where the task is looked for: an instance's own `task`, `asset`, `task_name`
 * go before the publish's. Borrowed from the record; NULL: it has none. */
typedef struct publish_place {
    const char *project, *asset, *task_name;
    const json *task; /* an object, or NULL */
    bool own;         /* the instance has something of its own */
} publish_place;

/* `instance` NULL: the publish's. */
publish_place publish_place_of(const json *record, const json *instance);
/* `demo/SH010/animation`, for messages, in `a`. */
const char *publish_place_text(arena *a, const publish_place *p);

/* An id made of what a publish is of: the same for its repetition, whatever became
 * of it the first time (`publish` of its instances does not count). In `a`. */
const char *publish_make_id(arena *a, const json *record);

#endif
