/* bson.h - json trees to BSON and back: MongoDB Extended JSON, relaxed.
 *
 * Built value by value, never with libbson's own JSON reader, which takes text
 * for types and more for JSON than is (which a user of Kitsu could write). An object
 * with a key that begins with `$` must be one of the types of Extended JSON,
 * whole; else it is refused, as are integers beyond int64_t, reals beyond a
 * double, nesting deeper than MongoDB's and documents larger than
 * MAX_DOCUMENT. A number without fraction and exponent becomes int32 where it
 * fits, else int64; any other a double. */
#ifndef OPKITSU_STORE_BSON_H
#define OPKITSU_STORE_BSON_H

#include "base/error.h"
#include "json/json.h"

/* NOLINTNEXTLINE(bugprone-reserved-identifier): libbson reserves it */
struct _bson_t; /* libbson's bson_t: this header does without libbson's */

/* Append the members of `document` to `out`, which the caller has initialised
 * and destroys; `_id` first, where MongoDB itself puts it. */
bool bsonjson_document(struct _bson_t *out, const json *document, error *e);
/* Append one value. */
bool bsonjson_value(struct _bson_t *out, const char *key, const json *value, error *e);

/* The tree of a document, in `a`, in canonical form: equal documents give the
 * same text. */
json bsonjson_read(arena *a, const struct _bson_t *document);

/* There and back: the document as MongoDB would give it back, for a store
 * that is not MongoDB; false when MongoDB would not have it. `*out` may share
 * all of `document`. */
bool bsonjson_canonical(arena *a, const json *document, json *out, error *e);

#endif
