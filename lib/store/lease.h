/* lease.h - one writer a store: a document that names the program that may write, and
 * until when by the store's clock.
 *
 *     {_id:"lease", type:"lease", owner, term, expires, wanted?:{owner, until, service}}
 *                                                  in store/state.h's collection
 *
 * A push to Kitsu has another one, {_id:"push", type:"lease", ...}: it writes to Kitsu
 * while it holds that, and to the store only through a pipe.
 *
 * `owner` is a program that runs, null when it was given back; `term` grows
 * with every owner; `expires` is in seconds since 1970. The owner renews it, and
 * looks before each batch of writes, in the embedded store in the same
 * transaction, whether owner and term are still its own. So a program that slept
 * while another took the lease writes nothing.
 *
 * An end that lies further ahead than any honest program writes (a clock that was wrong for
 * a while) is disbelieved: whoever meets it shortens it to the usual time. Its holder, if
 * there still is one, renews it before that.
 *
 * A program that waits for it may say so in `wanted`, again and again until it has it: a
 * service then hands over, and says in `wanted` that it is next. Once the lease is free,
 * only who wanted it may take it, until the wish expires. */
#ifndef OPKITSU_STORE_LEASE_H
#define OPKITSU_STORE_LEASE_H

#include "store/store.h"

/* In the environment of an op-lease whose service has handed the lease over. */
#define LEASE_AGAIN "OP_LEASE_AGAIN"

typedef struct lease lease;

/* All in seconds. How long a lease lasts: 20, or OPKITSU_LEASE_SECONDS, for
 * tests. The others are in proportion to it. */
double lease_seconds(void);
/* How often it is renewed: 5. */
double lease_renewal(void);
/* How often a program that waits for it tries: 2. */
double lease_retry(void);
/* How much of it must be left to begin anything: 5. */
double lease_margin(void);

/* The writer's, not taken yet, with an owner of its own. `s` is borrowed. */
lease *lease_new(store *s);
/* One of another `_id`, `id` (borrowed), which excludes only those of this id. */
lease *lease_new_named(store *s, const char *id);
/* The writer's that another program holds and renews for us: `text` is OWNER:TERM.
 * NULL: it is not. */
lease *lease_handed_down(store *s, const char *text);
void lease_free(lease *l); /* takes NULL; gives nothing back */
/* OWNER:TERM, once it is held. Lives as long as `l`. */
const char *lease_text(const lease *l);
/* Whether it was taken by us, not handed down. */
bool lease_is_taken(const lease *l);
/* The two parts of lease_text. */
const char *lease_owner(const lease *l);
int64_t lease_term(const lease *l);

typedef enum lease_outcome {
    LEASE_HELD,
    LEASE_OTHERS, /* not yet ours: `*e` says whose, with status 75 */
    LEASE_LOST,   /* no longer ours, and never again: the same */
    LEASE_FAILED  /* the store did: `*e` */
} lease_outcome;

/* We wait for it, as a service or not: want it, unless another does already. As a batch of
 * its own. False: the store failed. */
bool lease_want(lease *l, bool service, error *e);
/* Whether another wanted it, when we last renewed it. */
bool lease_is_wanted(const lease *l);

/* Whether an end, by the store's clock, is still to come, and one that can be true. */
bool lease_is_valid(double expires, double now);
/* After lease_hold has said LEASE_OTHERS, outside of a batch: shorten an end that cannot
 * be true. False: the store failed. */
bool lease_correct(lease *l, error *e);

/* Ensure that the lease is held: take it, look whether it is still ours, or
 * renew it when that is due. One that was handed down is only looked at. Call
 * it between store_begin and store_commit. */
lease_outcome lease_hold(lease *l, error *e);
/* The same as a batch of its own. */
lease_outcome lease_hold_alone(lease *l, error *e);
/* Before store_commit of an atomic store, whose lock has kept all others, also
 * the program that handed it down, from renewing it since `begun` (clock_now):
 * renew it if that was long. False: the store failed. */
bool lease_extend(lease *l, double begun, error *e);
/* Release it if it is held, as a batch of its own; one that was handed down
 * stays. False: the store failed. */
bool lease_give_back(lease *l, error *e);

/* Whether it is a service that has the writer's lease now, the one whose notes
 * (store/service_status.h) are there, and not a program for the length of its run. `owner`
 * (`size` bytes) gets its owner, service or not; "": none. Takes no part in a
 * batch. False: the store failed. */
bool lease_held_by_service(store *s, char *owner, size_t size, bool *held, error *e);

/* By clock_now: when nothing may be begun any more unless it was renewed. */
double lease_deadline(const lease *l);

#endif
