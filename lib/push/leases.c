#include "push/leases.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/signals.h"
#include "store/lease.h"

#include <stdlib.h>
#include <sysexits.h>

struct push_lease {
    store *store;       /* borrowed */
    lease *push;        /* owned */
    lease *handed_down; /* owned, or NULL */
    unsigned wait;
    double checked; /* by clock_now; 0: not acquired yet */
};

push_lease *push_lease_new(store *s, const char *handed_down, unsigned wait, error *e)
{
    lease *writer = NULL;
    if (handed_down && *handed_down && !(writer = lease_handed_down(s, handed_down))) {
        error_set(e, EX_CONFIG, "OP_LEASE is not OWNER:TERM: \"%.100s\"", handed_down);
        return NULL;
    }
    push_lease *l = xmalloc(sizeof *l);
    *l = (push_lease){
        .store = s, .push = lease_new_named(s, "push"), .handed_down = writer, .wait = wait};
    return l;
}

/* The writer's lease: the one handed down must be held; of others, only a service's
 * matters. */
static lease_outcome check_writer(const push_lease *l, error *e)
{
    char owner[128];
    bool by_service;
    if (l->handed_down)
        return lease_hold_alone(l->handed_down, e);
    if (!lease_held_by_service(l->store, owner, sizeof owner, &by_service, e))
        return LEASE_FAILED;
    if (!by_service)
        return LEASE_HELD;
    error_set(e, EX_TEMPFAIL, "%s: a service holds the lease: %.128s (see sync-status)",
              store_name(l->store), owner);
    return LEASE_OTHERS;
}

static lease_outcome hold_both(const push_lease *l, error *e)
{
    lease_outcome outcome = check_writer(l, e);
    return outcome == LEASE_HELD ? lease_hold_alone(l->push, e) : outcome;
}

bool push_lease_hold(void *context, error *e)
{
    push_lease *l = context;
    lease_outcome outcome;
    if (signals_caught())
        return error_set(e, EX_TEMPFAIL, "ended by a signal");
    if (l->checked > 0 && clock_now() - l->checked < 1)
        return true;
    for (double begun = clock_now(); (outcome = hold_both(l, e)) != LEASE_HELD;) {
        if (outcome != LEASE_OTHERS || l->checked > 0 || clock_now() - begun > l->wait ||
            signals_caught())
            return false;
        clock_sleep(lease_retry());
    }
    l->checked = clock_now();
    return true;
}

void push_lease_end(push_lease *l)
{
    error e;
    if (!l)
        return;
    if (!lease_give_back(l->push, &e))
        msg_warn("%s", e.what);
    lease_free(l->push);
    lease_free(l->handed_down);
    free(l);
}
