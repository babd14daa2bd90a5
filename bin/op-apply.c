/* op-apply - carry out changes in OpenPype's database.
 *
 * Reads Change records, writes Result records. The store is finished with
 * before anything else: a reader of stdout that goes away, or a signal, does
 * not leave half of what was read. */
#include "apply.h"
#include "msg.h"
#include "ndjson.h"
#include "program.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage[] =
    "usage: op-apply [-nqv] [-d STORE] [--wait SECONDS] < changes > results\n"
    "\n"
    "Carry out the changes that op-diff has planned.\n"
    "\n"
    "  -d, --store STORE   mongodb://..., mongodb+srv://... or sqlite:PATH\n"
    "                      (OP_STORE, OPENPYPE_MONGO; else sqlite:~/.local/share/opkitsu/op.db)\n"
    "  -n, --dry-run       write nothing; say what would be done\n"
    "      --wait SECONDS  wait so long for another writer (30)\n"
    "  -h, --help          -V, --version\n"
    "  -v, --verbose       -q, --quiet\n";

typedef struct options {
    const char *store; /* borrowed; NULL: the environment's */
    bool dry;
    unsigned wait; /* seconds */
} options;

/* ---- signals ------------------------------------------------------------ */

static volatile sig_atomic_t caught;
static int nothing = -1; /* /dev/null */

/* The end of the input comes early: whoever reads it, or sleeps in doing so,
 * sees just that, and finishes. A second signal kills. */
static void end_input(int number)
{
    int error = errno;
    caught = number;
    dup2(nothing, STDIN_FILENO);
    errno = error;
}

static void catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct sigaction action = {.sa_handler = end_input, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction old;
        sigaction(numbers[i], NULL, &old);
        if (old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file over its limit is an error of the store's */
}

/* ---- records ------------------------------------------------------------ */

static bool on_change(apply *p, ndjson *in, arena *a, const json *record, store_error *e)
{
    change c;
    change_error why;
    size_t size;
    ndjson_line(in, &size);
    if (change_read(a, record, &c, &why))
        return apply_change(p, &c, size, e);
    ndjson_complain(in, "%s", why.what);
    return true;
}

static bool on_end(apply *p, ndjson *in, const json *record, store_error *e)
{
    const char *project_id = json_text(json_get(record, "project_id"));
    const char *scope = json_text(json_get(record, "scope"));
    if (project_id)
        return apply_end(p, project_id, scope && strcmp(scope, "full") == 0, e);
    ndjson_complain(in, "an End without a \"project_id\"");
    return true;
}

static bool on_checkpoint(apply *p, ndjson *in, const json *record, store_error *e)
{
    if (state_checkpoint_valid(record))
        return apply_checkpoint(p, record, e);
    ndjson_complain(in,
                    "a Checkpoint without \"server\", \"projects\", \"created_at\" and \"ids\"");
    return true;
}

static bool on_record(apply *p, ndjson *in, arena *a, const json *record, store_error *e)
{
    const char *type = json_text(json_get(record, "type"));
    if (strcmp(type, "Change") == 0)
        return on_change(p, in, a, record, e);
    if (strcmp(type, "End") == 0)
        return on_end(p, in, record, e);
    if (strcmp(type, "Checkpoint") == 0)
        return on_checkpoint(p, in, record, e);
    if (strcmp(type, "Skipped") == 0)
        apply_skipped(p, record);
    size_t len;
    const char *line = ndjson_line(in, &len);
    apply_pass(p, line, len);
    return true;
}

/* ---- main --------------------------------------------------------------- */

static int run(const options *o)
{
    store_error e = {0};
    store *s = store_open(o->store, o->dry ? STORE_READ : STORE_WRITE, o->wait, &e);
    if (!s) {
        msg_error("%s", e.what);
        return e.status;
    }
    ndjson *in = ndjson_new(STDIN_FILENO, "stdin");
    apply *p = apply_new(s, o->dry);
    bool ok = true;
    int got;
    json record;
    arena *a;
    while (ok && (got = ndjson_next(in, a = apply_arena(p), &record)) == 1)
        ok = on_record(p, in, a, &record, &e);
    ok = ok && apply_finish(p, &e);
    msg_progress(NULL);
    int status = ok ? apply_status(p) : e.status;
    if (!ok)
        msg_error("%s", e.what);
    else if (status == EX_TEMPFAIL)
        msg_error("conflicts: the checkpoint was not stored; start again from the last one");
    else if (got < 0)
        status = EX_IOERR;
    else if (status == 0 && ndjson_bad(in) > 0)
        status = 1;
    apply_free(p);
    ndjson_free(in);
    store_close(s);
    return status;
}

static unsigned read_seconds(const char *text)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (errno || end == text || *end || n < 0 || n > 1000000)
        program_usage_error("--wait wants a number of seconds, not '%s'", text);
    return (unsigned)n;
}

int main(int argc, char **argv)
{
    enum { WAIT = 256 };
    static const struct option long_options[] = {{"store", required_argument, NULL, 'd'},
                                                 {"dry-run", no_argument, NULL, 'n'},
                                                 {"wait", required_argument, NULL, WAIT},
                                                 PROGRAM_LONG_OPTIONS,
                                                 {NULL, 0, NULL, 0}};
    options o = {.wait = 30};
    program_start("op-apply");
    for (int c; (c = getopt_long(argc, argv, "d:n" PROGRAM_OPTIONS, long_options, NULL)) != -1;)
        switch (c) {
        case 'd': o.store = optarg; break;
        case 'n': o.dry = true; break;
        case WAIT: o.wait = read_seconds(optarg); break;
        default: program_option(c, usage);
        }
    if (optind < argc)
        program_usage_error("it takes no arguments: '%s'", argv[optind]);
    catch_signals();
    int status = ndjson_close(run(&o));
    if (caught)
        raise(caught); /* its handler is gone: die of it */
    return status;
}
