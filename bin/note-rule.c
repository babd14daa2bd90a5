/* note-rule - what a publish comments on in Kitsu, and whether that changes the
 * task's status: OpenPype's Integrate Kitsu Note, as its documentation has it.
 *
 * Reads Publish records, writes Comment records; touches nothing. The rule is in
 * lib/publish/rule.c; here are the stream and where the settings come from. */
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "publish/explain.h"
#include "publish/rule.h"
#include "record/ndjson.h"
#include "store/settings.h"
#include "store/store_option.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* The settings of one project, once they were looked at. */
typedef struct project {
    const char *name; /* NULL: of publishes that name none */
    bool good;
    rule_settings settings;
    struct project *next;
} project;

typedef struct ruler {
    const char *config, *store; /* borrowed, or NULL */
    bool explain, openpype;
    ndjson *in;
    settings *settings;
    arena *kept; /* the projects */
    project *projects;
} ruler;

/* ---- settings ----------------------------------------------------------- */

static bool is_store(const char *config)
{
    return strncmp(config, "sqlite:", strlen("sqlite:")) == 0 ||
           strncmp(config, "mongodb:", strlen("mongodb:")) == 0 ||
           strncmp(config, "mongodb+srv:", strlen("mongodb+srv:")) == 0;
}

static bool is_file(const char *config)
{
    return config && !is_store(config);
}

/* False: it failed, which is told, with `*status`. */
static bool load(ruler *r, int *status)
{
    error e;
    const char *file = is_file(r->config) ? r->config : NULL;
    store *s = file ? NULL : store_open(r->config ? r->config : r->store, STORE_READ, 30, &e);
    if (file || s)
        r->settings = r->config ? settings_load_one(file, s, &e) : settings_load(s, &e);
    store_close(s);
    if (!r->settings) {
        msg_error("%s", e.what);
        *status = e.status;
    } else if (file && strcmp(settings_source(r->settings, NULL, RULE_SETTINGS), file) != 0) {
        msg_error("%s: it has no %s", file, RULE_SETTINGS);
        *status = EX_CONFIG;
        return false;
    }
    return r->settings != NULL;
}

/* Where a setting comes from. A list is taken whole, so its path is what counts. */
static const char *source_of(ruler *r, const char *name, const char *path)
{
    const char *source =
        settings_source(r->settings, name, arena_text(r->kept, path, strcspn(path, "[")));
    return source ? source : "settings";
}

typedef struct looking {
    ruler *ruler;
    const char *project;
} looking;

static void on_mistake(void *context, bool fatal, const char *path, const char *what)
{
    looking *l = context;
    const char *source = source_of(l->ruler, l->project, path);
    if (fatal)
        msg_error("%s: %s: %s", source, path, what);
    else
        msg_warn("%s: %s: %s", source, path, what);
}

/* What --explain says: asked for, so that -q takes nothing away. */
__attribute__((format(printf, 2, 3))) static void tell(ruler *r, const char *format, ...)
{
    char line[2048]; /* as long as msg_error's, which cuts between characters */
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (r->explain)
        msg_error("%s", line);
}

static void tell_sources(ruler *r, const char *name)
{
    static const char *const keys[] = {
        ".set_status_note", ".note_status_shortname", ".status_change_conditions.status_conditions",
        ".status_change_conditions.family_requirements", ".custom_comment_template.enabled"};
    tell(r, "settings%s%s:", name ? " of project " : "", name ? name : "");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *path = arena_printf(r->kept, "%s%s", RULE_SETTINGS, keys[i]);
        tell(r, "  %s: from %s", keys[i] + 1, source_of(r, name, path));
    }
}

/* NULL: there are mistakes in them, which are told. */
static const rule_settings *settings_of(ruler *r, const char *name)
{
    project *p = r->projects;
    while (p && (name && p->name ? strcmp(name, p->name) != 0 : name != p->name))
        p = p->next;
    if (!p) {
        looking l = {r, name};
        p = arena_alloc(r->kept, sizeof *p);
        *p = (project){.name = name ? arena_text(r->kept, name, strlen(name)) : NULL,
                       .next = r->projects};
        r->projects = p;
        p->good = rule_settings_read(r->kept, settings_for(r->settings, name), r->openpype,
                                     &p->settings, on_mistake, &l);
        if (p->good)
            tell_sources(r, name);
    }
    return p->good ? &p->settings : NULL;
}

/* ---- records ------------------------------------------------------------ */

static void on_remark(void *context, uint32_t instance, const char *text)
{
    ruler *r = context;
    msg_warn("%s:%lu: instances[%u]: %s", ndjson_name(r->in), ndjson_line_number(r->in), instance,
             text);
}

static void explain(ruler *r, const json *comment)
{
    const json *reasons = json_get(comment, "reasons");
    buf line = {0};
    explain_outcome(&line, comment);
    tell(r, "  %s", line.data);
    for (uint32_t i = 0; i < reasons->len; i++) {
        buf_clear(&line);
        explain_reason(&line, &reasons->items[i]);
        tell(r, "    %s", line.data);
    }
    buf_clear(&line);
    explain_text(&line, comment);
    tell(r, "    %s", line.data);
    buf_free(&line);
}

static void on_instance(ruler *r, rule *n, const json *publish, uint32_t i)
{
    const json *instances = json_get(publish, "instances");
    const char *name = json_text(json_get(&instances->items[i], "name")), *why;
    json comment;
    bool made = rule_comment(n, i, &comment, &why);
    tell(r, "%s:%lu: instances[%u]%s%s%s%s%s", ndjson_name(r->in), ndjson_line_number(r->in), i,
         name ? " \"" : "", name ? name : "", name ? "\"" : "",
         made ? ": a comment" : ": none: ", made ? "" : why);
    if (!made)
        return;
    if (r->explain)
        explain(r, &comment);
    ndjson_write(&comment);
}

/* False: the settings have mistakes. */
static bool on_publish(ruler *r, arena *a, const json *publish)
{
    const char *why, *name = json_text(json_get(publish, "project"));
    bool of_project = name && *name && !is_file(r->config); /* a file is for all */
    const rule_settings *s = settings_of(r, of_project ? name : NULL);
    if (!s)
        return false;
    rule *n = rule_new(a, s, publish, on_remark, r, &why);
    if (!n)
        ndjson_complain(r->in, "%s", why);
    for (uint32_t i = 0; n && i < rule_instances(n); i++)
        on_instance(r, n, publish, i);
    output_flush();
    return true;
}

static int read_stream(ruler *r)
{
    arena *a = arena_new();
    json record;
    int got;
    bool ok = true;
    while (ok && (got = ndjson_next(r->in, a, &record)) == 1) {
        if (strcmp(json_text(json_get(&record, "type")), "Publish") == 0) {
            ok = on_publish(r, a, &record);
        } else {
            size_t len;
            const char *line = ndjson_line(r->in, &len);
            output_write(line, len);
            output_flush();
        }
        arena_reset(a);
    }
    arena_free(a);
    return !ok ? EX_CONFIG : got < 0 ? EX_IOERR : ndjson_bad(r->in) ? 1 : EX_OK;
}

/* A file's mistakes are those of all projects, and told whatever comes. */
static int run(ruler *r)
{
    int status = EX_OK;
    if (!load(r, &status))
        return status;
    if (is_file(r->config) && !settings_of(r, NULL))
        return EX_CONFIG;
    return read_stream(r);
}

static void read_compat(void *context, const char *value)
{
    ruler *r = context;
    if (strcmp(value, "openpype") != 0)
        program_usage_error("--compat: expected \"openpype\", got \"%s\"", value);
    r->openpype = true;
}

static void read_options(ruler *r, int argc, char **argv)
{
    static const program_help help = {
        .usage = "note-rule [OPTION]... < publish > comments",
        .about =
            "Decide for each publish which comments it makes in Kitsu, and whether they change\n"
            "the task's status, by OpenPype's settings of Integrate Kitsu Note. Posts nothing\n"
            "itself: zou-push does.",
        .exit_status = "0 done, 1 a publish could not be used, 64 to 78 see opkitsu(7)."};
    const option_def defs[] = {
        store_option(&r->store),
        {.name = "config",
         .letter = 'c',
         .value = "SETTINGS",
         .help = "a file in the shape of OpenPype's project settings, or a store,\n"
                 "and nothing else (default: all the usual places, opkitsu(7))",
         .text = &r->config},
        {.name = "explain",
         .help = "explain on stderr what was decided, and by which conditions",
         .flag = &r->explain},
        {.name = "compat",
         .value = "openpype",
         .help = "decide as OpenPype's plug-in does, not its documentation",
         .call = read_compat,
         .context = r},
        {0}};
    options_read(&help, defs, argc, argv);
}

int main(int argc, char **argv)
{
    ruler r = {0};
    program_start("note-rule");
    read_options(&r, argc, argv);
    r.kept = arena_new();
    r.in = ndjson_new(STDIN_FILENO, "stdin");
    int status = run(&r);
    ndjson_free(r.in);
    settings_free(r.settings);
    arena_free(r.kept);
    return output_close(status);
}
