/* ndjson.h - streams of one JSON object a line (opkitsu-records(5)).
 *
 * A bad line is reported as `program: NAME:LINE: what`, counted and left out; reading
 * goes on. */
#ifndef OPKITSU_RECORD_NDJSON_H
#define OPKITSU_RECORD_NDJSON_H

#include "json/json.h"

#include <stdbool.h>
#include <stdio.h>

typedef struct ndjson ndjson;

/* Read from `fd` (borrowed, not closed). `name` (borrowed) is for messages. */
ndjson *ndjson_new(int fd, const char *name);
void ndjson_free(ndjson *n); /* takes NULL */

/* Called at least every `seconds` while waiting for input, and before each read.
 * Returns false to end the reading, as if the input had ended. */
typedef bool ndjson_idle_fn(void *context);
void ndjson_set_idle(ndjson *n, double seconds, ndjson_idle_fn *fn, void *context);

/* The next good line, parsed into `a`: an object with a text as `type`.
 * 1: `*out` is it. 0: the end. -1: reading failed, which has been reported.
 * A last line without a newline was cut, and counts as bad. */
int ndjson_next(ndjson *n, arena *a, json *out);
/* The text of the line that ndjson_next gave last, with its newline: to pass
 * a record on unchanged. Borrowed until the next call. */
const char *ndjson_line(const ndjson *n, size_t *len);
/* Its number, from 1. */
unsigned long ndjson_line_number(const ndjson *n);
const char *ndjson_name(const ndjson *n);
/* How many bad lines there were so far. */
unsigned long ndjson_bad(const ndjson *n);
/* Report and count a line that is JSON but cannot be used: `NAME:LINE: text`. */
void ndjson_complain(ndjson *n, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Write `v` and a newline to stdout. Errors are kept as in base/output.h. */
void ndjson_write(const json *v);

#endif
