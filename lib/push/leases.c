#include "push/leases.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/program.h"
#include "base/signals.h"
#include "store/lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

struct push_lease {
    store *store;       /* borrowed */
    lease *push;        /* owned */
    lease *handed_down; /* owned, or NULL */
    unsigned wait;
    double looked; /* by clock_now; 0: not held yet */
};

push_lease *push_lease_new(store *s, const char *handed_down, unsigned wait, error *e)
{
    lease *writer = NULL;
    if (handed_down && *handed_down && !(writer = lease_handed_down(s, handed_down))) {
        e->status = EX_CONFIG;
        snprintf(e->what, sizeof e->what, "OP_LEASE is not OWNER:TERM: \"%.100s\"", handed_down);
        return NULL;
    }
    push_lease *l = xmalloc(sizeof *l);
    *l = (push_lease){
        .store = s, .push = lease_new_named(s, "push"), .handed_down = writer, .wait = wait};
    return l;
}

static lease_outcome see_writer(const push_lease *l, error *e)
{
    char owner[128];
    bool by_service;
    if (l->handed_down)
        return lease_hold_alone(l->handed_down, e);
    if (!lease_held_by_service(l->store, owner, sizeof owner, &by_service, e))
        return LEASE_FAILED;
    if (!by_service)
        return LEASE_HELD;
    e->status = EX_TEMPFAIL;
    snprintf(e->what, sizeof e->what,
             "%s: a service writes to it: %.128s has the lease (see sync-status)",
             store_name(l->store), owner);
    return LEASE_OTHERS;
}

static lease_outcome hold_once(const push_lease *l, error *e)
{
    lease_outcome outcome = see_writer(l, e);
    return outcome == LEASE_HELD ? lease_hold_alone(l->push, e) : outcome;
}

bool push_lease_hold(void *context, error *e)
{
    push_lease *l = context;
    lease_outcome outcome;
    if (signals_caught()) {
        e->status = EX_TEMPFAIL;
        snprintf(e->what, sizeof e->what, "ended by a signal");
        return false;
    }
    if (l->looked > 0 && clock_now() - l->looked < 1)
        return true;
    for (double begun = clock_now(); (outcome = hold_once(l, e)) != LEASE_HELD;) {
        if (outcome != LEASE_OTHERS || l->looked > 0 || clock_now() - begun > l->wait ||
            signals_caught())
            return false;
        clock_sleep(lease_retry());
    }
    l->looked = clock_now();
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
