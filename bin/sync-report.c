/* sync-report - what a synchronisation did, or would do, as text.
 *
 * Reads results (of op-apply) or changes (of op-diff), writes text. */
#include "base/msg.h"
#include "base/output.h"
#include "base/program.h"
#include "record/display.h"
#include "record/record.h"
#include "report/change_text.h"
#include "report/report.h"
#include "report/reported.h"

#include <stdio.h>
#include <string.h>

#define REPAIRED "repaired: " /* before each line, with --repaired */

/* The project at hand. A zeroed one is empty. */
typedef struct report {
    buf name; /* of a plan's project */
    remarks skipped, failed;
    reported *reported;           /* owned */
    long planned[CHANGE_VERBS];   /* changes of a plan */
    bool dropped;                 /* the project was */
    bool saw_end, said_something; /* of the whole stream */
    bool quiet, verbose;
    bool repaired, saw_summary;
    remarks written; /* with --repaired: what was */
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
        const char *key, *word, *planned;
    } counts[] = {{"inserted", "created", "to create"},
                  {"updated", "updated", "to update"},
                  {"deleted", "deleted", "to delete"},
                  {"archived", "archived", "to archive"}};
    int64_t n;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (json_int64(json_get(summary, counts[i].key), &n))
            report_count(line, n, planned ? counts[i].planned : counts[i].word);
}

/* The summary as a line, without its newline. */
static void add_summary(const report *r, buf *line, const json *summary, bool events,
                        const buf *counts)
{
    bool planned = json_true(json_get(summary, "planned")); /* op-apply -n */
    double seconds = 0;
    int64_t n = r->skipped.n;
    display_text(line, json_get(summary, "project"), "?");
    buf_adds(line, ": ");
    buf what = {0};
    buf_add(&what, counts->data, counts->len);
    if (!what.len)
        buf_adds(&what, r->dropped ? "dropped" : planned ? "nothing to change" : "nothing changed");
    if (!events)
        json_int64(json_get(summary, "skipped"), &n);
    report_count(&what, n, "skipped");
    if (json_int64(json_get(summary, "conflicts"), &n))
        report_count(&what, n, "in conflict");
    if (json_int64(json_get(summary, "failed"), &n))
        report_count(&what, n, "failed");
    buf_add(line, what.data, what.len);
    json_double(json_get(summary, "seconds"), &seconds);
    if (!events)
        buf_addf(line, " in %.2f s", seconds);
    buf_free(&what);
}

static void print_summary(report *r, const json *summary, bool events, const buf *counts)
{
    buf line = {0};
    add_summary(r, &line, summary, events, counts);
    report_wipe();
    if (r->repaired)
        output_write(REPAIRED, strlen(REPAIRED));
    report_line(&line);
    if (r->repaired) {
        remarks_print(&r->written, REPAIRED);
        remarks_print(&r->failed, REPAIRED);
    } else {
        print_all_notes(r);
    }
    fflush(stdout); /* there may be many more projects to come */
    r->said_something = true;
}

/* A batch of events that changed nothing is not worth a line. */
static void on_summary(report *r, const json *summary)
{
    const char *scope = json_text(json_get(summary, "scope"));
    const char *name = json_text(json_get(summary, "project"));
    bool events = scope && strcmp(scope, "events") == 0;
    buf counts = {0};
    reported_update(r->reported, name ? name : "?", &r->skipped, events);
    add_counts(&counts, summary, json_true(json_get(summary, "planned")));
    bool changed = counts.len || r->dropped, failed = r->failed.n > 0;
    if (r->repaired ? changed || failed
                    : r->skipped.n || failed || (!r->quiet && (!events || changed)))
        print_summary(r, summary, events, &counts);
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
    for (int i = 0; i < CHANGE_VERBS; i++) {
        char what[16];
        snprintf(what, sizeof what, "to %s", change_verb_name(i));
        report_count(&line, r->planned[i], what);
    }
    report_count(&line, r->skipped.n, "skipped");
    if (line.len) {
        printf("%s%s%s\n", r->name.len ? r->name.data : "", r->name.len ? ": " : "", line.data);
        print_all_notes(r);
        r->said_something = true;
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
        printf("%s\n", r->name.data);
    }
    change_print(record);
}

static void on_result(report *r, const json *record)
{
    const char *status = json_text(json_get(record, "status"));
    const char *operation = json_text(json_get(record, "operationType"));
    if (status && operation && strcmp(status, "applied") == 0 && strcmp(operation, "drop") == 0)
        r->dropped = true;
    bool bad = status && (strcmp(status, "conflict") == 0 || strcmp(status, "failed") == 0);
    bool written = status && strcmp(status, "unchanged") != 0;
    if (!bad && (!written || (!r->verbose && !r->repaired)))
        return;
    buf line = {0};
    buf_adds(&line, "  ");
    display_text(&line, json_get(record, "status"), "");
    buf_addc(&line, ' ');
    display_text(&line, json_get(record, "operationType"), "change");
    buf_adds(&line, " of ");
    if (json_get(record, "entity"))
        display_entity(&line, json_get(record, "entity"));
    else
        display_value(&line, json_at(record, "documentKey", "_id", NULL));
    if (json_text(json_get(record, "message"))) {
        buf_adds(&line, ": ");
        display_text(&line, json_get(record, "message"), "");
    }
    if (bad || r->repaired)
        remarks_add(bad ? &r->failed : &r->written, &line);
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
    case RECORD_SKIPPED: report_skipped(&r->skipped, record); break;
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
    if (r->repaired && r->saw_summary && !r->said_something && r->verbose)
        puts("nothing to repair");
    if (!r->repaired && r->saw_end && !r->said_something && !r->quiet)
        puts("nothing to change");
}

int main(int argc, char **argv)
{
    static const program_help help = {
        .usage = "sync-report [OPTION]... < results",
        .about =
            "Write the results of op-apply, or the changes of op-diff, as text: of results a line\n"
            "for each project, of changes what each would change.",
        .verbose = "of results also print every document that was written",
        .quiet = "print only what was skipped, failed or in conflict",
        .exit_status = "0 done, 1 some lines were bad, 74 reading or writing failed."};
    report r = {.reported = reported_new()};
    const option_def defs[] = {{.name = "repaired",
                                .help =
                                    "of results print only projects where something was repaired,\n"
                                    "with the first 20 documents that were written",
                                .flag = &r.repaired},
                               {0}};
    report_start("sync-report", &help, defs, argc, argv);
    r.quiet = msg_level() < 0;
    r.verbose = msg_level() > 0;
    int status = report_read(on_record, &r);
    finish(&r);
    buf_free(&r.name);
    remarks_free(&r.skipped);
    remarks_free(&r.failed);
    remarks_free(&r.written);
    reported_free(r.reported);
    return report_end(status);
}
