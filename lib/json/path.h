/* path.h - dotted paths into a document, as in MongoDB's change events.
 *
 * `data.tasks.Comp` is the member `Comp` of the member `tasks` of `data`: keys
 * of objects only, never places in arrays. A key with a `.` in it can't be
 * reached, so its parent is what is set then. */
#ifndef OPKITSU_JSON_PATH_H
#define OPKITSU_JSON_PATH_H

#include "json/json.h"

/* Whether it can be a path of an update: no empty part, none that begins with
 * `$`, and not `_id`, which never changes. */
bool path_valid(const char *path);
/* Whether setting one path would set something of the other. */
bool path_overlaps(const char *one, const char *other);
/* An order in which overlapping paths stand side by side. */
int path_compare(const char *one, const char *other);

/* The value there; NULL where there is none. */
const json *path_get(const json *v, const char *path);
/* The path has a parent in `v` that is no object: nothing can be put there. */
bool path_blocked(const json *v, const char *path);
/* Put a value there, making the objects above it. `object` and everything that
 * changes is copied first, what doesn't is shared. Not for a blocked path. */
json path_set(arena *a, const json *object, const char *path, json value);
/* Take the value out; nothing happens where there is none. */
json path_unset(arena *a, const json *object, const char *path);

#endif
