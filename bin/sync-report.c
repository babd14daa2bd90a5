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

/* The project at hand. A zeroed one is empty. */
typedef struct report {
    buf name; /* of a plan's project */
    remarks skipped, failed;
    reported *reported;           /* owned */
    long planned[CHANGE_VERBS];   /* changes of a plan */
    bool dropped;                 /* the project was */
    bool saw_end, said_something; /* of the whole stream */
    bool quiet, verbose;
} report;

/* ---- projects ---------------------------------------------------------------- */

static void print_all_notes(report *r)
{
    remarks_print(&r->failed);
    remarks_print(&r->skipped);
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

static void print_summary(report *r, const json *summary, bool events, const buf *counts)
{
    bool planned = json_true(json_get(summary, "planned")); /* op-apply -n */
    buf line = {0}, name = {0};
    double seconds = 0;
    int64_t n = r->skipped.n;
    buf_add(&line, counts->data, counts->len);
    if (!line.len)
        buf_adds(&line, r->dropped ? "dropped" : planned ? "nothing to change" : "nothing changed");
    if (!events)
        json_int64(json_get(summary, "skipped"), &n);
    report_count(&line, n, "skipped");
    if (json_int64(json_get(summary, "conflicts"), &n))
        report_count(&line, n, "in conflict");
    if (json_int64(json_get(summary, "failed"), &n))
        report_count(&line, n, "failed");
    json_double(json_get(summary, "seconds"), &seconds);
    display_text(&name, json_get(summary, "project"), "?");
    report_wipe();
    printf("%s: %s", name.data, line.data);
    if (!events)
        printf(" in %.2f s", seconds);
    putchar('\n');
    print_all_notes(r);
    fflush(stdout); /* there may be many more projects to come */
    buf_free(&line);
    buf_free(&name);
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
    bool bad = r->skipped.n || r->failed.n;
    if (bad || (!r->quiet && (!events || counts.len || r->dropped)))
        print_summary(r, summary, events, &counts);
    r->dropped = false;
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
    if (!bad && (!r->verbose || !status || strcmp(status, "unchanged") == 0))
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
    if (bad)
        remarks_add(&r->failed, &line);
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
    static const option_def none[] = {{0}};
    report_start("sync-report", &help, none, argc, argv);
    report r = {.reported = reported_new(), .quiet = msg_level() < 0, .verbose = msg_level() > 0};
    int status = report_read(on_record, &r);
    print_plan(&r);
    print_all_notes(&r);
    if (r.saw_end && !r.said_something && !r.quiet)
        puts("nothing to change");
    buf_free(&r.name);
    remarks_free(&r.skipped);
    remarks_free(&r.failed);
    reported_free(r.reported);
    return output_close(status);
}
