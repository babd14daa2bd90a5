/* error.h - why something failed. */
#ifndef OPKITSU_BASE_ERROR_H
#define OPKITSU_BASE_ERROR_H

#include <stdbool.h>

typedef struct error {
    int status;     /* an exit status: 1, or one of sysexits.h */
    char what[512]; /* one sentence that names the place, without a secret */
} error;

/* The status for an errno: 71 for what the system lacks (memory, descriptors), 74 if reading or
 * writing failed; any other gets `usual`. */
int error_status(int number, int usual);

/* Fill in an error. Returns false, for `return error_set(…)`. */
bool error_set(error *e, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
