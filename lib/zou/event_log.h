/* event_log.h - Kitsu's log of events (opkitsu-records(5)), read from a position to
 * its end, again and again: each event once, in order.
 *
 * Zou gives pages, newest first, and its order is that of `created_at`, which an event
 * gets before it is committed. So each reading looks again at the overlap before the
 * position (event_overlap) and drops what it knows. Where that holds more than a page, a
 * quick reading stops at the first page that ends with a known event; but within every
 * DEEP_SECONDS one reading is not quick. So the position never gets further than
 * DEEP_SECONDS beyond what was read to the bottom, and an event that was committed up
 * to DEEP_SECONDS less than the overlap after its own time is still within it when the next
 * reading to the bottom is made, whenever that is. */
#ifndef OPKITSU_ZOU_EVENT_LOG_H
#define OPKITSU_ZOU_EVENT_LOG_H

#include "zou/event_position.h"
#include "zou/zou.h"

#define DEEP_SECONDS 5

typedef struct event_log event_log;

typedef struct event {
    json record;            /* as in opkitsu-records(5) */
    const char *id, *name;  /* parts of it */
    const char *project_id; /* or NULL */
    const json *data;
    time_t created_at; /* whole seconds */
} event;

typedef enum event_reading {
    EVENTS_READ,
    EVENTS_GAP,     /* a full sync is needed: `*e` says why */
    EVENTS_REFUSED, /* no permission */
    EVENTS_FAILED   /* `*e`, whose status tells whether to retry: 69, 75 and 76 */
} event_reading;

/* `z` is borrowed, `start` copied. `certain`: nothing is missing after it; else the
 * first reading checks that the log reaches back to it. The caller owns the result. */
event_log *event_log_new(zou *z, const event_position *start, bool certain);
void event_log_free(event_log *l); /* takes NULL */

/* Read what is new, at most about MAX_BATCH. A failure changes nothing. */
event_reading event_log_read(event_log *l, error *e);
/* The events of the last reading, oldest first; borrowed until the next one. */
const event *event_log_events(const event_log *l, size_t *n);
/* Where it ended; borrowed until the next one. */
const event_position *event_log_position(const event_log *l);
/* Whether there are more events, which should be read now. */
bool event_log_has_more(const event_log *l);
/* Seconds until a reading to the bottom is due, because the last was quick; -1: none
 * is. */
double event_log_due_in(const event_log *l);

#endif
