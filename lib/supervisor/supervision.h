/* supervision.h - what a supervisor is to do. */
#ifndef OPKITSU_SUPERVISOR_SUPERVISION_H
#define OPKITSU_SUPERVISOR_SUPERVISION_H

#include "supervisor/pipeline.h"

#include <stdbool.h>

/* Pipelines without stages are not made. */
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

#endif
