/* skipped.h - the record of what could not be synchronised, and why (opkitsu-records(5),
 * "Skipped records"): for people, and for op-apply to remember. */
#ifndef OPKITSU_RECORD_SKIPPED_H
#define OPKITSU_RECORD_SKIPPED_H

#include "json/json.h"

/* {"type":…,"id":…,"name":…}: the Kitsu side of a change or a Skipped. */
json skipped_entity(arena *a, const char *type, const char *id, const char *name);

/* `code`: name, duplicate, parent, task, size, depth, conflict or kind;
 * `reason`: a sentence for people. */
json skipped_record(arena *a, json entity, const char *project_id, const char *code,
                    const char *reason);

#endif
