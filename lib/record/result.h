/* result.h - what became of one thing that was to be done (opkitsu-records(5),
 * "Results"): a Change, something to be pushed to Kitsu, or a Comment. */
#ifndef OPKITSU_RECORD_RESULT_H
#define OPKITSU_RECORD_RESULT_H

#include "json/json.h"

typedef enum result_status {
    RESULT_APPLIED,
    RESULT_UNCHANGED,
    RESULT_CONFLICT,
    RESULT_FAILED,
    RESULT_PLANNED,
    RESULT_STATUSES,
    RESULT_NONE = -1
} result_status;

typedef enum result_operation {
    RESULT_INSERT,
    RESULT_UPDATE,
    RESULT_DELETE,
    RESULT_DROP,
    RESULT_LINK,
    RESULT_CANCEL, /* a delete that Kitsu makes a cancellation, as the entity has tasks */
    RESULT_OPERATIONS,
    RESULT_NO_OPERATION = -1
} result_operation;

const char *result_status_name(result_status status);
const char *result_operation_name(result_operation operation);

/* op-apply's, of a document. All borrowed. */
typedef struct result_document {
    result_status status;
    const char *operation; /* the Change's operationType */
    const char *db, *coll;
    const json *key;     /* documentKey, or NULL */
    const json *entity;  /* or NULL */
    const char *message; /* or NULL */
} result_document;
json result_make_document(arena *a, const result_document *r);

/* zou-push's, of an entity, a task or a project in Kitsu. All borrowed. */
typedef struct result_kitsu {
    result_status status;
    result_operation operation;
    const char *project; /* the collection */
    json entity;         /* record_entity's */
    json below;          /* array of the names above it, outermost first */
    const json *id;      /* the document's `_id`, or NULL */
    const json *before;  /* of an update: what Kitsu had of these fields; or NULL */
    const json *fields;  /* what is written beside the name, or NULL */
    const char *message; /* or NULL */
} result_kitsu;
json result_make_kitsu(arena *a, const result_kitsu *r);

/* zou-push's, of a comment. All borrowed. */
typedef struct result_comment {
    result_status status;
    const char *comment_id; /* or NULL */
    const char *task_id;
    const char *publish_id; /* or NULL */
    int64_t instance;
    json previews, attachments; /* arrays of ids */
    json refused;               /* array of files */
    const char *message;        /* or NULL */
} result_comment;
json result_make_comment(arena *a, const result_comment *r);

/* Whichever of these. All borrowed; NULL where absent. */
typedef struct result_record {
    result_status status; /* RESULT_NONE: absent or unknown */
    result_operation operation;
    bool in_kitsu; /* zou-push's */
    bool comment;  /* of a Comment */
    const char *project;
    const json *entity, *below, *key, *before, *fields;
    const json *message;
    const json *refused; /* of a Comment */
} result_record;
void result_read(const json *record, result_record *r);

#endif
