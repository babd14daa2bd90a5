/* supervisor.h - keeps pipelines up: holds the lease of the store, starts and ends
 * them, keeps time, hears signals, and tells how it is.
 *
 * One loop waits for everything, and everything that happens is an event. A table of
 * states says what is done about it. */
#ifndef OPKITSU_SUPERVISOR_SUPERVISOR_H
#define OPKITSU_SUPERVISOR_SUPERVISOR_H

#include "supervisor/supervision.h"

/* Block the signals that supervisor_run hears: call it first. One that comes before
 * the loop is not lost. */
void supervisor_block_signals(void);
/* Do it. Returns the exit status. If a signal has ended it, `*ended_by` is that
 * signal, else 0. `s` is borrowed; its pipelines are started and ended. */
int supervisor_run(supervision *s, int *ended_by);
/* End this process by that signal, as one that does not handle it. */
void supervisor_die(int number);

#endif
