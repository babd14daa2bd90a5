/* event.h - what kitsu-listen writes (opkitsu-records(5), "Events"): Event, of one thing
 * that happened in Kitsu, and Sync, which asks for a full read. */
#ifndef OPKITSU_RECORD_EVENT_H
#define OPKITSU_RECORD_EVENT_H

#include "json/json.h"

/* All borrowed. `id`, `created_at`: NULL, or null, where the log may not be read. */
typedef struct event_record {
    const json *id, *created_at;
    const char *name;       /* `shot:update`; read: never NULL */
    const char *project_id; /* NULL: none */
    const json *data;       /* what came with it, or NULL */
} event_record;

/* The project is the log's, else that of `data`. Copies all of it. */
json event_make(arena *a, const event_record *event);
void event_read(const json *record, event_record *event);

/* `project_id`: NULL for all projects. */
json sync_make(arena *a, const char *project_id);
/* Its project, or NULL for all. */
const char *sync_read(const json *record);

#endif
