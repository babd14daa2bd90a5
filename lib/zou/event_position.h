/* event_position.h - a position in Kitsu's log of events, and the log's times. */
#ifndef OPKITSU_ZOU_EVENT_POSITION_H
#define OPKITSU_ZOU_EVENT_POSITION_H

#include "json/json.h"

#include <time.h>

/* seconds; events that are stored late may be dated that much earlier than ones that
 * are there already, so the log is read again from so far back. */
#define EVENT_OVERLAP 10

typedef struct event_position {
    json created_at; /* text; null: the log may not be read */
    json ids;        /* of all events of the EVENT_OVERLAP seconds up to it that are done with */
} event_position;

/* A time as Zou writes it, `2026-11-23T05:17:34`, UTC. False on another text, and NULL. */
bool event_time_parse(const char *text, time_t *out);
json event_time(arena *a, time_t t);

#endif
