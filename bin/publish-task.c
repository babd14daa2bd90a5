/* publish-task - find the tasks in Kitsu that a publish belongs to.
 *
 * Reads Publish records, or makes one from its options, and writes them with the tasks,
 * their present status and the statuses that they can get: all that note-rule needs. */
#include "base/mem.h"
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "base/utf8.h"
#include "publish/complete.h"
#include "publish/project_rules.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "zou/kitsu_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

typedef struct options {
    zou_options zou;
    const char *store; /* borrowed; NULL: the usual one */
    publish_options publish;
    option_list families; /* owned */
    bool some;            /* options of a publish were given */
} options;

typedef struct finder {
    publish_tasks *tasks;
    project_rules *rules; /* NULL: the settings cannot be read, as note-rule will say */
    ndjson *in;           /* NULL: the record is made from options */
    bool failed;
} finder;

static void complain(void *context, const char *text)
{
    finder *f = context;
    f->failed = true;
    if (f->in)
        ndjson_complain(f->in, "%s", text);
    else
        msg_error("%s", text);
}

static publish_scope scope_of(const finder *f, const json *record)
{
    if (!f->rules)
        return (publish_scope){0};
    return project_rules_scope(f->rules, json_text(json_get(record, "project")));
}

static bool on_publish(finder *f, arena *a, const json *record, error *e)
{
    json out;
    publish_scope scope = scope_of(f, record);
    if (!publish_complete(f->tasks, &scope, record, a, complain, f, &out, e))
        return false;
    /* The project that its task told has settings of its own, which note-rule follows. */
    const json found = out;
    publish_scope now = json_is_null(&found) ? scope : scope_of(f, &found);
    if (!publish_scope_is_same(&scope, &now) &&
        !publish_complete(f->tasks, &now, &found, a, complain, f, &out, e))
        return false;
    if (!json_is_null(&out))
        ndjson_write(&out);
    return true;
}

static void pass_on(const ndjson *in)
{
    size_t len;
    const char *line = ndjson_line(in, &len);
    output_write(line, len);
}

/* `*got`: what ndjson_next gave last. False: nothing more will work, `*e`. */
static bool read_stream(finder *f, arena *a, int *got, error *e)
{
    json record;
    bool ok = true;
    while (ok && !ferror(stdout) && (*got = ndjson_next(f->in, a, &record)) == 1) {
        if (record_type_of(&record) == RECORD_PUBLISH)
            ok = on_publish(f, a, &record, e);
        else
            pass_on(f->in);
        output_flush();
        arena_reset(a);
    }
    return ok;
}

/* ---- main ------------------------------------------------------------------- */

static int find_all(finder *f, const options *o)
{
    arena *a = arena_new();
    error e;
    bool ok;
    int got = 0;
    if (o->some) {
        json record = publish_of_options(a, &o->publish);
        ok = on_publish(f, a, &record, &e);
    } else {
        f->in = ndjson_new(STDIN_FILENO, "stdin");
        ok = read_stream(f, a, &got, &e);
    }
    bool failed = f->failed || (f->in && ndjson_bad(f->in) > 0);
    int status = !ok ? e.status : got < 0 ? EX_IOERR : failed ? 1 : EX_OK;
    if (!ok)
        msg_error("%s", e.what);
    ndjson_free(f->in);
    arena_free(a);
    return status;
}

static int run(options *o)
{
    error e;
    int status = EX_OK;
    store *s = store_open(o->store, STORE_READ, 5, &e);
    o->zou.store = s;
    zou *z = s ? zou_open(&o->zou, &e) : NULL;
    if (z) {
        const char *config = getenv("OP_SETTINGS");
        finder f = {.tasks = publish_tasks_new(z, s),
                    .rules =
                        project_rules_load(config && *config ? config : NULL, o->store, false, &e)};
        /* Of the published files only the names are looked at, which is not confined. */
        if (zou_confine(z, s, false, &e)) {
            status = find_all(&f, o);
        } else {
            status = e.status;
            msg_error("%s", e.what);
        }
        project_rules_free(f.rules);
        publish_tasks_free(f.tasks);
    } else {
        status = e.status;
        msg_error("%s", e.what);
    }
    zou_close(z);
    store_close(s);
    return status;
}

static void read_version(void *context, const char *value)
{
    publish_options *p = context;
    char *end;
    errno = 0;
    p->version = strtoll(value, &end, 10);
    if (errno || end == value || *end || p->version < 0)
        program_usage_error("--publish-version: expected a number, got \"%s\"", value);
    p->versioned = true;
}

static void check_options(options *o)
{
    const publish_options *p = &o->publish;
    const char *given[] = {p->project, p->asset, p->task_name};
    static const char *const names[] = {"-P", "-a", "-t"};
    o->some = p->project || p->asset || p->task_name || p->n_families || p->comment ||
              p->versioned || p->name || p->unpublished || p->id || p->n_files;
    for (size_t i = 0; o->some && i < 3; i++)
        if (!given[i] || !*given[i])
            program_usage_error("a publish needs -P, -a and -t: %s is missing", names[i]);
    kitsu_options_check(&o->zou);
    for (size_t i = 0; i < p->n_files; i++)
        if (!*p->files[i])
            program_usage_error("a FILE without a name");
        else if (!utf8_is_whole(p->files[i]))
            program_usage_error("%s: a name that is not UTF-8, which Kitsu cannot have",
                                p->files[i]);
    if (p->id && !*p->id)
        program_usage_error("--id is empty");
}

static void read_options(options *o, int argc, char **argv)
{
    static const program_help help = {
        .usage = "publish-task [OPTION]... < publish > publish\n"
                 "publish-task [OPTION]... -P NAME -a ASSET -t TASK [FILE]... > publish",
        .about = "Find the tasks in Kitsu that a publish is about, their present status, and the\n"
                 "statuses that they can get. Asks Kitsu, and changes nothing.",
        .operands = "Each FILE becomes a preview of the comment.",
        .verbose = "print more messages; twice: every request",
        .exit_status = "0 done, 1 a task was not found or a line was bad, 64 to 78 see\n"
                       "opkitsu(7)."};
    publish_options *p = &o->publish;
    kitsu_option_rows kitsu;
    const option_def defs[] = {
        kitsu_options(&kitsu, &o->zou, &o->store),
        {.name = "project",
         .letter = 'P',
         .value = "NAME",
         .help = "the project, by its name in OpenPype, ...",
         .text = &p->project},
        {.name = "asset",
         .letter = 'a',
         .value = "ASSET",
         .help = "... the asset or shot, ...",
         .text = &p->asset},
        {.name = "task",
         .letter = 't',
         .value = "TASK",
         .help = "... and its task; without these, publishes are read from stdin",
         .text = &p->task_name},
        {.name = "family",
         .value = "FAMILY",
         .help = "a published family, the one to review first\n(default: review); may be repeated",
         .list = &o->families},
        {.name = "comment", .value = "TEXT", .help = "the comment", .text = &p->comment},
        {.name = "publish-version",
         .value = "N",
         .help = "the published version",
         .call = read_version,
         .context = p},
        {.name = "name", .value = "NAME", .help = "the instance's name", .text = &p->name},
        {.name = "unpublished", .help = "nothing was really published", .flag = &p->unpublished},
        {.name = "id",
         .value = "ID",
         .help = "the publish's id (default: made from all of these)",
         .text = &p->id},
        {0}};
    int first = options_read(&help, defs, argc, argv);
    p->families = o->families.items;
    p->n_families = o->families.n;
    p->files = (const char *const *)argv + first;
    p->n_files = (size_t)(argc - first);
    check_options(o);
}

int main(int argc, char **argv)
{
    options o = {0};
    program_start("publish-task");
    read_options(&o, argc, argv);
    int status = run(&o);
    option_list_free(&o.families);
    return output_close(status);
}
