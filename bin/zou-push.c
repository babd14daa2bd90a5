/* zou-push - pushes OpenPype's documents, and comments, to Kitsu.
 *
 * Reads op-dump's documents, or comments. Writes a Result for each thing that it does in
 * Kitsu, at once, so that it is known even if the next one never ends; and Change
 * records that link the documents to what was made, for op-apply. */
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "base/signals.h"
#include "comment/comment.h"
#include "push/leases.h"
#include "push/stream.h"
#include "record/end.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "record/result.h"
#include "zou/kitsu_options.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

typedef struct options {
    zou_options zou;
    const char *store; /* borrowed; NULL: the usual one */
    unsigned wait;     /* seconds */
    push_context push; /* what to do with documents */
} options;

typedef struct pusher {
    options *o;
    zou *zou;
    ndjson *in;
    commenter *commenter;
    bool failed; /* a comment did */
    /* For documents; NULL until the first one: */
    store *store;
    push_lease *lease;
    push_stream *stream;
} pusher;

/* ---- documents ---------------------------------------------------------- */

/* Comments need none of this: they are posted even while a service holds the lease. */
static bool open_documents(pusher *p, error *e)
{
    push_context *what = &p->o->push;
    p->store = store_open(p->o->store, what->dry ? STORE_READ : STORE_WRITE, p->o->wait, e);
    if (!p->store)
        return false;
    if (!what->dry && !(p->lease = push_lease_new(p->store, getenv("OP_LEASE"), p->o->wait, e)))
        return false;
    what->store = p->store;
    what->settings = settings_load(p->store, e);
    if (!what->settings || !project_links_read(&what->links, p->store, NULL, e))
        return false;
    settings_warn(what->settings);
    what->hold = p->lease ? push_lease_hold : NULL;
    what->hold_context = p->lease;
    zou_lists_init(&what->lists, p->zou);
    p->stream = push_stream_new(what, p->in);
    return true;
}

static void close_documents(pusher *p)
{
    if (p->stream)
        zou_lists_free(&p->o->push.lists);
    push_stream_free(p->stream);
    settings_free(p->o->push.settings);
    project_links_free(&p->o->push.links);
    push_lease_end(p->lease);
    store_close(p->store);
}

/* ---- records ------------------------------------------------------------ */

static bool push_comment(pusher *p, arena *a, const json *record, error *e)
{
    const char *why;
    if (!comment_valid(record, &why)) {
        ndjson_complain(p->in, "%s", why);
        return true;
    }
    json out;
    result_record result;
    bool ok = comment_post(p->commenter, record, a, &out, e);
    ndjson_write(&out);
    output_flush();
    result_read(&out, &result);
    if (result.status == RESULT_FAILED || result.refused) {
        p->failed = true;
        if (ok)
            msg_error("task %s: %s", json_text(json_get(record, "task_id")),
                      json_text(result.message));
    }
    return ok;
}

static bool push_document(pusher *p, const json *record, error *e)
{
    if (!p->stream && !open_documents(p, e))
        return false;
    push_stream_document(p->stream, record);
    return true;
}

static void pass_on(const pusher *p)
{
    size_t len;
    const char *line = ndjson_line(p->in, &len);
    output_write(line, len);
    output_flush();
}

static bool push_record(pusher *p, arena *a, const json *record, error *e)
{
    end_record end;
    switch (record_type_of(record)) {
    case RECORD_COMMENT: return push_comment(p, a, record, e);
    case RECORD_DOCUMENT: return push_document(p, record, e);
    case RECORD_END:
        end_read(record, &end);
        if (p->stream && end.scope == END_DOCUMENTS)
            return push_stream_end(p->stream, &end, e);
        break;
    default: break;
    }
    pass_on(p);
    return true;
}

/* ---- main --------------------------------------------------------------- */

static int push_records(pusher *p)
{
    arena *a = arena_new(); /* of one record */
    error e;
    json record;
    bool ok = true;
    int got = 1;
    while (ok && !ferror(stdout)) { /* what is done must be known */
        arena_reset(a);
        if ((got = ndjson_next(p->in, a, &record)) != 1)
            break;
        ok = push_record(p, a, &record, &e);
    }
    int status = ok ? EX_OK : e.status;
    if (!ok)
        msg_error("%s", e.what);
    else if (got < 0)
        status = EX_IOERR;
    else if ((p->stream && !push_stream_finish(p->stream)) || p->failed || ndjson_bad(p->in) > 0)
        status = 1;
    close_documents(p);
    arena_free(a);
    return status;
}

/* The store is opened only to read OpenPype's settings. */
static zou *open_zou(options *o, int *status)
{
    error e;
    o->zou.store = store_open(o->store, STORE_READ, o->wait, &e);
    zou *z = o->zou.store ? zou_open(&o->zou, &e) : NULL;
    if (!z || !zou_confine(z, o->zou.store, true, &e)) {
        msg_error("%s", e.what);
        *status = e.status;
        zou_close(z);
        z = NULL;
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
    static const program_help help = {
        .usage = "zou-push [OPTION]... < documents > results, changes\n"
                 "zou-push [OPTION]... < comments > results",
        .about = "Create in Kitsu what OpenPype has and Kitsu lacks, or post comments with their\n"
                 "previews and attachments.",
        .verbose = "print more messages; twice: every request",
        .quiet = "print fewer messages, and draw no progress",
        .exit_status = "0 done, 1 something was skipped, failed or left alone, 64 to 78 see\n"
                       "opkitsu(7)."};
    kitsu_option_rows kitsu;
    const option_def defs[] = {
        kitsu_options(&kitsu, &o->zou, &o->store),
        {.name = "delete",
         .help = "delete in Kitsu what OpenPype no longer has",
         .flag = &o->push.deletes},
        delete_limit_option(&o->push.delete_limit,
                            "delete at most N entities a project, or N%\n"
                            "(default: refuse more than 10 that are more than 50%)"),
        {.name = "no-skipped",
         .help = "do not report on stderr what is skipped or failed",
         .flag = &o->push.silent},
        {.name = "dry-run",
         .letter = 'n',
         .help = "create nothing; report what would be done",
         .flag = &o->push.dry},
        {.name = "wait",
         .value = "SECONDS",
         .help = "how long to wait for another push or writer (default: 30)",
         .seconds = &o->wait},
        {0}};
    options_read(&help, defs, argc, argv);
    kitsu_options_check(&o->zou);
}

int main(int argc, char **argv)
{
    options o = {.wait = 30};
    program_start("zou-push");
    read_options(&o, argc, argv);
    signals_end_input();
    int status = output_close(run(&o));
    if (signals_caught())
        raise(signals_caught()); /* it has no handler any more: die of it */
    return status;
}
