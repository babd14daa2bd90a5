/* arrival.h - when to ask the store whether the last batch has arrived. */
#ifndef OPKITSU_LISTEN_ARRIVAL_H
#define OPKITSU_LISTEN_ARRIVAL_H

#include "listen/backlog.h"

typedef struct arrival {
    double checked_at, poll; /* when the store was asked; seconds until the next time */
} arrival;

/* A batch was written; also before the first one. */
void arrival_await(arrival *a);
/* Whether the last batch has arrived; else `*wait` says in how many seconds to look again.
 * Without a backlog, NULL, it always has. False: `*e`. */
bool arrival_check(arrival *a, backlog *b, bool *arrived, double *wait, error *e);

#endif
