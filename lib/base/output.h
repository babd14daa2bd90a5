/* output.h - standard output, whose errors are found at its end at the latest. */
#ifndef OPKITSU_BASE_OUTPUT_H
#define OPKITSU_BASE_OUTPUT_H

#include <stddef.h>

/* Write bytes. stdio keeps errors for output_close. */
void output_write(const char *bytes, size_t len);
/* Flush, for a reader that waits at the pipe's other end; errors as above. */
void output_flush(void);
/* Flush and close at the end of a program. Returns `status`, or 74 (EX_IOERR,
 * with a message) when anything written was lost. */
int output_close(int status);

#endif
