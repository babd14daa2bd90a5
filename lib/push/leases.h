/* leases.h - one push at a time, and none while a service writes to the store.
 *
 * Two leases (store/lease.h) are checked: a push's own, "push", and the writer's. In a
 * pipe typed by hand op-apply, at the other end, holds the writer's: so a push waits only
 * for a service's. One that was handed down must still be held. */
#ifndef OPKITSU_PUSH_LEASES_H
#define OPKITSU_PUSH_LEASES_H

#include "store/store.h"

typedef struct push_lease push_lease;

/* The store is borrowed. `handed_down`: OP_LEASE's text, or NULL or "". The first
 * push_lease_hold waits `wait` seconds for others. The caller owns the result; NULL:
 * the text is invalid, `*e`. */
push_lease *push_lease_new(store *s, const char *handed_down, unsigned wait, error *e);
/* Acquire or keep both: a push_context's `hold`, whose context is a push_lease. It may be
 * called often, and checks once a second. False: one is lost, or a signal came: `*e`. */
bool push_lease_hold(void *context, error *e);
/* Give the push's lease back and free both; takes NULL. */
void push_lease_end(push_lease *l);

#endif
