#include "supervisor/schedule.h"

#include "base/clock.h"

#include <math.h>

/* All in units; see schedule.h. */
#define MAX_PAUSE      30   /* before a pipeline is started again */
#define HEALTHY        60   /* the time after which one that ran has not failed at its start */
#define MIN_FULL_RETRY 60   /* before a full synchronisation that failed is made again */
#define MAX_FULL_RETRY 3600 /* the longest of these waits, each twice the one before */

void schedule_init(schedule *s, double unit, double interval, double now)
{
    *s = (schedule){.unit = unit, .interval = interval};
    schedule_full_done(s, now);
}

double schedule_longest(const schedule *s)
{
    return s->unit * MAX_PAUSE;
}

double schedule_pause(schedule *s, double dice)
{
    double pause = fmin(s->unit * (1 << s->failures), schedule_longest(s));
    if (s->failures < 5)
        s->failures++;
    return pause * (0.75 + 0.5 * dice);
}

double schedule_healthy(const schedule *s)
{
    return s->unit * HEALTHY;
}

void schedule_recover(schedule *s)
{
    s->failures = 0;
}

void schedule_full_done(schedule *s, double now)
{
    s->full_retry = s->unit * MIN_FULL_RETRY;
    s->retry_at = 0;
    s->due = s->interval > 0 ? now + s->interval : INFINITY;
}

double schedule_full_failed(schedule *s, double now)
{
    double wait = clock_backoff(&s->full_retry, s->unit * MAX_FULL_RETRY);
    s->due = s->retry_at = now + wait;
    return wait;
}

double schedule_full_wait(const schedule *s, double now)
{
    return fmax(s->retry_at - now, 0);
}

void schedule_full_now(schedule *s)
{
    s->retry_at = 0;
}
