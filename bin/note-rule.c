/* note-rule - what a publish comments on in Kitsu, and whether that changes the
 * task's status: OpenPype's Integrate Kitsu Note, as its documentation has it.
 *
 * Reads Publish records, writes Comment records; touches nothing. The rule is in
 * lib/publish/rule.c; here are the stream and where the settings come from. */
#include "base/msg.h"
#include "base/program.h"
#include "publish/explain.h"
#include "publish/rule.h"
#include "record/ndjson.h"
#include "store/settings.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage[] =
    "usage: note-rule [-qv] [-c SETTINGS] [-d STORE] [--explain] [--compat openpype]\n"
    "                 < publish > comments\n"
    "\n"
    "Decide for each publish which comments it makes in Kitsu, and whether they change\n"
    "the task's status, by OpenPype's settings of Integrate Kitsu Note. Posts nothing\n"
    "itself: zou-push does.\n"
    "\n"
    "  -c, --config SETTINGS  a file in the shape of OpenPype's project settings, or a\n"
    "                         store (mongodb://..., mongodb+srv://..., sqlite:PATH), and\n"
    "                         nothing else (default: all the usual places, opkitsu(7))\n"
    "  -d, --store STORE      where OpenPype's settings are, without -c\n"
    "                         (OP_STORE, OPENPYPE_MONGO; else the embedded store)\n"
    "      --explain          say on stderr what was decided, and by which conditions\n"
    "      --compat openpype  decide as OpenPype's plug-in does, not its documentation\n"
    "  -v, --verbose          say more\n"
    "  -q, --quiet            say less\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n"
    "\n"
    "Exit status: 0 done, 1 some publish made no sense, 64 to 78 see opkitsu(7).\n";

/* The settings of one project, once they were looked at. */
typedef struct project {
    const char *name; /* NULL: of publishes that name none */
    bool good;
    note_settings settings;
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
    store_error e;
    const char *file = is_file(r->config) ? r->config : NULL;
    store *s = file ? NULL : store_open(r->config ? r->config : r->store, STORE_READ, 30, &e);
    if (file || s)
        r->settings = r->config ? settings_load_one(file, s, &e) : settings_load(s, &e);
    store_close(s);
    if (!r->settings) {
        msg_error("%s", e.what);
        *status = e.status;
    } else if (file && strcmp(settings_source(r->settings, NULL, NOTE_SETTINGS), file) != 0) {
        msg_error("%s: it has no %s", file, NOTE_SETTINGS);
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
        const char *path = arena_printf(r->kept, "%s%s", NOTE_SETTINGS, keys[i]);
        tell(r, "  %s: from %s", keys[i] + 1, source_of(r, name, path));
    }
}

/* NULL: there are mistakes in them, which are told. */
static const note_settings *settings_of(ruler *r, const char *name)
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
        p->good = note_settings_read(r->kept, settings_for(r->settings, name), r->openpype,
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
    note_words_outcome(&line, comment);
    tell(r, "  %s", line.data);
    for (uint32_t i = 0; i < reasons->len; i++) {
        buf_clear(&line);
        note_words_reason(&line, &reasons->items[i]);
        tell(r, "    %s", line.data);
    }
    buf_clear(&line);
    note_words_text(&line, comment);
    tell(r, "    %s", line.data);
    buf_free(&line);
}

static void on_instance(ruler *r, note *n, const json *publish, uint32_t i)
{
    const json *instances = json_get(publish, "instances");
    const char *name = json_text(json_get(&instances->items[i], "name")), *why;
    json comment;
    bool made = note_comment(n, i, &comment, &why);
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
    const note_settings *s = settings_of(r, of_project ? name : NULL);
    if (!s)
        return false;
    note *n = note_new(a, s, publish, on_remark, r, &why);
    if (!n)
        ndjson_complain(r->in, "%s", why);
    for (uint32_t i = 0; n && i < note_instances(n); i++)
        on_instance(r, n, publish, i);
    ndjson_flush();
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
            ndjson_write_raw(line, len);
            ndjson_flush();
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

/* A store's address may hold a password, which an argument would show to everybody. */
static const char *settings_from_environment(void)
{
    const char *config = getenv("OP_SETTINGS");
    return config && *config ? config : NULL;
}

int main(int argc, char **argv)
{
    enum { EXPLAIN = 256, COMPAT };
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"store", required_argument, NULL, 'd'},
                                            {"explain", no_argument, NULL, EXPLAIN},
                                            {"compat", required_argument, NULL, COMPAT},
                                            PROGRAM_LONG_OPTIONS,
                                            {0}};
    ruler r = {.config = settings_from_environment()};
    program_start("note-rule");
    for (int o; (o = getopt_long(argc, argv, "c:d:" PROGRAM_OPTIONS, options, NULL)) != -1;)
        switch (o) {
        case 'c': r.config = optarg; break;
        case 'd': r.store = optarg; break;
        case EXPLAIN: r.explain = true; break;
        case COMPAT:
            if (strcmp(optarg, "openpype") != 0)
                program_usage_error("--compat knows \"openpype\", not \"%s\"", optarg);
            r.openpype = true;
            break;
        default: program_option(o, usage);
        }
    if (optind < argc)
        program_usage_error("unexpected argument \"%s\"", argv[optind]);
    r.kept = arena_new();
    r.in = ndjson_new(STDIN_FILENO, "stdin");
    int status = run(&r);
    ndjson_free(r.in);
    settings_free(r.settings);
    arena_free(r.kept);
    return ndjson_close(status);
}
