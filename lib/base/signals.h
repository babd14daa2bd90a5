/* signals.h - signals that end a program which has something to finish. */
#ifndef OPKITSU_BASE_SIGNALS_H
#define OPKITSU_BASE_SIGNALS_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP, unless they are ignored, end stdin: its
 * reader sees the end of the input. A second signal kills. SIGPIPE and SIGXFSZ are
 * ignored: a file over its limit is an error of the store. */
void signals_end_input(void);
/* The signal that was received; 0: none. */
int signals_caught(void);
/* Whether none was received. */
bool signals_none(void);

#endif
