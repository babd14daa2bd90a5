#include "report/report.h"

#include "base/confine.h"
#include "base/msg.h"
#include "base/output.h"
#include "base/program.h"
#include "record/display.h"
#include "record/skipped.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define MAX_REMARKS 20 /* lines of one sort that are printed; more would scroll away */

static FILE *passed_on; /* owned: where the records go; NULL: nowhere */
static int first_error; /* errno of the first write there that failed */

void report_start(const char *name, const program_help *help, const option_def *defs, int argc,
                  char **argv)
{
    program_start(name);
    options_read(help, defs, argc, argv);
}

bool report_pass_on(void)
{
    if (!isatty(STDOUT_FILENO)) {
        int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        if (fd < 0 || !(passed_on = fdopen(fd, "w")))
            return false;
    }
    return dup2(STDERR_FILENO, STDOUT_FILENO) == STDOUT_FILENO;
}

static void pass_on(const ndjson *in)
{
    size_t len;
    const char *line = ndjson_line(in, &len);
    if (!passed_on || ferror(passed_on) || fwrite(line, 1, len, passed_on) == len)
        return;
    first_error = errno;
    __fpurge(passed_on); /* nothing may follow what is lost */
}

int report_read(ndjson *in, void (*fn)(void *context, const json *record), void *context)
{
    error e;
    if (!confine_wholly(&e)) {
        msg_error("%s", e.what);
        return e.status;
    }
    arena *a = arena_new();
    json record;
    int got;
    while ((got = ndjson_next(in, a, &record)) == 1) {
        pass_on(in);
        fn(context, &record);
        arena_reset(a);
    }
    int status = got < 0 ? EX_IOERR : ndjson_bad(in) ? 1 : EX_OK;
    arena_free(a);
    return status;
}

int report_end(int status)
{
    if (passed_on && fclose(passed_on) != 0 && !first_error)
        first_error = errno;
    if (first_error) {
        msg_error("cannot write the records: %s", strerror(first_error));
        status = EX_IOERR;
    }
    passed_on = NULL;
    return output_close(status);
}

void remarks_add(remarks *r, buf *line)
{
    buf_add(&r->lines, line->data, line->len);
    buf_addc(&r->lines, '\n');
    buf_free(line);
    r->n++;
}

void remarks_print(remarks *r, const char *prefix)
{
    const char *line = r->lines.data;
    for (long i = 0; i < r->n && i < MAX_REMARKS; i++) {
        size_t len = strcspn(line, "\n") + 1;
        output_write(prefix, strlen(prefix));
        output_write(line, len);
        line += len;
    }
    if (r->n > MAX_REMARKS)
        output_printf("%s  ... and %ld more\n", prefix, r->n - MAX_REMARKS);
    buf_clear(&r->lines);
    r->n = r->also = 0;
}

void remarks_free(remarks *r)
{
    buf_free(&r->lines);
    r->n = r->also = 0;
}

static void add_place(buf *line, const skipped_record *skipped)
{
    arena *a = arena_new();
    const char *place = skipped_place(a, skipped);
    display_text(line, json_get(skipped->entity, "type"), "document");
    buf_adds(line, " \"");
    display_sanitized(line, place, strlen(place));
    buf_adds(line, "\"");
    arena_free(a);
}

void report_skipped(remarks *r, const json *record)
{
    skipped_record skipped;
    buf line = {0};
    skipped_read(record, &skipped);
    if (skipped.with) {
        r->also++;
        return;
    }
    const char *reason = skipped.reason && *skipped.reason ? skipped.reason : "no reason given";
    buf_adds(&line, "  skipped ");
    add_place(&line, &skipped);
    if (skipped.below > 0)
        buf_addf(&line, " (and %lld below it)", (long long)skipped.below);
    buf_adds(&line, ": ");
    display_sanitized(&line, reason, strlen(reason));
    remarks_add(r, &line);
}

void report_count(buf *b, int64_t n, const char *what)
{
    if (n)
        buf_addf(b, "%s%lld %s", b->len ? ", " : "", (long long)n, what);
}

void report_line(buf *line)
{
    buf_addc(line, '\n');
    output_write(line->data, line->len);
    buf_free(line);
}

void report_wipe(void)
{
    if (msg_progress_wanted() && isatty(STDOUT_FILENO))
        fputs("\r\033[K", stderr);
}
