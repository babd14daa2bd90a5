/* skipped.h - what could not be synchronised, and why (opkitsu-records(5), "Skipped
 * records"): for people, and for op-apply to remember. */
#ifndef OPKITSU_RECORD_SKIPPED_H
#define OPKITSU_RECORD_SKIPPED_H

#include "json/json.h"

/* `entity` is record_entity's; `code`: name, duplicate, parent, published, task, size, depth,
 * conflict, kind or store; `reason`: a sentence for people. */
json skipped_make(arena *a, json entity, const char *project_id, const char *code,
                  const char *reason);

/* All borrowed, NULL where absent. */
typedef struct skipped_record {
    const json *entity;
    const char *type, *id, *name; /* the entity's */
    const json *path;             /* the names above it, and its own; NULL: not given */
    int64_t below;                /* how many are skipped with it */
    const char *with;             /* the id of what it is skipped with; NULL: for itself */
    const char *code, *reason;
    const char *parent_id; /* what it lies below in Kitsu */
    const char *taken_by;  /* the id of the entity whose document has the name that it wants */
} skipped_record;

void skipped_read(const json *record, skipped_record *skipped);
/* Where it is, `E02/SQ01/SH 020`, in `a`; its name where no path is given. */
const char *skipped_place(arena *a, const skipped_record *skipped);

#endif
