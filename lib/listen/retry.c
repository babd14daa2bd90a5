#include "listen/retry.h"

#include "base/clock.h"
#include "base/msg.h"
#include "listen/downstream.h"

#include <math.h>

#define FIRST_WAIT   1.0
#define LONGEST_WAIT 30.0

void retry_failed(retry *r, const error *e)
{
    downstream_check();
    if (r->warned)
        msg_info("%s", e->what);
    else
        msg_warn("%s; retrying until it works", e->what);
    r->warned = true;
    if (r->wait == 0)
        r->wait = clock_wait_setting("OPKITSU_BACKOFF_SECONDS", FIRST_WAIT);
    r->at = clock_now() + clock_jitter(clock_backoff(&r->wait, LONGEST_WAIT));
}

void retry_worked(retry *r)
{
    if (r->warned)
        msg_warn("working again");
    *r = (retry){0};
}

double retry_in(const retry *r)
{
    return fmax(r->at - clock_now(), 0);
}
