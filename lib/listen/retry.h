/* retry.h - failures of a server or a store that waiting may fix: reported once, and
 * retried after 1, 2, 4, … at most 30 seconds. */
#ifndef OPKITSU_LISTEN_RETRY_H
#define OPKITSU_LISTEN_RETRY_H

#include "base/error.h"

typedef struct retry { /* a zeroed struct: nothing has failed */
    bool warned;
    double at;   /* by clock_now: nothing is tried before */
    double wait; /* seconds after the next failure; 0: the first */
} retry;

/* Something failed: warn, unless a warning has been given. If the reader of stdout has
 * exited, which may be why, the program ends. */
void retry_failed(retry *r, const error *e);
/* Something worked: report that once after a warning, and begin anew. */
void retry_worked(retry *r);
/* Seconds until the next try; 0: now. */
double retry_in(const retry *r);

#endif
