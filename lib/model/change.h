/* change.h - a Change record, and what it means for a document (opkitsu-records(5),
 * "Changes"): the reading side of what model/change_builder.h writes. */
#ifndef OPKITSU_MODEL_CHANGE_H
#define OPKITSU_MODEL_CHANGE_H

#include "base/error.h"
#include "json/path.h"

typedef enum change_op { CHANGE_INSERT, CHANGE_UPDATE, CHANGE_DELETE, CHANGE_DROP } change_op;

/* A touched field of an update. */
typedef path_change change_field;

/* All pointers are borrowed from the record, or live in its arena. */
typedef struct change {
    change_op op;
    const char *operation; /* operationType */
    const char *db, *coll;
    const json *entity; /* or NULL */
    const json *key;    /* documentKey; NULL for a drop */
    const json *id;     /* its `_id` */
    const json *after;  /* insert: fullDocument */
    const json *before; /* update, delete: fullDocumentBeforeChange */
    /* update: what is touched, in the order in which MongoDB sets fields and so
     * appends new ones: by path */
    change_field *fields;
    const char **paths; /* theirs */
    size_t n_fields;
    bool published; /* drop: although something was published there */
} change;

bool change_read(arena *a, const json *record, change *out, error *e);

/* A copy in `a` that shares nothing with the record. */
change change_copy(arena *a, const change *c);

typedef enum change_verdict {
    CHANGE_NEEDED,   /* the document is what the plan was made from */
    CHANGE_DONE,     /* it is already what it should be */
    CHANGE_CONFLICT, /* it is neither */
} change_verdict;

/* Compare with the document as it is now (NULL: there is none). Regardless of
 * the order of keys and of `assignees`, numbers by value. On a conflict `*why`
 * says where. Not for drops. */
change_verdict change_judge(const change *c, const json *document, error *why);
/* The document of an update that is needed, as it should be. */
json change_apply(arena *a, const change *c, const json *document);
/* Whether it turns an asset's document into an archived one. */
bool change_archives(const change *c);

#endif
