/* output.h - standard output, whose errors are found at its end at the latest. */
#ifndef OPKITSU_BASE_OUTPUT_H
#define OPKITSU_BASE_OUTPUT_H

#include <stddef.h>

/* Write bytes. Errors are kept for output_close, and nothing is written after one. */
void output_write(const char *bytes, size_t len);
/* Text for people, in the same way. */
void output_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Flush, for a reader that waits at the pipe's other end; errors as above. */
void output_flush(void);
/* Flush and close at the end of a program. Returns `status`, or 74 (EX_IOERR,
 * with a message) when anything written was lost. */
int output_close(int status);

#endif
