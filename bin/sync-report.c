/* sync-report - what a synchronisation did, or would do, as text.
 *
 * Reads results (of op-apply) or changes (of op-diff), writes text. */
#include "base/msg.h"
#include "base/output.h"
#include "base/program.h"
#include "record/display.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "record/result.h"
#include "record/summary.h"
#include "report/change_text.h"
#include "report/report.h"
#include "report/reported.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REPAIRED "repaired: " /* before each line, with --repaired */

/* The project at hand. A zeroed one is empty. */
typedef struct report {
    buf name; /* of a plan's project */
    remarks skipped, failed;
    reported *skips, *failures; /* owned: what was reported before */
    long planned[CHANGE_VERBS]; /* changes of a plan */
    bool dropped;               /* the project was */
    bool saw_end, printed;      /* of the whole stream: an End, a line */
    bool quiet, verbose;
    bool repaired, saw_summary;
    remarks written; /* with --repaired */
} report;

/* ---- projects ---------------------------------------------------------------- */

static void print_all_notes(report *r)
{
    remarks_print(&r->failed, "");
    remarks_print(&r->skipped, "");
}

/* How many of each, as text. */
static void add_counts(buf *line, const json *summary, bool planned)
{
    static const struct {
        const char *key, *done, *planned;
    } counts[] = {{"inserted", "created", "to create"},
                  {"updated", "updated", "to update"},
                  {"deleted", "deleted", "to delete"},
                  {"archived", "archived", "to archive"}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        report_count(line, summary_count_of(summary, counts[i].key),
                     planned ? counts[i].planned : counts[i].done);
}

/* Of a batch of events only what is new. */
static int64_t count_failed(const report *r, const json *record, const summary_record *s)
{
    int64_t failed = summary_count_of(record, "failed");
    int64_t fresh = r->failed.n - summary_count_of(record, "conflicts");
    return s->events && fresh < failed ? (fresh > 0 ? fresh : 0) : failed;
}

/* A Summary as a line, without its newline; `counts`: what was changed. */
static void add_summary(const report *r, buf *line, const json *record, const summary_record *s,
                        const buf *counts)
{
    buf what = {0};
    int64_t skipped = r->skipped.n + r->skipped.also;
    if (!s->events && json_get(record, "skipped"))
        skipped = summary_count_of(record, "skipped");
    buf_add(&what, counts->data, counts->len);
    if (!what.len)
        buf_adds(&what, r->dropped   ? "dropped"
                        : s->planned ? "nothing to change"
                                     : "nothing changed");
    report_count(&what, skipped, "skipped");
    report_count(&what, summary_count_of(record, "conflicts"), "in conflict");
    report_count(&what, count_failed(r, record, s), "failed");
    display_text(line, json_get(record, "project"), "?");
    buf_addf(line, ": %s", what.data);
    if (!s->events)
        buf_addf(line, " in %.2f s", s->seconds);
    buf_free(&what);
}

/* `line` is a Summary's; empty afterwards. */
static void print_summary(report *r, buf *line)
{
    report_wipe();
    if (r->repaired)
        output_write(REPAIRED, strlen(REPAIRED));
    report_line(line);
    if (r->repaired) {
        remarks_print(&r->written, REPAIRED);
        remarks_print(&r->failed, REPAIRED);
    } else {
        print_all_notes(r);
    }
    output_flush(); /* many more projects may follow */
    r->printed = true;
}

/* A batch of events that changed nothing is not worth a line. */
static void on_summary(report *r, const json *record)
{
    summary_record s;
    buf counts = {0}, line = {0};
    summary_read(record, &s);
    const char *project = s.project ? s.project : "?";
    reported_update(r->skips, project, &r->skipped, s.events);
    reported_update(r->failures, project, &r->failed, s.events);
    add_counts(&counts, record, s.planned);
    bool changed = counts.len || r->dropped, failed = r->failed.n > 0;
    if (r->repaired ? changed || failed
                    : r->skipped.n || failed || (!r->quiet && (!s.events || changed))) {
        add_summary(r, &line, record, &s, &counts);
        print_summary(r, &line);
    }
    remarks_free(&r->written);
    remarks_free(&r->failed);
    remarks_free(&r->skipped);
    r->dropped = false;
    r->saw_summary = true;
    buf_free(&counts);
}

static void print_plan(report *r)
{
    buf line = {0};
    for (change_verb verb = 0; verb < CHANGE_VERBS; verb++) {
        char what[16];
        snprintf(what, sizeof what, "to %s", change_verb_name(verb));
        report_count(&line, r->planned[verb], what);
    }
    report_count(&line, r->skipped.n + r->skipped.also, "skipped");
    if (line.len) {
        output_printf("%s%s%s\n", r->name.len ? r->name.data : "", r->name.len ? ": " : "",
                      line.data);
        print_all_notes(r);
        r->printed = true;
    }
    memset(r->planned, 0, sizeof r->planned);
    buf_clear(&r->name);
    buf_free(&line);
}

/* ---- records ------------------------------------------------------------------- */

static void on_change(report *r, const json *record)
{
    r->planned[change_verb_of(record)]++;
    if (!r->name.len) {
        display_text(&r->name, json_at(record, "ns", "coll", NULL), "?");
        output_printf("%s\n", r->name.data);
    }
    change_print(record);
}

/* `failed insert of Shot "SH010": too large`. */
static void add_result(buf *line, const result_record *result)
{
    buf_addf(line, "  %s %s of ", result_status_name(result->status),
             result->operation == RESULT_NO_OPERATION ? "change"
                                                      : result_operation_name(result->operation));
    if (result->entity)
        display_entity(line, result->entity);
    else
        display_value(line, json_get(result->key, "_id"));
    if (json_text(result->message)) {
        buf_adds(line, ": ");
        display_text(line, result->message, "");
    }
}

static void on_result(report *r, const json *record)
{
    result_record result;
    buf line = {0};
    result_read(record, &result);
    bool failed = result.status == RESULT_CONFLICT || result.status == RESULT_FAILED;
    bool written = result.status == RESULT_APPLIED || result.status == RESULT_PLANNED;
    const char *id = json_text(json_get(result.entity, "id"));
    if (failed)
        reported_note(r->failures, id);
    if (result.status == RESULT_APPLIED) {
        reported_written(r->skips, id);
        reported_written(r->failures, id);
    }
    if (result.status == RESULT_APPLIED && result.operation == RESULT_DROP)
        r->dropped = true;
    if (!failed && (!written || (!r->verbose && !r->repaired)))
        return;
    add_result(&line, &result);
    if (failed || r->repaired)
        remarks_add(failed ? &r->failed : &r->written, &line);
    else
        report_line(&line);
}

static void on_end(report *r)
{
    r->saw_end = true;
    if (r->name.len) /* a plan's; a Summary says more than the End before it */
        print_plan(r);
}

static void on_record(void *context, const json *record)
{
    report *r = context;
    switch (record_type_of(record)) {
    case RECORD_CHANGE:
        if (!r->quiet)
            on_change(r, record);
        break;
    case RECORD_SKIPPED:
        report_skipped(&r->skipped, record);
        reported_note(r->skips, json_text(json_at(record, "entity", "id", NULL)));
        break;
    case RECORD_RESULT: on_result(r, record); break;
    case RECORD_SUMMARY: on_summary(r, record); break;
    case RECORD_END: on_end(r); break;
    default: break;
    }
}

/* The end of the stream. */
static void finish(report *r)
{
    print_plan(r);
    if (!r->repaired)
        print_all_notes(r);
    if (r->repaired && r->saw_summary && !r->printed && r->verbose)
        output_printf("nothing to repair\n");
    if (!r->repaired && r->saw_end && !r->printed && !r->quiet)
        output_printf("nothing to change\n");
}

int main(int argc, char **argv)
{
    static const program_help help = {
        .usage = "sync-report [OPTION]... < results",
        .about =
            "Show the results of op-apply as text, a line for each project, or the changes of\n"
            "op-diff, a line for each field that they would change.",
        .verbose = "also print every document that was written",
        .quiet = "print only what was skipped, failed or in conflict",
        .exit_status = "0 done, 1 some lines were bad, 74 reading or writing failed."};
    report r = {.skips = reported_new(), .failures = reported_new()};
    const option_def defs[] = {{.name = "repaired",
                                .help =
                                    "print only results of projects where something was repaired,\n"
                                    "with the first 20 documents that were written",
                                .flag = &r.repaired},
                               {0}};
    report_start("sync-report", &help, defs, argc, argv);
    r.quiet = msg_level() < 0;
    r.verbose = msg_level() > 0;
    ndjson *in = ndjson_new(STDIN_FILENO, "stdin");
    int status = report_read(in, on_record, &r);
    ndjson_free(in);
    finish(&r);
    buf_free(&r.name);
    remarks_free(&r.skipped);
    remarks_free(&r.failed);
    remarks_free(&r.written);
    reported_free(r.skips);
    reported_free(r.failures);
    return report_end(status);
}
