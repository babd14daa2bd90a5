/* health.h - the state of the service that keeps a store in step with Kitsu, and what is
 * wrong with it: from what the service and op-apply leave in the store (store/state.h,
 * store/lease.h, store/service_status.h). Kitsu is not asked. */
#ifndef OPKITSU_REPORT_HEALTH_H
#define OPKITSU_REPORT_HEALTH_H

#include "store/store.h"

#include <time.h>

/* Texts are in the arena, or NULL. Times are seconds since 1970 by the store's clock, 0
 * for never. */
typedef struct health {
    arena *arena; /* borrowed */
    double now;
    bool running;       /* a service holds the lease, */
    bool waits;         /* or waits until the writer has released it */
    bool lost;          /* the last to hold it was a service that did not release it */
    const char *writer; /* the owner of the lease, service or not */
    const char *host, *state, *full, *gap, *error;
    int64_t pid, since, state_at, full_noted_at, gap_at, error_at;
    int64_t lost_at; /* when a lost service's lease expired */
    int64_t full_sync_at, events, events_at, read_at, skipped;
    const char *position; /* in Kitsu's log, by Kitsu's clock and as Kitsu writes it */
    time_t position_at;
    json missing;             /* names that a service is to follow, and no project has */
    json awaiting_full;       /* ids of the projects that need a full synchronisation */
    const char *awaiting_why; /* why the first of them does that has a reason; NULL: none */
    bool bot;                 /* the login is a bot's token */
    time_t token_until;       /* by this machine's clock; 0: not known, -1: no expiry */
    json trouble;             /* sentences on what is wrong; health_judge fills it in */
} health;

/* Read all but `trouble`, for this server's address. `login`: whose login to look at; NULL:
 * KITSU_TOKEN's, or else KITSU_LOGIN's. False: the store failed, `*e`. */
bool health_read(health *h, store *s, const char *server, const char *login, arena *a, error *e);
/* Fill in `trouble`. */
void health_judge(health *h);

/* `3 min`, `2 h`: a length of time, in `a`. */
const char *health_span(arena *a, double seconds);
/* `3 min ago`, in the arena; `never` for 0. */
const char *health_ago(const health *h, int64_t at);

#endif
