/* schedule.h - when the supervisor tries again, and when a full synchronisation is
 * due. Arithmetic only: times come in, times go out, all in seconds. */
#ifndef OPKITSU_SUPERVISOR_SCHEDULE_H
#define OPKITSU_SUPERVISOR_SCHEDULE_H

#include <stdbool.h>

typedef struct schedule {
    double unit;       /* the first pause; all others are in proportion to it */
    double interval;   /* between two full synchronisations; 0: none are made */
    double full_retry; /* the wait after the next full synchronisation that fails */
    double retry_at;   /* before that the one that failed is not made again; 0: none failed */
    double due; /* when the next full synchronisation is due, by the caller's clock; or INFINITY */
    int failures; /* in a row, since a pipeline was healthy */
} schedule;

/* Begin at `now`. */
void schedule_init(schedule *s, double unit, double interval, double now);
/* How long to pause after a failure: 1, 2, 4 … at most 30 units, give or take a
 * quarter, for which `dice` is a random number from 0 to 1. Counts the failure. */
double schedule_pause(schedule *s, double dice);
/* The longest of these pauses, give or take nothing. */
double schedule_longest(const schedule *s);
/* How long a pipeline must run to count as healthy: 60 units. */
double schedule_healthy(const schedule *s);
/* A pipeline was healthy: the next pause is short again. */
void schedule_recover(schedule *s);
/* A full synchronisation is done: the next one is due after the interval. */
void schedule_full_done(schedule *s, double now);
/* It failed. Returns how long to wait: 1, 2, 4 … at most 60 minutes, for a unit of
 * a second. */
double schedule_full_failed(schedule *s, double now);
/* How long one that is needed has to wait, because the last one failed; 0: not. */
double schedule_full_wait(const schedule *s, double now);
/* Somebody wants one now: no wait. */
void schedule_full_now(schedule *s);

#endif
