/* outgoing_batch.h - the records of one batch (opkitsu-records(5), "Events"): Syncs, Events
 * and the Checkpoint at its end. Output errors are kept, as in base/output.h. */
#ifndef OPKITSU_LISTEN_OUTGOING_BATCH_H
#define OPKITSU_LISTEN_OUTGOING_BATCH_H

#include "listen/messages.h"
#include "zou/event_log.h"

typedef struct outgoing_batch { /* all borrowed */
    const char *server;         /* the API's address */
    const json *projects;       /* that are listened to: ids, or null for all */
    const json *missing;        /* names that no project has: an array */
    const event_log *log;       /* its last reading; NULL: the log may not be read */
    messages *messages;         /* without a log: of the socket */
} outgoing_batch;

/* Ask for a full read of each of these projects; of all that are listened to. */
void outgoing_batch_write_syncs(const json *ids, arena *a);
void outgoing_batch_write_sync_all(const outgoing_batch *b, arena *a);
/* Write the events of the projects that are listened to, or the messages, which are
 * then removed. Returns how many. */
size_t outgoing_batch_write_events(const outgoing_batch *b);
/* `events`: how many were written. Without a log the position is null. */
void outgoing_batch_write_checkpoint(const outgoing_batch *b, size_t events, arena *a);

/* Where the batch ends: the log's position, or null without a log. */
const event_position *outgoing_batch_position(const outgoing_batch *b);

#endif
