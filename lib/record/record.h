/* record.h - the types of records, and what several of them share
 * (opkitsu-records(5)).
 *
 * Each type has a module here with its one maker and its one reader, but for
 * Change (model/change.h), Publish (publish/publish.h) and Comment (publish/rule.h
 * makes it, comment/job.h reads it), and for Kitsu's own objects (zou_record.h). */
#ifndef OPKITSU_RECORD_RECORD_H
#define OPKITSU_RECORD_RECORD_H

#include "json/json.h"

typedef enum record_type {
    RECORD_PROJECT,
    RECORD_KIND, /* an AssetType, … a Person: kind_of tells which */
    RECORD_DELETED,
    RECORD_ASSET_TYPES,
    RECORD_END,
    RECORD_CHECKPOINT,
    RECORD_EVENT,
    RECORD_SYNC,
    RECORD_SKIPPED,
    RECORD_DOCUMENT,
    RECORD_CHANGE,
    RECORD_RESULT,
    RECORD_SUMMARY,
    RECORD_PUBLISH,
    RECORD_COMMENT,
    RECORD_OTHER /* one that this suite does not know */
} record_type;

/* The type of a record. */
record_type record_type_of(const json *record);
/* `{"type":…}`, to which its maker adds the rest. Not of RECORD_KIND or
 * RECORD_OTHER. */
json record_new(arena *a, record_type type);

/* `{"type":…,"id":…,"name":…}`: the Kitsu side of a change, a result or a Skipped. A
 * NULL `id`, which Kitsu has not given yet, is left out. */
json record_entity(arena *a, const char *type, const char *id, const char *name);
/* `{"db":…,"coll":…}`, a namespace as in MongoDB's change events. */
json record_ns(arena *a, const char *db, const char *coll);
/* The collection of a record's `ns` (borrowed), if MongoDB allows it as a collection's name;
 * else NULL. */
const char *record_collection(const json *record);
/* Whether `list` is an array of texts. */
bool record_is_texts(const json *list);

#endif
