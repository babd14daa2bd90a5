/* publish.h - Publish records (opkitsu-records(5)): what OpenPype published, before its
 * tasks in Kitsu are known.
 *
 * Knows neither HTTP nor a database. */
#ifndef OPKITSU_PUBLISH_PUBLISH_H
#define OPKITSU_PUBLISH_PUBLISH_H

#include "json/json.h"

/* A publish as a command line gives it. All borrowed; NULL: not given. */
typedef struct publish_options {
    const char *project, *asset, *task_name;
    const char *id, *comment, *name;
    const char *const *families;
    size_t n_families;
    const char *const *files;
    size_t n_files;
    bool versioned; /* `version` was given */
    int64_t version;
    bool unpublished; /* nothing was really published */
} publish_options;

/* The record of these options, in `a`. The first family's instance is the reviewed one,
 * with the comment and the files; the others only say that they were published, too. The
 * files' folders are resolved: the publish is the same from any working directory. */
json publish_of_options(arena *a, const publish_options *o);

/* Whether a record has what is needed to find its tasks; else `*why` (static, or in `a`)
 * says what it lacks. */
bool publish_valid(arena *a, const json *record, const char **why);

/* Whether an instance is a review: `review`, in this case, is its family or among its
 * families, as in OpenPype's plug-in. */
bool publish_is_reviewed(const json *instance);

/* Where to look for the task: an instance's own `task`, `asset`, `task_name` go before the
 * publish's. Borrowed from the record; NULL: it has none. */
typedef struct publish_place {
    const char *project, *asset, *task_name;
    const json *task; /* an object, or NULL */
    bool own;         /* the instance has one of these itself */
    bool converted;   /* its names may be Kitsu's converted; publish_place_of: false */
} publish_place;

/* `instance` NULL: the publish's own. */
publish_place publish_place_of(const json *record, const json *instance);
/* `demo/SH010/animation`, for messages, in `a`. */
const char *publish_place_text(arena *a, const publish_place *p);

/* An id, in `a`, derived from what was published: a repetition has the same one, whatever
 * happened the first time (its instances' `publish` does not count). */
const char *publish_make_id(arena *a, const json *record);

#endif
