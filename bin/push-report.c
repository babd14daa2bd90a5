/* push-report - what a push to Kitsu did, or would do, for people to read.
 *
 * Reads results (zou-push, or op-apply behind it), writes text. */
#include "base/msg.h"
#include "base/output.h"
#include "base/program.h"
#include "record/display.h"
#include "report/push_tree.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>

enum { CREATED, UPDATED, LINKED, DELETED, TASKS, COUNTS };
/* As the Summary names them, and in words, done and planned. */
static const struct {
    const char *key, *done, *planned;
} words[COUNTS] = {{"created", "created", "to create"},
                   {"updated", "updated", "to update"},
                   {"linked", "linked", "to link"},
                   {"deleted", "deleted", "to delete"},
                   {"tasks", "tasks", "tasks"}};

/* What is known of the project at hand. A zeroed one knows nothing. */
typedef struct report {
    buf name;            /* of the project; empty: not known yet */
    tree *tree;          /* owned */
    int64_t n[COUNTS];   /* of Results, until a Summary counts them itself */
    bool planned, drawn; /* a Result was; something is in the tree */
    buf deleted;         /* lines: all of them */
    remarks failed, unlinked, skipped;
    long posted, to_post, there, unposted; /* comments, of the whole stream */
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

static bool is_amiss(const report *r)
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
        printf("%s\n", r->name.data);
    tree_print(r->tree);
    printf("%s: %s", r->name.data, line.data);
    if (seconds >= 0 && !r->planned)
        printf(" in %.2f s", seconds);
    putchar('\n');
    output_write(r->deleted.data, r->deleted.len);
    remarks_print(&r->failed);
    remarks_print(&r->unlinked);
    remarks_print(&r->skipped);
    fflush(stdout); /* there may be many more projects to come */
    buf_free(&line);
}

/* The end of a project. Negative seconds: it was not reached. */
static void end_project(report *r, double seconds)
{
    if (!r->name.len)
        buf_adds(&r->name, "?");
    if (is_amiss(r) || !r->quiet)
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
static void add_place(buf *line, const json *record)
{
    const json *below = json_get(record, "below");
    display_entity(line, json_get(record, "entity"));
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

static void on_skipped(report *r, const json *record)
{
    buf line = {0};
    buf_adds(&line, "  skipped ");
    display_entity(&line, json_get(record, "entity"));
    buf_adds(&line, ": ");
    display_text(&line, json_get(record, "reason"), "no reason given");
    remarks_add(&r->skipped, &line);
}

static int count_of(const char *type, const char *operation)
{
    if (strcmp(operation, "insert") == 0)
        return strcmp(type, "Task") == 0 ? TASKS : CREATED;
    if (strcmp(operation, "delete") == 0)
        return DELETED;
    return strcmp(operation, "link") == 0 ? LINKED : UPDATED;
}

static void on_failed(report *r, const json *record)
{
    buf line = {0};
    buf_adds(&line, "  failed ");
    display_text(&line, json_get(record, "operationType"), "change");
    buf_adds(&line, " of ");
    add_place(&line, record);
    add_message(&line, json_get(record, "message"));
    remarks_add(&r->failed, &line);
}

/* Comments belong to no project that the record would name. */
static void on_comment(report *r, const json *record, const char *status)
{
    if (strcmp(status, "applied") == 0) {
        r->posted++;
    } else if (strcmp(status, "planned") == 0) {
        r->to_post++;
    } else if (strcmp(status, "unchanged") == 0) {
        r->there++;
    } else {
        buf line = {0};
        r->unposted++;
        buf_adds(&line, "  failed comment of publish \"");
        display_text(&line, json_get(record, "publish_id"), "");
        buf_addc(&line, '"');
        add_message(&line, json_get(record, "message"));
        report_line(&line);
    }
}

/* What zou-push did in Kitsu. */
static void on_result(report *r, const json *record, const char *status)
{
    static const char signs[COUNTS] = {'+', '~', '=', '-', '+'};
    const char *type = json_text(json_at(record, "entity", "type", NULL));
    const char *operation = json_text(json_get(record, "operationType"));
    int count = count_of(type ? type : "", operation ? operation : "");
    bool failed = strcmp(status, "failed") == 0;
    bool planned = strcmp(status, "planned") == 0;
    set_name(r, json_get(record, "project"));
    if (failed)
        on_failed(r, record);
    else
        r->n[count]++;
    if (count == DELETED && !failed && !planned) {
        buf line = {0};
        buf_adds(&line, "  deleted ");
        add_place(&line, record);
        buf_addf(&r->deleted, "%s\n", line.data);
        buf_free(&line);
    }
    r->planned |= planned;
    bool drawn = !failed || count != TASKS; /* a task has no sign of its own */
    if (!r->quiet && (planned || r->verbose) && drawn) {
        tree_add(r->tree, record, failed ? '!' : signs[count]);
        r->drawn = true;
    }
}

/* What op-apply did in OpenPype. It may come after the project's Summary, and
 * then is of none. */
static void on_link(report *r, const json *record, const char *status)
{
    const json *coll = json_at(record, "ns", "coll", NULL);
    buf line = {0};
    if (strcmp(status, "conflict") != 0 && strcmp(status, "failed") != 0)
        return;
    buf_adds(&line, "  not linked: ");
    display_entity(&line, json_get(record, "entity"));
    add_message(&line, json_get(record, "message"));
    set_name(r, coll);
    remarks_add(&r->unlinked, &line);
}

/* That of op-apply counts documents, which zou-push's Summary has as links. */
static void on_summary(report *r, const json *record)
{
    double seconds = 0;
    if (!json_get(record, "to"))
        return;
    set_name(r, json_get(record, "project"));
    for (int i = 0; i < COUNTS; i++)
        json_int64(json_get(record, words[i].key), &r->n[i]);
    json_double(json_get(record, "seconds"), &seconds);
    end_project(r, seconds);
}

static void on_record(void *context, const json *record)
{
    report *r = context;
    const char *type = json_text(json_get(record, "type"));
    const char *status = json_text(json_get(record, "status"));
    const char *what = json_text(json_at(record, "entity", "type", NULL));
    if (strcmp(type, "Skipped") == 0)
        on_skipped(r, record);
    else if (strcmp(type, "Summary") == 0)
        on_summary(r, record);
    else if (strcmp(type, "Result") != 0 || !status)
        return;
    else if (what && strcmp(what, "Comment") == 0)
        on_comment(r, record, status);
    else if (json_get(record, "to"))
        on_result(r, record, status);
    else
        on_link(r, record, status);
}

static void finish(report *r)
{
    buf line = {0};
    if (r->name.len || is_amiss(r))
        end_project(r, -1);
    report_count(&line, r->posted, r->posted == 1 ? "comment posted" : "comments posted");
    report_count(&line, r->to_post, r->to_post == 1 ? "comment to post" : "comments to post");
    report_count(&line, r->there, "there already");
    report_count(&line, r->unposted, "not posted");
    if (line.len && (!r->quiet || r->unposted))
        report_line(&line);
    buf_free(&line);
}

int main(int argc, char **argv)
{
    static const program_help help = {
        .usage = "push-report [OPTION]... < results",
        .about =
            "Write the results of zou-push, or of op-apply behind it, as text: of a plan a tree\n"
            "for each project, of what was carried out a line.",
        .verbose = "print the tree also of what was carried out",
        .quiet = "print only what was skipped or failed",
        .exit_status = "0 done, 1 some lines were bad, 74 reading or writing failed."};
    static const option_def none[] = {{0}};
    report_start("push-report", &help, none, argc, argv);
    report r = {.tree = tree_new(), .quiet = msg_level() < 0, .verbose = msg_level() > 0};
    int status = report_read(on_record, &r);
    finish(&r);
    buf_free(&r.name);
    buf_free(&r.deleted);
    remarks_free(&r.failed);
    remarks_free(&r.unlinked);
    remarks_free(&r.skipped);
    tree_free(r.tree);
    return output_close(status);
}
