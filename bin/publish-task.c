/* publish-task - which tasks of Kitsu's a publish of OpenPype's is about.
 *
 * Reads Publish records, or makes one of its options, and writes them with the tasks,
 * their present status and the statuses that they can get: all that note-rule, which
 * asks nobody, needs to know. */
#include "base/mem.h"
#include "base/msg.h"
#include "base/output.h"
#include "base/program.h"
#include "publish/complete.h"
#include "record/ndjson.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage[] =
    "usage: publish-task [-qv] [-s URL] [-d STORE] [-l LOGIN]\n"
    "                    [--password-file FILE | --password-command COMMAND]\n"
    "                    < publish > publish\n"
    "       publish-task [OPTION]... -P PROJECT -a ASSET -t TASK [--family FAMILY]...\n"
    "                    [--comment TEXT] [--publish-version N] [--name NAME]\n"
    "                    [--unpublished] [--id ID] [FILE]... > publish\n"
    "\n"
    "Find the tasks in Kitsu that a publish is about, their status, and those that\n"
    "they can get. Asks Kitsu, and changes nothing.\n"
    "\n"
    "  -P, --project PROJECT the project, by its name in OpenPype, ...\n"
    "  -a, --asset ASSET     ... the asset or shot, ...\n"
    "  -t, --task TASK       ... and its task; without these, publishes are read\n"
    "      --family FAMILY   a family that was published, the reviewed one first (review)\n"
    "      --comment TEXT    the comment\n"
    "      --publish-version N   the version that was published\n"
    "      --name NAME       the instance's name\n"
    "      --unpublished     nothing was really published\n"
    "      --id ID           the publish's; else made of all of these\n"
    "  -s, --server URL      Kitsu (KITSU_SERVER, else as set in OpenPype's settings)\n"
    "  -d, --store STORE     mongodb://..., mongodb+srv://... or sqlite:PATH\n"
    "                        (OP_STORE, OPENPYPE_MONGO; else sqlite:~/.local/share/opkitsu/op.db)\n"
    "  -l, --login LOGIN     who logs in (KITSU_LOGIN)\n"
    "      --password-file FILE        the password is its first line (KITSU_PWD)\n"
    "      --password-command COMMAND  the password is what it prints\n"
    "  -v, --verbose         say more; twice: every request\n"
    "  -q, --quiet           say less\n"
    "  -h, --help            -V, --version\n"
    "\n"
    "Each FILE becomes a preview of the comment.\n";

typedef struct options {
    zou_options zou;
    const char *store; /* borrowed; NULL: the usual one */
    publish_options publish;
    bool some; /* options of a publish were given */
} options;

typedef struct finder {
    publish_tasks *tasks;
    ndjson *in; /* NULL: the record was made of options */
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

static bool on_publish(finder *f, arena *a, const json *record, error *e)
{
    json out;
    if (!publish_complete(f->tasks, record, a, complain, f, &out, e))
        return false;
    if (!json_is_null(&out))
        ndjson_write(&out);
    output_flush();
    return true;
}

static bool on_record(finder *f, arena *a, const json *record, error *e)
{
    size_t len;
    if (strcmp(json_text(json_get(record, "type")), "Publish") == 0)
        return on_publish(f, a, record, e);
    const char *line = ndjson_line(f->in, &len);
    output_write(line, len);
    output_flush();
    return true;
}

/* ---- main ------------------------------------------------------------------- */

static int find_all(finder *f, const options *o)
{
    arena *a = arena_new();
    error e;
    json record;
    bool ok = true;
    int got = 0;
    if (o->some) {
        record = publish_of_options(a, &o->publish);
        ok = on_publish(f, a, &record, &e);
    } else {
        f->in = ndjson_new(STDIN_FILENO, "stdin");
        while (ok && !ferror(stdout) && (got = ndjson_next(f->in, a, &record)) == 1) {
            ok = on_record(f, a, &record, &e);
            arena_reset(a);
        }
    }
    int status = !ok                                             ? e.status
                 : got < 0                                       ? EX_IOERR
                 : f->failed || (f->in && ndjson_bad(f->in) > 0) ? 1
                                                                 : EX_OK;
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
        finder f = {.tasks = publish_tasks_new(z, s)};
        status = find_all(&f, o);
        publish_tasks_free(f.tasks);
    } else {
        status = e.status;
        msg_error("%s", e.what);
    }
    zou_close(z);
    store_close(s);
    return status;
}

static void check_options(options *o, int argc, char **argv)
{
    publish_options *p = &o->publish;
    const char *given[] = {p->project, p->asset, p->task_name};
    static const char *const names[] = {"-P", "-a", "-t"};
    p->files = (const char *const *)argv + optind;
    p->n_files = (size_t)(argc - optind);
    o->some |= p->n_files > 0;
    for (size_t i = 0; o->some && i < 3; i++)
        if (!given[i] || !*given[i])
            program_usage_error("a publish is made of -P, -a and -t: %s is missing", names[i]);
    if (o->zou.credentials.password_file && o->zou.credentials.password_command)
        program_usage_error("--password-file and --password-command: one of them");
    for (size_t i = 0; i < p->n_files; i++)
        if (!*p->files[i])
            program_usage_error("a FILE without a name");
    if (p->id && !*p->id)
        program_usage_error("--id is empty");
}

static int64_t version_of(const char *text)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno || end == text || *end || n < 0)
        program_usage_error("--publish-version wants a number, not '%s'", text);
    return n;
}

static void read_options(options *o, const char **families, int argc, char **argv)
{
    enum { FAMILY = 256, COMMENT, VERSION, NAME, UNPUBLISHED, ID, PASSWORD_FILE, PASSWORD_COMMAND };
    static const struct option long_options[] = {
        {"project", required_argument, NULL, 'P'},
        {"asset", required_argument, NULL, 'a'},
        {"task", required_argument, NULL, 't'},
        {"family", required_argument, NULL, FAMILY},
        {"comment", required_argument, NULL, COMMENT},
        {"publish-version", required_argument, NULL, VERSION},
        {"name", required_argument, NULL, NAME},
        {"unpublished", no_argument, NULL, UNPUBLISHED},
        {"id", required_argument, NULL, ID},
        {"server", required_argument, NULL, 's'},
        {"store", required_argument, NULL, 'd'},
        {"login", required_argument, NULL, 'l'},
        {"password-file", required_argument, NULL, PASSWORD_FILE},
        {"password-command", required_argument, NULL, PASSWORD_COMMAND},
        PROGRAM_LONG_OPTIONS,
        {NULL, 0, NULL, 0}};
    publish_options *p = &o->publish;
    int c;
    while ((c = getopt_long(argc, argv, "P:a:t:s:d:l:" PROGRAM_OPTIONS, long_options, NULL)) !=
           -1) {
        o->some |= strchr("Pat", c) || (c >= FAMILY && c <= ID);
        switch (c) {
        case 'P': p->project = optarg; break;
        case 'a': p->asset = optarg; break;
        case 't': p->task_name = optarg; break;
        case FAMILY: families[p->n_families++] = optarg; break;
        case COMMENT: p->comment = optarg; break;
        case VERSION:
            p->version = version_of(optarg);
            p->versioned = true;
            break;
        case NAME: p->name = optarg; break;
        case UNPUBLISHED: p->unpublished = true; break;
        case ID: p->id = optarg; break;
        case 's': o->zou.server = optarg; break;
        case 'd': o->store = optarg; break;
        case 'l': o->zou.credentials.login = optarg; break;
        case PASSWORD_FILE: o->zou.credentials.password_file = optarg; break;
        case PASSWORD_COMMAND: o->zou.credentials.password_command = optarg; break;
        default: program_option(c, usage);
        }
    }
    p->families = families;
    check_options(o, argc, argv);
}

int main(int argc, char **argv)
{
    options o = {0};
    const char **families = xmalloc((size_t)argc * sizeof *families + 1);
    program_start("publish-task");
    read_options(&o, families, argc, argv);
    int status = run(&o);
    free(families);
    return output_close(status);
}
