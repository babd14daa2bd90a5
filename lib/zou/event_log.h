/* event_log.h - Kitsu's log of events, `/data/events/last` (opkitsu-records(5)). */
#ifndef OPKITSU_ZOU_EVENT_LOG_H
#define OPKITSU_ZOU_EVENT_LOG_H

#include "zou/zou.h"

/* seconds; events that are stored late may be dated that much earlier than
 * ones that are there already, so the log is read again from so far back. */
#define EVENT_OVERLAP 10

/* A position in the log. */
typedef struct event_position {
    json created_at; /* text; null: the log may not be read */
    json ids;        /* of all events of the EVENT_OVERLAP seconds up to it that are done with */
} event_position;

/* Where the log ends now, in `a`. Of an empty log: the server's time. Without
 * the permission to read it ZOU_OK, null and no ids. */
zou_result event_log_head(zou *z, arena *a, event_position *out, error *e);

/* ---- reading on --------------------------------------------------------- */

/* From a position to the log's end, again and again, each event once, in order.
 *
 * Zou gives pages, newest first, and its order is that of `created_at`, which
 * an event gets before it is committed. So each reading looks again at the
 * EVENT_OVERLAP seconds before the position and drops what it knows. Where
 * these hold more than a page, a quick reading stops at the first page that
 * ends with a known event; but one that is not quick has to come within
 * DEEP_SECONDS before it. So the position never gets further than DEEP_SECONDS
 * beyond what was read to the bottom, and an event that was committed up to
 * EVENT_OVERLAP - DEEP_SECONDS after its own time is still within the overlap
 * when the next reading to the bottom is made, whenever that is. */
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
    EVENTS_FAILED   /* `*e`, whose status tells whether to come again: 69, 75 and 76 */
} event_reading;

/* The Event record of a row of the log, or, with `id` and `created_at` NULL, of a
 * message, in `a`, sharing nothing. Any may be NULL but `name`. */
json event_record(arena *a, const json *id, const json *created_at, const char *name,
                  const json *project_id, const json *data);

/* `z` is borrowed, `start` copied. With `certain` it is known that nothing is
 * missing behind it; else the first reading looks whether the log reaches back
 * to it. The caller owns the result. */
event_log *event_log_new(zou *z, const event_position *start, bool certain);
void event_log_free(event_log *l); /* takes NULL */

/* What is new, at most about MAX_BATCH. After a failure it is as if it had not
 * been called. */
event_reading event_log_read(event_log *l, error *e);
/* What the last reading brought, oldest first, until the next one. */
const event *event_log_events(const event_log *l, size_t *n);
/* Where it ended; until the next one. */
const event_position *event_log_position(const event_log *l);
/* Whether that was not all, and what follows should be read now. */
bool event_log_has_more(const event_log *l);
/* Seconds until a reading to the bottom is due, because the last was quick;
 * -1: no hurry. */
double event_log_due_in(const event_log *l);

/* ---- times -------------------------------------------------------------- */

/* A time as Zou writes it, `2026-11-23T05:17:34`, UTC. False on another text. */
bool event_time_parse(const char *text, time_t *out);
json event_time(arena *a, time_t t);

#endif
