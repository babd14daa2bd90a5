/* sync-supervisor - keep pipelines of the suite up.
 *
 * sync-service and the other scripts say what runs; this starts and ends it. It goes
 * by the name that it was started with, the script's. */
#include "base/msg.h"
#include "base/options.h"
#include "base/program.h"
#include "supervisor/schedule.h"
#include "supervisor/supervisor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>

#define MAX_SECONDS 86400 /* of a time in the environment */

/* ---- words ---------------------------------------------------------------- */

/* The pipelines, by the word that each begins with; "lease:" has no place here. */
static pipeline *find_pipeline(supervision *s, const char *word)
{
    struct {
        const char *word;
        pipeline *pipeline;
    } pipelines[] = {{"run:", &s->run},
                     {"reconcile:", &s->reconcile},
                     {"listen:", &s->listen},
                     {"from-now:", &s->from_now}};
    for (size_t i = 0; i < sizeof pipelines / sizeof *pipelines; i++)
        if (strcmp(word, pipelines[i].word) == 0)
            return pipelines[i].pipeline;
    return NULL;
}

static bool begins_pipeline(supervision *s, const char *word)
{
    return strcmp(word, "lease:") == 0 || find_pipeline(s, word) != NULL;
}

/* The `n` words of the pipeline that `role` names. They are kept, and words[n] becomes
 * NULL. */
static void read_pipeline(supervision *s, const char *role, char **words, size_t n)
{
    pipeline *p = find_pipeline(s, role), parsed;
    if (!pipeline_parse(&parsed, words, n))
        program_usage_error("%s a stage is empty", role);
    if (p ? p->n : s->lease != NULL)
        program_usage_error("%s is given twice", role);
    if (p) {
        *p = parsed;
        return;
    }
    if (parsed.n > 1)
        program_usage_error("%s it is one program", role);
    s->lease = words;
    pipeline_free(&parsed);
}

static void read_words(supervision *s, char **words)
{
    const char *role = *words;
    if (role && !begins_pipeline(s, role))
        program_usage_error("unexpected argument \"%s\"", role);
    while (role) {
        size_t n = 0;
        words++;
        while (words[n] && !begins_pipeline(s, words[n]))
            n++;
        const char *next = words[n];
        read_pipeline(s, role, words, n);
        words += n;
        role = next;
    }
}

static void check_pipelines(const supervision *s)
{
    if (!s->run.n && !s->listen.n)
        program_usage_error("which pipeline? give run: or listen:");
    if (!s->once && !s->listen.n)
        program_usage_error("run: alone is for --once");
    if (!s->once && !s->lease)
        program_usage_error("a service wants lease:");
}

/* ---- main ----------------------------------------------------------------- */

/* The time in the environment; nonsense counts as the default. */
static double seconds_from(const char *name, double usual)
{
    const char *text = getenv(name);
    char *end;
    double seconds = text ? strtod(text, &end) : usual;
    return !text || *end || !(seconds > 0 && seconds <= MAX_SECONDS) ? usual : seconds;
}

static const char *name_of(char **argv)
{
    const char *slash = argv[0] ? strrchr(argv[0], '/') : NULL;
    return slash ? slash + 1 : argv[0] && *argv[0] ? argv[0] : "sync-supervisor";
}

static void read_options(supervision *s, int argc, char **argv)
{
    static const program_help help = {
        .usage = "sync-supervisor [OPTION]... lease: WORD... run: WORD... listen: WORD...\n"
                 "sync-supervisor [OPTION]... lease: WORD... listen: WORD...\n"
                 "sync-supervisor --once [OPTION]... [lease: WORD...] run: WORD...",
        .about =
            "Run the pipelines of sync-service and the other scripts, and start again what fails.\n"
            "Each begins with a word that ends in a colon; \"|\" stands between two programs.",
        .operands = "Pipelines:\n"
                    "  lease:      op-lease, which holds the lease of the database\n"
                    "  run:        runs to its end: a full synchronisation\n"
                    "  reconcile:  instead of run:, when the time of --reconcile is over\n"
                    "  listen:     runs for ever\n"
                    "  from-now:   instead of listen:, if events were missed and there is no run:",
        .has_words = true,
        .exit_status = "that of the most serious stage, see sync-service(1)."};
    unsigned patience = 1;
    const option_def defs[] = {
        {.name = "once",
         .help = "run listen:, if it is given, else run:, and exit",
         .flag = &s->once},
        {.name = "resume", .help = "begin with listen:", .flag = &s->resume},
        {.name = "reconcile",
         .value = "TIME",
         .help = "how often to make a full synchronisation: 90s, 30m,\n24h (the default), 7d, or "
                 "\"off\"",
         .interval = &s->interval},
        {.name = "patience",
         .value = "SECONDS",
         .help = "how long a stage that writes to Kitsu may take to exit\n(default: 1)",
         .seconds = &patience},
        {0}};
    int first = options_read(&help, defs, argc, argv);
    s->patience = patience;
    read_words(s, argv + first);
}

int main(int argc, char **argv)
{
    supervision s = {.interval = DEFAULT_RECONCILE};
    int ended_by;
    supervisor_block_signals();
    program_start(name_of(argv));
    prctl(PR_SET_NAME, msg_program()); /* as ps(1) and pkill(1) know it */
    read_options(&s, argc, argv);
    check_pipelines(&s);
    s.unit = seconds_from("OPKITSU_BACKOFF_SECONDS", 1);
    s.scale = seconds_from("OPKITSU_PATIENCE_SECONDS", 1);
    int status = supervisor_run(&s, &ended_by);
    pipeline_free(&s.run);
    pipeline_free(&s.reconcile);
    pipeline_free(&s.listen);
    pipeline_free(&s.from_now);
    if (ended_by)
        supervisor_die(ended_by);
    return status;
}
