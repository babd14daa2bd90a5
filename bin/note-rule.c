/* note-rule - the comments that a publish makes in Kitsu, and whether they change the
 * task's status: OpenPype's Integrate Kitsu Note, as its documentation says.
 *
 * Reads Publish records, writes Comment records; changes nothing. */
#include "base/confine.h"
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "publish/explain.h"
#include "publish/project_rules.h"
#include "publish/rule.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "store/store_option.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

typedef struct ruler {
    const char *config, *store; /* borrowed, or NULL */
    bool explain, openpype;
    ndjson *in;
    project_rules *rules;
} ruler;

/* ---- --explain ---------------------------------------------------------- */

/* Asked for, so -q does not silence it. */
__attribute__((format(printf, 2, 3))) static void say(const ruler *r, const char *format, ...)
{
    char line[2048]; /* as long as msg_error's, which cuts between characters */
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (r->explain)
        msg_error("%s", line);
}

static void explain_sources(ruler *r, const char *project)
{
    static const char *const paths[] = {
        RULE_SETTINGS ".set_status_note", RULE_SETTINGS ".note_status_shortname",
        RULE_SETTINGS ".status_change_conditions.status_conditions",
        RULE_SETTINGS ".status_change_conditions.family_requirements",
        RULE_SETTINGS ".custom_comment_template.enabled"};
    bool named = project && !project_rules_are_shared(r->rules);
    say(r, "settings%s%s:", named ? " of project " : "", named ? project : "");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        say(r, "  %s: from %s", paths[i] + strlen(RULE_SETTINGS) + 1,
            project_rules_source(r->rules, project, paths[i]));
    say(r, "  " SCOPE_SETTINGS ".without_review: from %s",
        project_rules_source(r->rules, project, SCOPE_SETTINGS ".without_review"));
}

static void explain_comment(const ruler *r, const json *comment)
{
    const json *reasons = json_get(comment, "reasons");
    buf line = {0};
    explain_outcome(&line, comment);
    say(r, "  %s", line.data);
    for (uint32_t i = 0; i < reasons->len; i++) {
        buf_clear(&line);
        explain_reason(&line, &reasons->items[i]);
        say(r, "    %s", line.data);
    }
    buf_clear(&line);
    explain_text(&line, comment);
    say(r, "    %s", line.data);
    buf_free(&line);
}

/* ---- records ------------------------------------------------------------ */

static void on_remark(void *context, uint32_t instance, const char *text)
{
    ruler *r = context;
    msg_warn("%s:%lu: instances[%u]: %s", ndjson_name(r->in), ndjson_line_number(r->in), instance,
             text);
}

static void on_instance(ruler *r, rule *of, const json *publish, uint32_t i)
{
    const json *instances = json_get(publish, "instances");
    const char *name = json_text(json_get(&instances->items[i], "name")), *why;
    json comment;
    bool made = rule_comment(of, i, &comment, &why);
    say(r, "%s:%lu: instances[%u]%s%s%s: %s%s", ndjson_name(r->in), ndjson_line_number(r->in), i,
        name ? " \"" : "", name ? name : "", name ? "\"" : "",
        made ? "a comment" : "no comment: ", made ? "" : why);
    if (!made)
        return;
    if (r->explain)
        explain_comment(r, &comment);
    ndjson_write(&comment);
}

/* NULL: the project's settings have mistakes. */
static const rule_settings *settings_of(ruler *r, const char *project)
{
    bool fresh;
    const rule_settings *s = project_rules_get(r->rules, project, &fresh);
    if (s && fresh)
        explain_sources(r, project);
    return s;
}

/* False: the settings have mistakes. */
static bool on_publish(ruler *r, arena *a, const json *publish)
{
    const char *why, *project = json_text(json_get(publish, "project"));
    const rule_settings *s = settings_of(r, project && *project ? project : NULL);
    if (!s)
        return false;
    rule *of = rule_new(a, s, publish, on_remark, r, &why);
    if (!of)
        ndjson_complain(r->in, "%s", why);
    for (uint32_t i = 0; of && i < rule_instances(of); i++)
        on_instance(r, of, publish, i);
    return true;
}

static void pass_on(const ndjson *in)
{
    size_t len;
    const char *line = ndjson_line(in, &len);
    output_write(line, len);
}

static int read_stream(ruler *r)
{
    arena *a = arena_new();
    json record;
    int got = 0;
    bool valid = true;
    while (valid && (got = ndjson_next(r->in, a, &record)) == 1) {
        if (record_type_of(&record) == RECORD_PUBLISH)
            valid = on_publish(r, a, &record);
        else
            pass_on(r->in);
        output_flush();
        arena_reset(a);
    }
    arena_free(a);
    return !valid ? EX_CONFIG : got < 0 ? EX_IOERR : ndjson_bad(r->in) ? 1 : EX_OK;
}

static int run(ruler *r)
{
    error e;
    r->rules = project_rules_load(r->config, r->store, r->openpype, &e);
    if (!r->rules || !confine_wholly(&e)) {
        msg_error("%s", e.what);
        return e.status;
    }
    /* A file's mistakes concern every project: they are reported even without input. */
    if (project_rules_are_shared(r->rules) && !settings_of(r, NULL))
        return EX_CONFIG;
    return read_stream(r);
}

/* A store's address may hold a password, which an argument would show to everybody. */
static const char *settings_from_environment(void)
{
    const char *config = getenv("OP_SETTINGS");
    return config && *config ? config : NULL;
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
        openpype_version_option(),
        {.name = "config",
         .letter = 'c',
         .value = "SETTINGS",
         .bytes = true,
         .help = "use only these settings: a file in the shape of OpenPype's\n"
                 "project settings, or a store (default: all of opkitsu(7))",
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
    ruler r = {.config = settings_from_environment()};
    program_start("note-rule");
    read_options(&r, argc, argv);
    r.in = ndjson_new(STDIN_FILENO, "stdin");
    int status = run(&r);
    ndjson_free(r.in);
    project_rules_free(r.rules);
    return output_close(status);
}
