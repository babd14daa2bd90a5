/* sync-report - what a synchronisation did, or would do, for people to read.
 *
 * Reads results (op-apply) or changes (op-diff), writes text. */
#include "base/idset.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/output.h"
#include "base/program.h"
#include "json/path.h"
#include "record/display.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* What was said of a project the last time to be skipped: batches of events tell
 * of all that is, again and again. */
typedef struct said {
    UT_hash_handle hh; /* by name */
    char *name;        /* owned */
    idset *lines;      /* owned */
} said;

enum { CREATE, UPDATE, ARCHIVE, DELETE, DROP, VERBS };
static const char *const verbs[VERBS] = {"create", "update", "archive", "delete", "drop"};

/* What is known of the project at hand. A zeroed one knows nothing. */
typedef struct report {
    buf name; /* of a plan's project */
    remarks skipped, failed;
    said *said;                   /* hash table */
    long planned[VERBS];          /* changes of a plan */
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

static said *said_of(report *r, const char *name)
{
    said *s;
    HASH_FIND_STR(r->said, name, s);
    if (!s) {
        s = xmalloc(sizeof *s);
        *s = (said){.name = xstrdup(name), .lines = idset_new()};
        HASH_ADD_KEYPTR(hh, r->said, s->name, strlen(s->name), s);
    }
    return s;
}

static void free_said(report *r)
{
    said *s, *next;
    HASH_ITER(hh, r->said, s, next)
    {
        HASH_DELETE(hh, r->said, s);
        idset_free(s->lines);
        free(s->name);
        free(s);
    }
}

/* Take note of what is skipped; of events only what is new is left to be said. */
static void take_skipped(report *r, const char *name, bool events)
{
    said *s = said_of(r, name);
    idset *now = idset_new();
    remarks news = {0};
    for (const char *line = r->skipped.lines.data; line && *line;) {
        size_t len = strcspn(line, "\n") + 1;
        idset_add(now, line, len);
        if (idset_add(s->lines, line, len) || !events) {
            buf_add(&news.lines, line, len);
            news.n++;
        }
        line += len;
    }
    idset_free(s->lines);
    s->lines = now;
    remarks_free(&r->skipped);
    r->skipped = news;
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
    take_skipped(r, name ? name : "?", events);
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
    for (int i = 0; i < VERBS; i++) {
        char what[16];
        snprintf(what, sizeof what, "to %s", verbs[i]);
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

/* Of two objects the keys whose values differ; of anything else the values. */
static void print_field(const char *path, const json *before, const json *after)
{
    buf line = {0};
    buf_adds(&line, "            ");
    display_sanitized(&line, path, strlen(path));
    buf_adds(&line, ": ");
    if (json_is(before, JSON_OBJECT) && json_is(after, JSON_OBJECT) && !json_get(after, "$oid")) {
        size_t start = line.len;
        for (uint32_t i = 0; i < before->len + after->len; i++) {
            bool old = i < before->len;
            const json_member *m = old ? &before->members[i] : &after->members[i - before->len];
            const json *other = json_get(old ? after : before, m->key);
            if (old ? other && json_equal(&m->value, other, NULL) : other != NULL)
                continue;
            buf_adds(&line, line.len > start ? ", " : "");
            display_sanitized(&line, m->key, strlen(m->key));
        }
    } else {
        display_value(&line, before);
        buf_adds(&line, " -> ");
        display_value(&line, after);
    }
    report_line(&line);
}

static int verb_of(const char *operation, const json *updated)
{
    const char *type = json_text(json_get(updated, "type"));
    if (strcmp(operation, "insert") == 0)
        return CREATE;
    if (strcmp(operation, "delete") == 0)
        return DELETE;
    if (strcmp(operation, "drop") == 0)
        return DROP;
    return type && strcmp(type, "archived_asset") == 0 ? ARCHIVE : UPDATE;
}

static void on_change(report *r, const json *record)
{
    const json *entity = json_get(record, "entity");
    const json *coll = json_at(record, "ns", "coll", NULL);
    const json *before = json_get(record, "fullDocumentBeforeChange");
    const json *updated = json_at(record, "updateDescription", "updatedFields", NULL);
    const json *removed = json_at(record, "updateDescription", "removedFields", NULL);
    const char *operation = json_text(json_get(record, "operationType"));
    int verb = verb_of(operation ? operation : "", updated);
    r->planned[verb]++;
    buf line = {0};
    if (!r->name.len) {
        display_text(&r->name, coll, "?");
        printf("%s\n", r->name.data);
    }
    buf_addf(&line, "  %-8s", verbs[verb]);
    if (json_text(json_get(entity, "type"))) {
        display_text(&line, json_get(entity, "type"), "");
        buf_addc(&line, ' ');
    }
    /* The document's name says where a shot is: SQ01_SH010. */
    const json *name = json_at(record, "fullDocument", "name", NULL);
    name = name ? name : json_get(before, "name");
    name = name ? name : json_get(entity, "name");
    display_text(&line, name ? name : coll, "?");
    report_line(&line);
    for (uint32_t i = 0; json_is(updated, JSON_OBJECT) && i < updated->len; i++)
        print_field(updated->members[i].key, path_get(before, updated->members[i].key),
                    &updated->members[i].value);
    for (uint32_t i = 0; json_is(removed, JSON_ARRAY) && i < removed->len; i++)
        if (json_text(&removed->items[i]))
            print_field(removed->items[i].text, path_get(before, removed->items[i].text), NULL);
}

static void on_skipped(report *r, const json *record)
{
    const json *entity = json_get(record, "entity");
    buf line = {0};
    buf_adds(&line, "  skipped ");
    display_entity(&line, entity);
    buf_adds(&line, ": ");
    display_text(&line, json_get(record, "reason"), "no reason given");
    remarks_add(&r->skipped, &line);
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

static void on_record(void *context, const json *record)
{
    report *r = context;
    const char *type = json_text(json_get(record, "type"));
    if (strcmp(type, "Change") == 0 && !r->quiet)
        on_change(r, record);
    else if (strcmp(type, "Skipped") == 0)
        on_skipped(r, record);
    else if (strcmp(type, "Result") == 0)
        on_result(r, record);
    else if (strcmp(type, "Summary") == 0)
        on_summary(r, record);
    else if (strcmp(type, "End") == 0) {
        r->saw_end = true;
        if (r->name.len) /* a plan's; a Summary says more than the End before it */
            print_plan(r);
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
    report r = {.quiet = msg_level() < 0, .verbose = msg_level() > 0};
    int status = report_read(on_record, &r);
    print_plan(&r);
    print_all_notes(&r);
    if (r.saw_end && !r.said_something && !r.quiet)
        puts("nothing to change");
    buf_free(&r.name);
    remarks_free(&r.skipped);
    remarks_free(&r.failed);
    free_said(&r);
    return output_close(status);
}
