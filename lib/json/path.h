/* path.h - dotted paths into a document, as in MongoDB's change events.
 *
 * `data.tasks.Comp` is the member `Comp` of the member `tasks` of `data`: keys
 * of objects only, never places in arrays. A path cannot reach a key with a
 * `.` in it, so its parent is set as a whole. */
#ifndef OPKITSU_JSON_PATH_H
#define OPKITSU_JSON_PATH_H

#include "json/json.h"

/* Whether an update can have this path: no empty part, none that begins with
 * `$`, and not `_id`, which never changes. */
bool path_valid(const char *path);
/* Whether setting one path would set something of the other. */
bool path_overlaps(const char *one, const char *other);
/* An order in which overlapping paths stand side by side. */
int path_compare(const char *one, const char *other);

/* The value there; NULL where there is none. */
const json *path_get(const json *v, const char *path);
/* Whether a parent of the path in `v` is no object, so that nothing can be set there. */
bool path_blocked(const json *v, const char *path);
/* Set a value, making its parent objects. The result is a copy of `object` that shares
 * what does not change. Not for a blocked path. */
json path_set(arena *a, const json *object, const char *path, json value);

typedef struct path_change {
    const char *path;
    const json *value; /* NULL: it is removed */
} path_change;

/* The same of many paths, which stand in the order of path_compare and do not overlap. */
json path_change_all(arena *a, const json *object, const path_change *changes, size_t n);

#endif
