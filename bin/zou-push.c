/* zou-push - what OpenPype has, into Kitsu.
 *
 * Reads op-dump's documents, or comments; writes a Result for all that it does
 * there, at once, as what was done must be known even if the next thing never
 * ends; and Change records that link the documents to what was made, for
 * op-apply. */
#include "base/msg.h"
#include "base/output.h"
#include "base/program.h"
#include "base/signals.h"
#include "comment/comment.h"
#include "push/leases.h"
#include "push/stream.h"
#include "record/ndjson.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage[] =
    "usage: zou-push [-nqv] [-s URL] [-d STORE] [-l LOGIN]\n"
    "                [--password-file FILE | --password-command COMMAND]\n"
    "                [--delete] [--max-delete N|N%] [--no-skipped] [--wait SECONDS]\n"
    "                < documents or comments > results, changes\n"
    "\n"
    "Bring into Kitsu what OpenPype has and Kitsu lacks; post comments, with\n"
    "previews and attachments.\n"
    "\n"
    "  -s, --server URL      Kitsu (KITSU_SERVER, else as set in OpenPype's settings)\n"
    "  -d, --store STORE     mongodb://..., mongodb+srv://... or sqlite:PATH\n"
    "                        (OP_STORE, OPENPYPE_MONGO; else sqlite:~/.local/share/opkitsu/op.db)\n"
    "  -n, --dry-run         make nothing; say what would be done\n"
    "      --delete          delete in Kitsu what OpenPype no longer has\n"
    "      --max-delete N    delete at most N entities a project, or N%\n"
    "                        (default: refuses more than 10 that are more than 50%)\n"
    "      --no-skipped      don't say on stderr what is skipped or failed: the records tell\n"
    "      --wait SECONDS    wait so long for another push, or writer (30)\n"
    "  -l, --login LOGIN     who logs in (KITSU_LOGIN)\n"
    "      --password-file FILE        the password is its first line (KITSU_PWD)\n"
    "      --password-command COMMAND  the password is what it prints\n"
    "  -v, --verbose         say more; twice: every request\n"
    "  -q, --quiet           say less, and draw no progress\n"
    "  -h, --help            -V, --version\n";

typedef struct options {
    zou_options zou;
    const char *store; /* borrowed; NULL: the usual one */
    unsigned wait;     /* seconds */
    push push;         /* what it is to do */
} options;

typedef struct pusher {
    options *o;
    zou *zou;
    ndjson *in;
    commenter *commenter;
    bool failed; /* some comment did */
    /* For documents, from the first on: */
    store *store;
    push_lease *lease;
    push_stream *stream;
} pusher;

/* ---- documents ---------------------------------------------------------- */

/* Comments need none of it: a service keeps nobody from publishing. */
static bool open_documents(pusher *p, error *e)
{
    push *what = &p->o->push;
    p->store = store_open(p->o->store, what->dry ? STORE_READ : STORE_WRITE, p->o->wait, e);
    if (!p->store)
        return false;
    if (!what->dry && !(p->lease = push_lease_new(p->store, getenv("OP_LEASE"), p->o->wait, e)))
        return false;
    what->store = p->store;
    what->settings = settings_load(p->store, e);
    if (!what->settings || !project_links_read(&what->links, p->store, NULL, e))
        return false;
    what->hold = p->lease ? push_lease_hold : NULL;
    what->context = p->lease;
    zou_lists_init(&what->shared, p->zou);
    p->stream = push_stream_new(what, p->in);
    return true;
}

static void close_documents(pusher *p)
{
    if (p->stream)
        zou_lists_free(&p->o->push.shared);
    push_stream_free(p->stream);
    settings_free(p->o->push.settings);
    project_links_free(&p->o->push.links);
    push_lease_end(p->lease);
    store_close(p->store);
}

/* ---- records ------------------------------------------------------------ */

static bool on_comment(pusher *p, arena *a, const json *record, error *e)
{
    const char *why;
    if (!comment_valid(record, &why)) {
        ndjson_complain(p->in, "%s", why);
        return true;
    }
    json result;
    bool ok = comment_post(p->commenter, record, a, &result, e);
    ndjson_write(&result);
    output_flush();
    if (strcmp(json_text(json_get(&result, "status")), "failed") == 0) {
        p->failed = true;
        if (ok)
            msg_error("task %s: %s", json_text(json_get(record, "task_id")),
                      json_text(json_get(&result, "message")));
    }
    return ok;
}

/* `a` is where the record is: the stream's arena, once that is there. */
static bool on_record(pusher *p, arena *a, const json *record, error *e)
{
    const char *type = json_text(json_get(record, "type"));
    if (strcmp(type, "Comment") == 0)
        return on_comment(p, a, record, e);
    if (strcmp(type, "Document") == 0)
        return (p->stream || open_documents(p, e)) && push_stream_document(p->stream, record);
    if (p->stream && push_stream_is_end(record))
        return push_stream_end(p->stream, record, e);
    size_t len;
    const char *line = ndjson_line(p->in, &len);
    output_write(line, len);
    output_flush();
    return true;
}

/* ---- main --------------------------------------------------------------- */

static int push_records(pusher *p)
{
    arena *first = arena_new();
    error e;
    json record;
    bool ok = true;
    int got = 1;
    while (ok && !ferror(stdout)) { /* else nobody would hear of what is done */
        arena *a = p->stream ? push_stream_arena(p->stream) : first;
        if (!p->stream)
            arena_reset(first);
        if ((got = ndjson_next(p->in, a, &record)) != 1)
            break;
        ok = on_record(p, a, &record, &e);
    }
    int status = ok ? EX_OK : e.status;
    if (!ok)
        msg_error("%s", e.what);
    else if (got < 0)
        status = EX_IOERR;
    else if ((p->stream && !push_stream_finish(p->stream)) || p->failed || ndjson_bad(p->in) > 0)
        status = 1;
    close_documents(p);
    arena_free(first);
    return status;
}

/* The store is read here for OpenPype's settings only. */
static zou *open_zou(options *o, int *status)
{
    error e;
    o->zou.store = store_open(o->store, STORE_READ, o->wait, &e);
    zou *z = o->zou.store ? zou_open(&o->zou, &e) : NULL;
    if (!z) {
        msg_error("%s", e.what);
        *status = e.status;
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
    pusher p = {.o = o,
                .zou = z,
                .in = ndjson_new(STDIN_FILENO, "stdin"),
                .commenter = commenter_new(z, o->store, o->wait, o->push.dry)};
    status = push_records(&p);
    commenter_free(p.commenter);
    ndjson_free(p.in);
    zou_close(z);
    return status;
}

static void read_options(options *o, int argc, char **argv)
{
    enum { DELETE = 256, MAX_DELETE, NO_SKIPPED, WAIT, PASSWORD_FILE, PASSWORD_COMMAND };
    static const struct option long_options[] = {
        {"server", required_argument, NULL, 's'},
        {"store", required_argument, NULL, 'd'},
        {"dry-run", no_argument, NULL, 'n'},
        {"delete", no_argument, NULL, DELETE},
        {"max-delete", required_argument, NULL, MAX_DELETE},
        {"no-skipped", no_argument, NULL, NO_SKIPPED},
        {"wait", required_argument, NULL, WAIT},
        {"login", required_argument, NULL, 'l'},
        {"password-file", required_argument, NULL, PASSWORD_FILE},
        {"password-command", required_argument, NULL, PASSWORD_COMMAND},
        PROGRAM_LONG_OPTIONS,
        {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "s:d:nl:" PROGRAM_OPTIONS, long_options, NULL)) != -1)
        switch (c) {
        case 's': o->zou.server = optarg; break;
        case 'd': o->store = optarg; break;
        case 'n': o->push.dry = true; break;
        case 'l': o->zou.credentials.login = optarg; break;
        case DELETE: o->push.deletes = true; break;
        case MAX_DELETE: delete_limit_option(&o->push.delete_limit, optarg); break;
        case NO_SKIPPED: o->push.silent = true; break;
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
    options o = {.wait = 30};
    program_start("zou-push");
    read_options(&o, argc, argv);
    signals_end_input();
    int status = output_close(run(&o));
    if (signals_caught())
        raise(signals_caught()); /* its handler is gone: die of it */
    return status;
}
