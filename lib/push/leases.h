/* leases.h - one push at a time, and none beside a service.
 *
 * Two leases (store/lease.h): one of its own, "push", and the writer's. In a pipe by
 * hand the writer's is op-apply's, at the other end of it: so only a service's
 * keeps a push waiting, and that which was handed down must still be held. */
#ifndef OPKITSU_PUSH_LEASES_H
#define OPKITSU_PUSH_LEASES_H

#include "store/store.h"

typedef struct push_lease push_lease;

/* The store is borrowed. `handed_down`: OP_LEASE's text, or NULL or "". Waits
 * `wait` seconds for others when first held. The caller owns the result; NULL:
 * the text makes no sense, `*e`. */
push_lease *push_lease_new(store *s, const char *handed_down, unsigned wait, error *e);
/* Take or keep both, for who pushes (push/push.h's `hold`; `context` is a push_lease).
 * Called often; looks once a second. False: lost, or ended by a signal, `*e`. */
bool push_lease_hold(void *context, error *e);
/* Give it back, and free it; takes NULL. */
void push_lease_end(push_lease *l);

#endif
