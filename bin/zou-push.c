/* zou-push - bring into Kitsu what OpenPype has.
 *
 * Reads op-dump's documents, writes results, and Change records that link the
 * documents to what was made, for op-apply. */
#include "clock.h"
#include "lease.h"
#include "msg.h"
#include "ndjson.h"
#include "program.h"
#include "push_stream.h"
#include "signals.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage[] =
    "usage: zou-push [-nqv] [-s URL] [-d STORE] [--delete] < documents > results, changes\n"
    "\n"
    "Bring into Kitsu what OpenPype has and Kitsu lacks.\n"
    "\n"
    "  -s, --server URL      Kitsu (KITSU_SERVER, else as set in OpenPype's settings)\n"
    "  -d, --store STORE     mongodb://..., mongodb+srv://... or sqlite:PATH\n"
    "                        (OP_STORE, OPENPYPE_MONGO; else sqlite:~/.local/share/opkitsu/op.db)\n"
    "  -n, --dry-run         make nothing; say what would be done\n"
    "      --delete          delete in Kitsu what OpenPype no longer has\n"
    "      --max-delete N    delete at most N a project, or N%\n"
    "                        (default: refuses more than 10 that are more than 50%)\n"
    "      --no-skipped      don't say on stderr what is skipped or failed: the records tell\n"
    "      --wait SECONDS    wait so long for another writer (30)\n"
    "      --login LOGIN     who logs in (KITSU_LOGIN)\n"
    "      --password-file FILE\n"
    "                        its first line is the password (else KITSU_PWD)\n"
    "      --password-command COMMAND\n"
    "                        what it prints is\n"
    "  -h, --help            -V, --version\n"
    "  -v, --verbose         -q, --quiet\n";

typedef struct options {
    zou_options zou;
    const char *store; /* borrowed; NULL: the environment's */
    unsigned wait;     /* seconds */
    push push;
} options;

/* ---- the lease ------------------------------------------------------------ */

/* Two leases: no two pushes at a time, and the writer's, which the service holds. */
typedef struct holding {
    store *store; /* borrowed */
    lease *push;  /* owned; of its own */
    lease *handed_down;
    unsigned wait;
    double looked; /* by clock_now */
} holding;

/* By hand the writer's lease is op-apply's, at the pipe's other end: only a
 * service's is waited for. */
static lease_outcome see_writer(const holding *h, store_error *e)
{
    char owner[128];
    bool by_service;
    if (h->handed_down)
        return lease_hold_alone(h->handed_down, e);
    if (!lease_held_by_service(h->store, owner, sizeof owner, &by_service, e))
        return LEASE_FAILED;
    if (!by_service)
        return LEASE_HELD;
    e->status = EX_TEMPFAIL;
    snprintf(e->what, sizeof e->what,
             "%s: a service writes to it: %.128s has the lease (see sync-status)",
             store_name(h->store), owner);
    return LEASE_OTHERS;
}

static bool hold_once(const holding *h, store_error *e, lease_outcome *outcome)
{
    *outcome = see_writer(h, e);
    if (*outcome == LEASE_HELD)
        *outcome = lease_hold_alone(h->push, e);
    return *outcome == LEASE_HELD;
}

/* Called often; looks once a second. */
static bool hold(void *context, store_error *e)
{
    holding *h = context;
    lease_outcome outcome;
    if (signals_caught()) {
        e->status = EX_TEMPFAIL;
        snprintf(e->what, sizeof e->what, "ended by a signal");
        return false;
    }
    if (h->looked > 0 && clock_now() - h->looked < 1)
        return true;
    for (double begun = clock_now(); !hold_once(h, e, &outcome);) {
        if (outcome != LEASE_OTHERS || h->looked > 0 || clock_now() - begun > h->wait ||
            signals_caught())
            return false;
        clock_sleep(lease_retry());
    }
    h->looked = clock_now();
    return true;
}

/* ---- the stream ----------------------------------------------------------- */

static int push_documents(push *p)
{
    http_error e = {0};
    ndjson *in = ndjson_new(STDIN_FILENO, "stdin");
    push_stream *s = push_stream_new(p, in);
    bool ok = true;
    int got = 1;
    json record;
    while (ok && (got = ndjson_next(in, push_stream_arena(s), &record)) == 1) {
        const char *type = json_text(json_get(&record, "type"));
        size_t len;
        const char *line = ndjson_line(in, &len);
        if (strcmp(type, "Document") == 0)
            ok = push_stream_document(s, &record);
        else if (strcmp(type, "End") == 0)
            ok = push_stream_end(s, &record, &e);
        else
            ndjson_write_raw(line, len);
    }
    int status = EX_OK;
    if (!ok) {
        msg_error("%s", e.what);
        status = e.status;
    } else if (got < 0) {
        status = EX_IOERR;
    } else if (!push_stream_finish(s) || ndjson_bad(in) > 0) {
        status = 1;
    }
    push_stream_free(s);
    ndjson_free(in);
    return status;
}

static int run(options *o)
{
    static const bool none[KINDS] = {false};
    store_error se = {0};
    http_error e = {0};
    const char *handed_down = getenv("OP_LEASE");
    zou *z = NULL;
    int status = EX_OK;
    holding h = {.wait = o->wait};
    h.store = store_open(o->store, o->push.dry ? STORE_READ : STORE_WRITE, o->wait, &se);
    o->zou.store = o->push.store = h.store;
    if (!h.store || !(o->push.settings = settings_load(h.store, &se))) {
        msg_error("%s", se.what);
        status = se.status;
        goto out;
    }
    if (!o->push.dry) {
        h.push = lease_new_named(h.store, "push");
        if (handed_down && *handed_down &&
            !(h.handed_down = lease_handed_down(h.store, handed_down))) {
            msg_error("OP_LEASE is not OWNER:TERM: \"%.100s\"", handed_down);
            status = EX_CONFIG;
            goto out;
        }
        o->push.hold = hold;
        o->push.context = &h;
    }
    if (!(z = zou_open(&o->zou, &e))) {
        msg_error("%s", e.what);
        status = e.status;
        goto out;
    }
    fetch_shared_init(&o->push.shared, z, none);
    status = push_documents(&o->push);
    fetch_shared_free(&o->push.shared);
    if (h.push && !lease_give_back(h.push, &se))
        msg_warn("%s", se.what);
out:
    zou_close(z);
    lease_free(h.push);
    lease_free(h.handed_down);
    settings_free(o->push.settings);
    store_close(h.store);
    return status;
}

static void parse_max_delete(push *p, const char *text)
{
    char *end;
    errno = 0;
    p->guard = strtol(text, &end, 10);
    p->guard_percent = *end == '%';
    if (end == text || errno || p->guard < 0 || end[p->guard_percent] ||
        (p->guard_percent && p->guard > 100))
        program_usage_error("--max-delete wants a number, or a percentage up to 100%%: \"%s\"",
                            text);
    p->explicit_guard = true;
}

int main(int argc, char **argv)
{
    enum { DELETE = 256, MAX_DELETE, NO_SKIPPED, WAIT, LOGIN, PASSWORD_FILE, PASSWORD_COMMAND };
    static const struct option long_options[] = {
        {"server", required_argument, NULL, 's'},
        {"store", required_argument, NULL, 'd'},
        {"dry-run", no_argument, NULL, 'n'},
        {"delete", no_argument, NULL, DELETE},
        {"max-delete", required_argument, NULL, MAX_DELETE},
        {"no-skipped", no_argument, NULL, NO_SKIPPED},
        {"wait", required_argument, NULL, WAIT},
        {"login", required_argument, NULL, LOGIN},
        {"password-file", required_argument, NULL, PASSWORD_FILE},
        {"password-command", required_argument, NULL, PASSWORD_COMMAND},
        PROGRAM_LONG_OPTIONS,
        {NULL, 0, NULL, 0}};
    options o = {.wait = 30};
    program_start("zou-push");
    for (int c; (c = getopt_long(argc, argv, "s:d:n" PROGRAM_OPTIONS, long_options, NULL)) != -1;)
        switch (c) {
        case 's': o.zou.server = optarg; break;
        case 'd': o.store = optarg; break;
        case 'n': o.push.dry = true; break;
        case DELETE: o.push.deletes = true; break;
        case MAX_DELETE: parse_max_delete(&o.push, optarg); break;
        case NO_SKIPPED: o.push.silent = true; break;
        case WAIT: o.wait = program_seconds("--wait", optarg); break;
        case LOGIN: o.zou.credentials.login = optarg; break;
        case PASSWORD_FILE: o.zou.credentials.password_file = optarg; break;
        case PASSWORD_COMMAND: o.zou.credentials.password_command = optarg; break;
        default: program_option(c, usage);
        }
    if (optind < argc)
        program_usage_error("it takes no arguments: '%s'", argv[optind]);
    signals_end_input();
    int status = ndjson_close(run(&o));
    if (signals_caught())
        raise(signals_caught());
    return status;
}
