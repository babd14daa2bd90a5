/* signals.h - being asked to end, for programs that have something to finish. */
#ifndef OPKITSU_BASE_SIGNALS_H
#define OPKITSU_BASE_SIGNALS_H

#include <stdbool.h>

/* On SIGINT, SIGTERM and SIGHUP (but for those that are ignored) stdin comes to
 * its end: whoever reads it, or waits for it, sees just that. A second signal
 * kills. SIGPIPE is ignored from here on, and so is SIGXFSZ: a file over its
 * limit is an error of the store's. */
void signals_end_input(void);
/* The signal that came; 0: none. */
int signals_caught(void);
/* Whether none has come. */
bool signals_none(void);

#endif
