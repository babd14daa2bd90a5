#include "listen/arrival.h"

#include "base/clock.h"

#include <math.h>

#define FIRST_POLL   0.002 /* seconds between two looks at the store, */
#define LONGEST_POLL 0.25  /* growing by */
#define POLL_GROWTH  1.3   /* so that a batch is noticed at most a third later than it arrived */

void arrival_await(arrival *a)
{
    a->poll = FIRST_POLL;
}

bool arrival_check(arrival *a, backlog *b, bool *arrived, double *wait, error *e)
{
    double now = clock_now();
    *arrived = b == NULL;
    *wait = 0;
    if (*arrived)
        return true;
    if (now < a->checked_at + a->poll) {
        *wait = a->checked_at + a->poll - now;
        return true;
    }
    if (!backlog_arrived(b, arrived, e))
        return false;
    a->checked_at = now;
    if (!*arrived)
        *wait = a->poll;
    a->poll = *arrived ? FIRST_POLL : fmin(a->poll * POLL_GROWTH, LONGEST_POLL);
    return true;
}
