/* event_position.h - a position in Kitsu's log of events, and the log's times. */
#ifndef OPKITSU_ZOU_EVENT_POSITION_H
#define OPKITSU_ZOU_EVENT_POSITION_H

#include "json/json.h"

#include <time.h>

typedef struct event_position {
    json created_at; /* text; null: the log may not be read */
    json ids;        /* event_mark of all events of the overlap up to it that are done with */
} event_position;

/* seconds, 45 or OPKITSU_LOG_OVERLAP: an event gets its time before it is committed, and a
 * transaction of Zou's may take as long as a proxy lets a request last. So events may be
 * dated that much earlier than ones that are there already, and the log is read again from
 * so far back. */
time_t event_overlap(void);

/* What is remembered of an event's id: 8 bytes of its hash, in hex, in `a`. A mark is
 * itself: positions of before had the ids. */
const char *event_mark(arena *a, const char *id);

/* A time as Zou writes it, `2026-11-23T05:17:34`, UTC; also with a fraction, which is
 * dropped, and with an offset. False on another text, and NULL. */
bool event_time_parse(const char *text, time_t *out);
json event_time(arena *a, time_t t);

#endif
