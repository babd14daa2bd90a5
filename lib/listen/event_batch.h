/* event_batch.h - the records of one batch (opkitsu-records(5), "Events"): Syncs, Events
 * and the Checkpoint at its end. Output errors are kept, as in base/output.h. */
#ifndef OPKITSU_LISTEN_EVENT_BATCH_H
#define OPKITSU_LISTEN_EVENT_BATCH_H

#include "listen/messages.h"
#include "zou/event_log.h"

typedef struct event_batch { /* all borrowed */
    const char *server;      /* the API's address */
    const json *projects;    /* that are listened to: ids, or null for all */
    const event_log *log;    /* its last reading; NULL: the log may not be read */
    messages *messages;      /* without a log: of the socket */
} event_batch;

/* Ask for a full read of each of these projects; of all that are listened to. */
void event_batch_write_syncs(const json *ids, arena *a);
void event_batch_write_sync_all(const event_batch *b, arena *a);
/* Write the events of the projects that are listened to, or the messages, which are
 * then removed. Returns how many. */
size_t event_batch_write_events(const event_batch *b);
/* `events`: how many were written. Without a log the position is null. */
void event_batch_write_checkpoint(const event_batch *b, size_t events, arena *a);

/* Where the batch ends: the log's position, or null without a log. */
const event_position *event_batch_position(const event_batch *b);

#endif
