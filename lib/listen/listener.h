/* listener.h - Kitsu's events to stdout (kitsu-listen(1)). */
#ifndef OPKITSU_LISTEN_LISTENER_H
#define OPKITSU_LISTEN_LISTENER_H

#include "listen/backlog.h"
#include "listen/scope.h"
#include "zou/zou.h"

typedef struct listener_options { /* all borrowed */
    zou *zou;
    backlog *backlog;     /* NULL: batches are written as they come */
    scope *scope;         /* which projects: look_again adds to them */
    event_position start; /* created_at null: the log may not be read */
    bool certain;         /* see event_log_new */
    bool once;            /* listener_once is called: failures are not retried */
} listener_options;

typedef struct listener listener;

/* The options are borrowed, too. The caller owns the result. */
listener *listener_new(const listener_options *o);
void listener_free(listener *l); /* takes NULL */

/* Both return EX_OK, or an exit status, which has been reported. */

/* Do what is due, then wait for what is next; to be called again and again. It fails
 * only with what retrying cannot fix. */
int listener_round(listener *l);
/* Write one batch, to the present end of the log. */
int listener_once(listener *l);

#endif
