/* report.h - what the reports for people have in common: reading, counts, and lines
 * about what was not done, of which the first few are said and the others counted. */
#ifndef OPKITSU_REPORT_REPORT_H
#define OPKITSU_REPORT_REPORT_H

#include "base/buf.h"
#include "base/options.h"
#include "json/json.h"

#include <stdint.h>

/* The first call of main; `defs` as in options_read. */
void report_start(const char *name, const program_help *help, const option_def *defs, int argc,
                  char **argv);
/* Hand over stdin's records, one by one. Returns the exit status that the reading
 * is worth. */
int report_read(void (*fn)(void *context, const json *record), void *context);

/* Lines of one sort. A zeroed one is empty. */
typedef struct remarks {
    buf lines; /* each with its newline */
    long n;
} remarks;

/* Take over a line that lacks its newline; `*line` is empty afterwards. */
void remarks_add(remarks *r, buf *line);
/* Print the first 20 and how many more there are; it is empty afterwards. */
void remarks_print(remarks *r);
void remarks_free(remarks *r);

/* Append `3 created`, with a comma before it unless `b` is empty; of 0 nothing. */
void report_count(buf *b, int64_t n, const char *what);
/* Print it, and a newline; `*line` is empty afterwards. */
void report_line(buf *line);
/* Before a line on a terminal: the other programs of the pipe may have drawn
 * their progress there. */
void report_wipe(void);

#endif
