/* listener.h - Kitsu's events to stdout, for ever (kitsu-listen(1)). */
#ifndef OPKITSU_LISTEN_LISTENER_H
#define OPKITSU_LISTEN_LISTENER_H

#include "listen/backlog.h"
#include "zou/zou.h"

typedef struct listener_options { /* all borrowed */
    zou *zou;
    backlog *backlog;     /* NULL: batches are written as they come */
    const json *projects; /* an array of ids, or null for all */
    event_position start; /* created_at null: the log may not be read */
    bool certain;         /* see event_log_new */
    bool once;            /* only to the log's end */
} listener_options;

/* Signals that end a program end it at once, but not within a line of its
 * output. Call it before listener_run. */
void listener_catch_signals(void);

/* Returns an exit status, which has been explained. Without `once` it comes back
 * only with what cannot be mended by waiting. */
int listener_run(const listener_options *o);

/* Wait, but no longer than somebody reads stdout: else the program ends. */
void listener_pause(double seconds);

#endif
