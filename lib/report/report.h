/* report.h - what the reports share: reading, counts, and lines about what was not done,
 * of which the first are printed and the others counted. */
#ifndef OPKITSU_REPORT_REPORT_H
#define OPKITSU_REPORT_REPORT_H

#include "base/buf.h"
#include "base/options.h"
#include "json/json.h"
#include "record/ndjson.h"

#include <stdbool.h>
#include <stdint.h>

/* The first call of main; `defs` as in options_read. */
void report_start(const char *name, const program_help *help, const option_def *defs, int argc,
                  char **argv);
/* From now on the report goes to stderr, and stdout, unless it is a terminal, gets the
 * records that report_read reads, unchanged. False: errno says why not. */
bool report_pass_on(void);
/* Hand out the records of `in`, one by one, by a program that is confined to what is open.
 * Returns the exit status of the reading. */
int report_read(ndjson *in, void (*fn)(void *context, const json *record), void *context);
/* The last call of main. Returns `status`, or 74 (EX_IOERR, with a message) when
 * anything written was lost. */
int report_end(int status);

/* Lines of one sort. A zeroed one is empty. */
typedef struct remarks {
    buf lines; /* each with its newline */
    long n;
    long also; /* things that have no line, as another one's stands for them */
} remarks;

/* Take over a line without its newline; `*line` is empty afterwards. */
void remarks_add(remarks *r, buf *line);
/* Print the first 20 and how many more there are, each after `prefix`; it is empty
 * afterwards. */
void remarks_print(remarks *r, const char *prefix);
void remarks_free(remarks *r);

/* Add a line on a Skipped record; one that is skipped with another is only counted. */
void report_skipped(remarks *r, const json *record);

/* Append `3 created`, after a comma unless `b` is empty; nothing for 0. */
void report_count(buf *b, int64_t n, const char *what);
/* Print a line and its newline; `*line` is empty afterwards. */
void report_line(buf *line);
/* Before a line: wipe the progress that another program of the pipe may have drawn on the
 * terminal. */
void report_wipe(void);

#endif
