/* events.h - answers to Kitsu's events: takes Event, Sync and Checkpoint records,
 * and writes to stdout what they affected, batch by batch (opkitsu-records(5)). */
#ifndef OPKITSU_FETCH_EVENTS_H
#define OPKITSU_FETCH_EVENTS_H

#include "model/project_filter.h"
#include "record/kind.h"
#include "zou/zou.h"

typedef struct fetch_events fetch_events;

/* The caller owns the result. `s`, open for reading, belongs to it from now on; the
 * others are borrowed. As long as the store has no project it is opened again by
 * its `address` (or NULL, as in store/store.h): its file may be made meanwhile.
 * `wanted`: the kinds of a full reading. */
fetch_events *fetch_events_new(zou *z, store *s, const char *address, project_filter *filter,
                               const bool wanted[KINDS]);
void fetch_events_free(fetch_events *f); /* takes NULL */

/* Take in a record of the batch. They copy what they keep. */
void fetch_events_event(fetch_events *f, const json *event);
void fetch_events_sync(fetch_events *f, const json *sync);
/* A line could not be read: it may have been any event, so that the batch affects
 * everything. */
void fetch_events_bad_line(fetch_events *f);

/* The end of a batch: write what it affected, then the Checkpoint. What cannot be
 * read is reported, and makes the status 1. False: nothing can be read any longer;
 * `*e`, or stdout's error, says why. */
bool fetch_events_checkpoint(fetch_events *f, const json *checkpoint, error *e);

/* Whether the batch has anything so far. */
bool fetch_events_is_pending(const fetch_events *f);
/* EX_OK, or 1: not everything could be read. */
int fetch_events_status(const fetch_events *f);

#endif
