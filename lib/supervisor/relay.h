/* relay.h - what one program says on its stderr: passed on, line by line, and its
 * last words remembered. */
#ifndef OPKITSU_SUPERVISOR_RELAY_H
#define OPKITSU_SUPERVISOR_RELAY_H

#include "base/buf.h"

#include <stdbool.h>

typedef struct relay {
    const char *name; /* the program's; borrowed */
    int fd;           /* where it is read; -1: closed */
    buf line;         /* the beginning of a line */
    buf last;         /* the last line that began with `name: `, without its newline */
} relay;

/* Forget what was said before, and close. */
void relay_forget(relay *r);
/* The same, and open a pipe, whose end to write to, for the program, is `*writer`.
 * False: errno says why not. */
bool relay_open(relay *r, const char *name, int *writer);
/* Pass on what has come. At its end it is closed. */
void relay_read(relay *r);
/* The program has ended: pass on the rest, and close. Takes one that is closed. */
void relay_finish(relay *r);
/* Close, if the program could not be started. Leaves errno alone. */
void relay_close(relay *r);
/* The last words; NULL: there were none. Lives until they are forgotten. */
const char *relay_last(const relay *r);
/* Close, and free the memory. */
void relay_free(relay *r);

#endif
