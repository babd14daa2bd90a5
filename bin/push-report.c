/* push-report - what a push to Kitsu did, or would do, as text.
 *
 * Reads results (of zou-push, or of op-apply after it), writes text. */
#include "base/msg.h"
#include "base/output.h"
#include "base/program.h"
#include "record/display.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "record/summary.h"
#include "report/push_tree.h"
#include "report/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sysexits.h>

enum { CREATED, UPDATED, LINKED, DELETED, CANCELLED, TASKS, COUNTS };
/* Their keys in a Summary, and the words for what is done, and planned. */
static const struct {
    const char *key, *done, *planned;
} words[COUNTS] = {{"created", "created", "to create"},     {"updated", "updated", "to update"},
                   {"linked", "linked", "to link"},         {"deleted", "deleted", "to delete"},
                   {"cancelled", "cancelled", "to cancel"}, {"tasks", "tasks", "tasks"}};

/* The project at hand. A zeroed one is empty. */
typedef struct report {
    buf name;            /* of the project; empty: not known yet */
    tree *tree;          /* owned */
    int64_t n[COUNTS];   /* of Results, until a Summary counts them itself */
    bool planned, drawn; /* a Result was; something is in the tree */
    buf deleted;         /* lines: all of them, and what was cancelled instead */
    remarks failed, unlinked, skipped;
    long posted, to_post, there, incomplete, unposted; /* comments, of the whole stream */
    bool quiet, verbose;
} report;

/* ---- projects ---------------------------------------------------------------- */

static void add_counts(const report *r, buf *line)
{
    for (int i = 0; i < COUNTS; i++) {
        const char *word = r->planned ? words[i].planned : words[i].done;
        report_count(line, r->n[i], i == TASKS && r->n[i] == 1 ? "task" : word);
    }
}

static bool has_faults(const report *r)
{
    return r->skipped.n || r->failed.n || r->unlinked.n;
}

static void print_project(report *r, double seconds)
{
    buf line = {0};
    add_counts(r, &line);
    if (!line.len)
        buf_adds(&line, r->planned ? "nothing to do" : "nothing changed");
    report_count(&line, r->skipped.n, "skipped");
    report_count(&line, r->failed.n, "failed");
    report_count(&line, r->unlinked.n, "not linked");
    report_wipe();
    if (r->drawn)
        output_printf("%s\n", r->name.data);
    tree_print(r->tree);
    output_printf("%s: %s", r->name.data, line.data);
    if (seconds >= 0 && !r->planned)
        output_printf(" in %.2f s", seconds);
    output_printf("\n");
    output_write(r->deleted.data, r->deleted.len);
    remarks_print(&r->failed, "");
    remarks_print(&r->unlinked, "");
    remarks_print(&r->skipped, "");
    output_flush(); /* many more projects may follow */
    buf_free(&line);
}

/* The end of a project. Negative seconds: it was not reached. */
static void end_project(report *r, double seconds)
{
    if (!r->name.len)
        buf_adds(&r->name, "?");
    if (has_faults(r) || !r->quiet)
        print_project(r, seconds);
    memset(r->n, 0, sizeof r->n);
    r->planned = r->drawn = false;
    buf_clear(&r->name);
    buf_clear(&r->deleted);
}

/* ---- records ------------------------------------------------------------------- */

static void set_name(report *r, const json *name)
{
    if (!r->name.len && json_text(name))
        display_text(&r->name, name, "?");
}

/* `Shot "SH010" of E01/SQ01`. */
static void add_place(buf *line, const result_record *result)
{
    const json *below = result->below;
    display_entity(line, result->entity);
    for (uint32_t i = 0; json_is(below, JSON_ARRAY) && i < below->len; i++) {
        buf_adds(line, i ? "/" : " of ");
        display_text(line, &below->items[i], "?");
    }
}

static void add_message(buf *line, const json *message)
{
    if (json_text(message)) {
        buf_adds(line, ": ");
        display_text(line, message, "");
    }
}

/* What a Result counts as. */
static int count_of(const result_record *result)
{
    static const int counts[RESULT_OPERATIONS] = {
        [RESULT_INSERT] = CREATED, [RESULT_UPDATE] = UPDATED, [RESULT_DELETE] = DELETED,
        [RESULT_DROP] = UPDATED,   [RESULT_LINK] = LINKED,    [RESULT_CANCEL] = CANCELLED};
    if (result->operation == RESULT_NO_OPERATION)
        return UPDATED;
    if (result->operation == RESULT_INSERT &&
        json_text_is(json_get(result->entity, "type"), "Task"))
        return TASKS;
    return counts[result->operation];
}

static void on_failed(report *r, const result_record *result)
{
    buf line = {0};
    buf_addf(&line, "  failed %s of ",
             result->operation == RESULT_NO_OPERATION ? "change"
                                                      : result_operation_name(result->operation));
    add_place(&line, result);
    add_message(&line, result->message);
    remarks_add(&r->failed, &line);
}

static void report_comment(const json *record, const result_record *result, const char *what)
{
    buf line = {0};
    buf_addf(&line, "  %s comment of publish \"", what);
    display_text(&line, json_get(record, "publish_id"), "");
    buf_addc(&line, '"');
    add_message(&line, result->message);
    report_line(&line);
}

/* A comment's Result names no project. One that failed may stand in Kitsu, but without all
 * of its files. */
static void on_comment(report *r, const json *record, const result_record *result)
{
    bool stands = json_text(json_get(result->entity, "id"));
    if (result->status == RESULT_PLANNED) {
        r->to_post++;
    } else if (result->status == RESULT_UNCHANGED) {
        r->there++;
    } else if (result->status == RESULT_APPLIED) {
        r->posted++;
        if (result->refused)
            report_comment(record, result, "incomplete");
    } else if (stands) {
        r->incomplete++;
        report_comment(record, result, "incomplete");
    } else {
        r->unposted++;
        report_comment(record, result, "failed");
    }
}

static void add_deleted(report *r, const result_record *result)
{
    buf line = {0};
    buf_adds(&line, result->operation == RESULT_CANCEL ? "  cancelled " : "  deleted ");
    add_place(&line, result);
    add_message(&line, result->message);
    buf_addf(&r->deleted, "%s\n", line.data);
    buf_free(&line);
}

/* What zou-push did in Kitsu. */
static void on_result(report *r, const json *record, const result_record *result)
{
    static const char signs[COUNTS] = {'+', '~', '=', '-', '-', '+'};
    int count = count_of(result);
    bool failed = result->status == RESULT_FAILED, planned = result->status == RESULT_PLANNED;
    set_name(r, json_get(record, "project"));
    if (failed)
        on_failed(r, result);
    else
        r->n[count]++;
    if ((count == DELETED || count == CANCELLED) && !failed && !planned)
        add_deleted(r, result);
    r->planned |= planned;
    bool drawn = !failed || count != TASKS; /* a task has no sign of its own */
    if (!r->quiet && (planned || r->verbose) && drawn) {
        tree_add(r->tree, result, failed ? '!' : signs[count]);
        r->drawn = true;
    }
}

/* What op-apply did in OpenPype. It may come after the project's Summary, and is then
 * reported by itself. */
static void on_link(report *r, const json *record, const result_record *result)
{
    buf line = {0};
    if (result->status != RESULT_CONFLICT && result->status != RESULT_FAILED)
        return;
    buf_adds(&line, "  not linked: ");
    display_entity(&line, result->entity);
    add_message(&line, result->message);
    set_name(r, json_at(record, "ns", "coll", NULL));
    remarks_add(&r->unlinked, &line);
}

static void on_any_result(report *r, const json *record)
{
    result_record result;
    result_read(record, &result);
    if (!json_text(json_get(record, "status")))
        return;
    if (result.comment)
        on_comment(r, record, &result);
    else if (result.in_kitsu)
        on_result(r, record, &result);
    else
        on_link(r, record, &result);
}

/* op-apply's Summary counts documents, which zou-push's counts as links. */
static void on_summary(report *r, const json *record)
{
    summary_record summary;
    int64_t n;
    summary_read(record, &summary);
    if (!summary.in_kitsu)
        return;
    set_name(r, json_get(record, "project"));
    for (int i = 0; i < COUNTS; i++)
        if (json_count(json_get(record, words[i].key), &n))
            r->n[i] = n;
    end_project(r, summary.seconds);
}

static void on_record(void *context, const json *record)
{
    report *r = context;
    switch (record_type_of(record)) {
    case RECORD_SKIPPED: report_skipped(&r->skipped, record); break;
    case RECORD_SUMMARY: on_summary(r, record); break;
    case RECORD_RESULT: on_any_result(r, record); break;
    default: break;
    }
}

static void finish(report *r)
{
    buf line = {0};
    if (r->name.len || has_faults(r))
        end_project(r, -1);
    report_count(&line, r->posted, r->posted == 1 ? "comment posted" : "comments posted");
    report_count(&line, r->to_post, r->to_post == 1 ? "comment to post" : "comments to post");
    report_count(&line, r->there, "there already");
    report_count(&line, r->incomplete, "incomplete");
    report_count(&line, r->unposted, "not posted");
    if (line.len && (!r->quiet || r->incomplete || r->unposted))
        report_line(&line);
    buf_free(&line);
}

int main(int argc, char **argv)
{
    static const program_help help = {
        .usage = "push-report [OPTION]... < results",
        .about =
            "Show the results of zou-push, or of op-apply after it, as text: a plan as a tree of\n"
            "each project, what was carried out as a line for each.",
        .verbose = "also print a tree of what was carried out",
        .quiet = "print only what was skipped or failed",
        .exit_status = "0 done, 1 some lines were bad, 74 reading or writing failed."};
    bool records = false;
    const option_def defs[] = {{.name = "records",
                                .help =
                                    "pass the records on to stdout, unless that is a terminal,\n"
                                    "and write the text to stderr",
                                .flag = &records},
                               {0}};
    report_start("push-report", &help, defs, argc, argv);
    if (records && !report_pass_on()) {
        msg_error("cannot pass the records on: %s", strerror(errno));
        return EX_OSERR;
    }
    report r = {.tree = tree_new(), .quiet = msg_level() < 0, .verbose = msg_level() > 0};
    ndjson *in = ndjson_new(STDIN_FILENO, "stdin");
    int status = report_read(in, on_record, &r);
    ndjson_free(in);
    finish(&r);
    buf_free(&r.name);
    buf_free(&r.deleted);
    remarks_free(&r.failed);
    remarks_free(&r.unlinked);
    remarks_free(&r.skipped);
    tree_free(r.tree);
    return report_end(status);
}
