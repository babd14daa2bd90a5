/* zou-push - what OpenPype has, into Kitsu.
 *
 * Reads Comment records, writes a Result for each, at once: what was posted must
 * be known even if the next one never ends. */
#include "comment.h"
#include "msg.h"
#include "ndjson.h"
#include "program.h"
#include "signals.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage[] =
    "usage: zou-push [-nqv] [-s URL] [-d STORE] [-l LOGIN]\n"
    "                [--password-file FILE | --password-command COMMAND]\n"
    "                [--wait SECONDS] < comments > results\n"
    "Post comments, with previews and attachments, to Kitsu's tasks.\n"
    "\n"
    "  -s, --server URL      Kitsu's address (KITSU_SERVER, OpenPype's settings)\n"
    "  -d, --store STORE     where it is remembered what was posted (OP_STORE, OPENPYPE_MONGO)\n"
    "  -n, --dry-run         write nothing; say what would be done\n"
    "      --wait SECONDS    wait so long for another writer to the store (30)\n"
    "  -l, --login LOGIN     who logs in (KITSU_LOGIN)\n"
    "      --password-file FILE        the password is its first line (KITSU_PWD)\n"
    "      --password-command COMMAND  the password is what it prints\n"
    "  -v, --verbose         say more; twice: every request\n"
    "  -q, --quiet           say less, and draw no progress\n"
    "  -h, --help            print this help\n"
    "  -V, --version         print the version\n";

enum { WAIT = 256, PASSWORD_FILE, PASSWORD_COMMAND };

static const struct option long_options[] = {
    {"server", required_argument, NULL, 's'},
    {"store", required_argument, NULL, 'd'},
    {"dry-run", no_argument, NULL, 'n'},
    {"wait", required_argument, NULL, WAIT},
    {"login", required_argument, NULL, 'l'},
    {"password-file", required_argument, NULL, PASSWORD_FILE},
    {"password-command", required_argument, NULL, PASSWORD_COMMAND},
    PROGRAM_LONG_OPTIONS,
    {0},
};

typedef struct options {
    zou_options zou;
    const char *store; /* borrowed; NULL: the usual one */
    unsigned wait;     /* seconds */
    bool dry;
} options;

/* ---- records ------------------------------------------------------------ */

typedef struct pusher {
    ndjson *in;
    commenter *commenter;
    bool failed; /* some record did */
} pusher;

static bool on_comment(pusher *p, arena *a, const json *record, http_error *e)
{
    const char *why;
    if (!comment_valid(record, &why)) {
        ndjson_complain(p->in, "%s", why);
        return true;
    }
    json result;
    bool ok = comment_post(p->commenter, record, a, &result, e);
    ndjson_write(&result);
    ndjson_flush();
    if (strcmp(json_text(json_get(&result, "status")), "failed") == 0) {
        p->failed = true;
        if (ok)
            msg_error("task %s: %s", json_text(json_get(record, "task_id")),
                      json_text(json_get(&result, "message")));
    }
    return ok;
}

static bool on_record(pusher *p, arena *a, const json *record, http_error *e)
{
    if (strcmp(json_text(json_get(record, "type")), "Comment") == 0)
        return on_comment(p, a, record, e);
    size_t len;
    const char *line = ndjson_line(p->in, &len);
    ndjson_write_raw(line, len);
    ndjson_flush();
    return true;
}

/* ---- main --------------------------------------------------------------- */

static int push_stream(pusher *p)
{
    arena *a = arena_new();
    http_error e;
    json record;
    int got, status = EX_OK;
    while ((got = ndjson_next(p->in, a, &record)) == 1) {
        if (!on_record(p, a, &record, &e)) {
            msg_error("%s", e.what);
            status = e.status;
            break;
        }
        if (ferror(stdout)) /* nobody would hear of what is posted from here on */
            break;
        arena_reset(a);
    }
    if (status == EX_OK && got < 0)
        status = EX_IOERR;
    else if (status == EX_OK && (p->failed || ndjson_bad(p->in) > 0))
        status = 1;
    arena_free(a);
    return status;
}

/* The store is read here for OpenPype's settings only. */
static zou *open_zou(options *o, int *status)
{
    store_error se;
    http_error e;
    o->zou.store = store_open(o->store, STORE_READ, o->wait, &se);
    zou *z = o->zou.store ? zou_open(&o->zou, &e) : NULL;
    if (!z) {
        msg_error("%s", o->zou.store ? e.what : se.what);
        *status = o->zou.store ? e.status : se.status;
    }
    store_close(o->zou.store);
    o->zou.store = NULL;
    return z;
}

static int run(options *o)
{
    int status = EX_OK;
    zou *z = open_zou(o, &status);
    if (!z)
        return status;
    pusher p = {.in = ndjson_new(STDIN_FILENO, "stdin"),
                .commenter = commenter_new(z, o->store, o->wait, o->dry)};
    status = push_stream(&p);
    commenter_free(p.commenter);
    ndjson_free(p.in);
    zou_close(z);
    return status;
}

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.wait = 30};
    int c;
    while ((c = getopt_long(argc, argv, "s:d:nl:" PROGRAM_OPTIONS, long_options, NULL)) != -1)
        switch (c) {
        case 's': o->zou.server = optarg; break;
        case 'd': o->store = optarg; break;
        case 'n': o->dry = true; break;
        case 'l': o->zou.credentials.login = optarg; break;
        case WAIT: o->wait = program_seconds("--wait", optarg); break;
        case PASSWORD_FILE: o->zou.credentials.password_file = optarg; break;
        case PASSWORD_COMMAND: o->zou.credentials.password_command = optarg; break;
        default: program_option(c, usage);
        }
    if (optind < argc)
        program_usage_error("it takes no arguments: '%s'", argv[optind]);
    if (o->zou.credentials.password_file && o->zou.credentials.password_command)
        program_usage_error("--password-file and --password-command: one of them");
}

int main(int argc, char **argv)
{
    options o;
    program_start("zou-push");
    read_options(&o, argc, argv);
    signals_end_input();
    int status = ndjson_close(run(&o));
    if (signals_caught())
        raise(signals_caught()); /* its handler is gone: die of it */
    return status;
}
