/* supervisor.h - keeps pipelines up: holds the lease of the store, starts and ends
 * them, keeps time, hears signals, and tells how it is.
 *
 * One loop waits for everything, and everything that happens is an event. A table of
 * states says what is done about it. */
#ifndef OPKITSU_SUPERVISOR_SUPERVISOR_H
#define OPKITSU_SUPERVISOR_SUPERVISOR_H

#include "supervisor/pipeline.h"

#include <stdbool.h>

/* What is to be done. Pipelines without stages are not made. */
typedef struct supervision {
    pipeline run;       /* runs to its end: a full synchronisation */
    pipeline reconcile; /* the same, as a safety net; else `run` is made */
    pipeline listen;    /* runs for ever, but for `once` */
    pipeline from_now;  /* `listen` when events were missed and there is no `run` */
    char **lease;       /* op-lease(1) and its options, if it is to hold the lease; borrowed */
    bool once;          /* `listen`, if there is one, else `run`, and then end */
    bool resume;        /* a service begins with `listen` */
    double interval;    /* s between two full synchronisations; 0: only on demand */
    double unit;        /* s; the first pause after a failure */
    double patience;    /* s a stage that writes to Kitsu may take to end, when we are ended */
    double scale;       /* of the times that all else has to end: 1, or less for tests */
} supervision;

/* Block the signals that supervisor_run hears: call it first. One that comes before
 * the loop is not lost. */
void supervisor_block_signals(void);
/* Do it. Returns the exit status. If a signal has ended it, `*ended_by` is that
 * signal, else 0. `s` is borrowed; its pipelines are started and ended. */
int supervisor_run(supervision *s, int *ended_by);
/* End this process by that signal, as one that does not handle it. */
void supervisor_die(int number);

#endif
