/* backlog.h - how far the store has processed Kitsu's log of events, for a listener
 * that feeds it: where to start, whether a batch has arrived, and which projects want
 * a full read.
 *
 * The rules are those of opkitsu-records(5), "Events", and of store/state.h. */
#ifndef OPKITSU_LISTEN_BACKLOG_H
#define OPKITSU_LISTEN_BACKLOG_H

#include "store/store.h"
#include "zou/event_log.h"

typedef struct backlog backlog;

/* When a project is read in full again of which more would be deleted than is allowed
 * (opkitsu(7), "What is deleted"): after a minute, then 2, 4, … One that was in conflict:
 * at once, as that mostly passes, then as the former. */
typedef struct backlog_retry {
    double longest; /* seconds; of these waits */
    bool at_once;   /* those that the store knows at the start: the limit may be another now */
} backlog_retry;

/* Takes over `s`, which was opened at `url`; after a failure it is opened again. `url`,
 * `server` and `projects` (an array of ids, or null for all) are borrowed. The caller
 * owns the result. */
backlog *backlog_new(store *s, const char *url, const char *server, const json *projects,
                     backlog_retry retry);
void backlog_free(backlog *p); /* takes NULL */

/* The oldest position that a project needs, in `a`; `*found`: there is one. Projects
 * without one want a full read. False, here and below: the store failed, `*e`. */
bool backlog_start(backlog *p, arena *a, event_position *start, bool *found, error *e);

/* Ids of the projects of which a full read should be requested now, in `a`: one that was not
 * read at once, then again after 1, 2, 4, … at most 10 minutes; others as backlog_retry
 * says. */
bool backlog_wants(backlog *p, arena *a, json *ids, error *e);
/* A full read of this project is wanted, which nobody had before. */
void backlog_want(backlog *p, const char *id);
/* They have been requested. */
void backlog_asked(backlog *p, const json *ids);
/* Seconds until backlog_wants may have more; -1: not before another batch. */
double backlog_wants_in(const backlog *p);

/* Get ready to send a batch. If it is `silent`, without an event, it may be sent only
 * if `*silent_ok`: the store will show that it has arrived. The store keeps times in
 * whole seconds, so a second after the last one must have begun. */
bool backlog_prepare(backlog *p, bool silent, bool *silent_ok, error *e);
/* The batch was sent, and ends at this position (created_at null: at none). */
void backlog_sent(backlog *p, const event_position *position);
/* Whether the last batch has arrived in the store, or there was none. */
bool backlog_arrived(backlog *p, bool *arrived, error *e);

#endif
