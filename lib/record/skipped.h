/* skipped.h - what could not be synchronised, and why (opkitsu-records(5), "Skipped
 * records"): for people, and for op-apply to remember. */
#ifndef OPKITSU_RECORD_SKIPPED_H
#define OPKITSU_RECORD_SKIPPED_H

#include "json/json.h"

/* `entity` is record_entity's; `code`: name, duplicate, parent, task, size, depth,
 * conflict, kind or store; `reason`: a sentence for people. */
json skipped_make(arena *a, json entity, const char *project_id, const char *code,
                  const char *reason);

/* All borrowed, NULL where absent. */
typedef struct skipped_record {
    const json *entity;
    const char *type, *id, *name; /* the entity's */
    const char *code, *reason;
} skipped_record;

void skipped_read(const json *record, skipped_record *skipped);

#endif
