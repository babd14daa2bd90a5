/* event_log.h - Kitsu's log of events, `/data/events/last` (opkitsu-records(5)). */
#ifndef OPKITSU_EVENT_LOG_H
#define OPKITSU_EVENT_LOG_H

#include "zou.h"

/* seconds; events that are stored late may be dated that much earlier than
 * ones that are there already, so the log is read again from so far back. */
#define EVENT_OVERLAP 10

/* A position in the log. */
typedef struct event_position {
    json created_at; /* text; null: the log may not be read */
    json ids;        /* of all events of the EVENT_OVERLAP seconds up to it */
} event_position;

/* Where the log ends now, in `a`. Of an empty log: the server's time. Without
 * the permission to read it ZOU_OK, null and no ids. */
zou_result event_log_head(zou *z, arena *a, event_position *out, http_error *e);

/* A time as Zou writes it, `2026-11-23T05:17:34`, UTC. False on another text. */
bool event_time_parse(const char *text, time_t *out);
json event_time(arena *a, time_t t);

#endif
