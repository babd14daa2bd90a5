/* op-apply - carry out changes in OpenPype's database.
 *
 * Reads Change records, writes Result records. The store is finished before
 * anything else: if the reader of stdout exits, or a signal comes, what was read
 * is not applied by half. */
#include "apply/apply.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "base/signals.h"
#include "record/checkpoint.h"
#include "record/end.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "store/store_option.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

typedef struct options {
    const char *store; /* borrowed; NULL: the environment's */
    bool dry;
    unsigned wait; /* seconds */
} options;

/* ---- records ------------------------------------------------------------ */

static bool on_change(apply *p, ndjson *in, arena *a, const json *record, error *e)
{
    change c;
    error why;
    size_t size;
    ndjson_line(in, &size);
    if (change_read(a, record, &c, &why))
        return apply_change(p, &c, size, e);
    ndjson_complain(in, "%s", why.what);
    return true;
}

static bool on_end(apply *p, ndjson *in, const json *record, error *e)
{
    end_record end;
    end_read(record, &end);
    if (end.project_id)
        return apply_end(p, &end, e);
    ndjson_complain(in, "an End without a \"project_id\"");
    return true;
}

static bool on_checkpoint(apply *p, ndjson *in, const json *record, error *e)
{
    checkpoint_record checkpoint;
    if (checkpoint_read(record, &checkpoint)) {
        bool ok = apply_checkpoint(p, &checkpoint, e);
        mem_tidy();
        return ok;
    }
    ndjson_complain(in,
                    "a Checkpoint without \"server\", \"projects\", \"created_at\" and \"ids\"");
    return true;
}

static bool on_record(apply *p, ndjson *in, arena *a, const json *record, error *e)
{
    switch (record_type_of(record)) {
    case RECORD_CHANGE: return on_change(p, in, a, record, e);
    case RECORD_END: return on_end(p, in, record, e);
    case RECORD_CHECKPOINT: return on_checkpoint(p, in, record, e);
    case RECORD_SKIPPED: apply_skipped(p, record); break;
    default: break;
    }
    size_t len;
    const char *line = ndjson_line(in, &len);
    apply_pass(p, line, len);
    return true;
}

/* ---- main --------------------------------------------------------------- */

/* Without input for that long, what came is committed: an embedded store's lock
 * is not held while nothing comes. zou-push, at the other end of
 * the pipe, writes to the same store. */
#define QUIET_SECONDS 0.3

/* Reading stdin, and keeping the lease meanwhile. */
typedef struct reader {
    apply *apply; /* borrowed, as the input */
    ndjson *in;
    double last_record; /* by clock_now: when it was dealt with */
    bool ok;
    error e;
} reader;

static bool on_idle(void *context)
{
    reader *r = context;
    bool quiet = clock_now() - r->last_record >= QUIET_SECONDS;
    r->ok = (!quiet || apply_commit(r->apply, &r->e)) && apply_idle(r->apply, &r->e);
    double seconds = apply_is_pending(r->apply) ? QUIET_SECONDS : lease_renewal();
    ndjson_set_idle(r->in, seconds, on_idle, r);
    return r->ok;
}

static int apply_stream(apply *p)
{
    ndjson *in = ndjson_new(STDIN_FILENO, "stdin");
    reader r = {.apply = p, .in = in, .ok = true};
    ndjson_set_idle(in, lease_renewal(), on_idle, &r);
    int got = 1, status = EX_OK;
    json record;
    arena *a = arena_new();
    while (r.ok && status != EX_TEMPFAIL && (got = ndjson_next(in, a, &record)) == 1) {
        r.ok = on_record(p, in, a, &record, &r.e);
        status = apply_status(p);
        r.last_record = clock_now(); /* done: writing a batch is no quiet */
        arena_reset(a);
    }
    arena_free(a);
    r.ok = r.ok && apply_finish(p, &r.e);
    status = r.ok ? apply_status(p) : r.e.status;
    msg_progress(NULL);
    if (!r.ok)
        msg_error("%s", r.e.what);
    else if (status == EX_TEMPFAIL)
        msg_error("conflicts: the checkpoint was not stored; start again from the last one");
    else if (got < 0)
        status = EX_IOERR;
    else if (status == EX_OK && ndjson_bad(in) > 0)
        status = 1;
    ndjson_free(in);
    return status;
}

static int run(const options *o)
{
    error e = {0};
    const char *handed_down = getenv("OP_LEASE");
    store *s = store_open(o->store, o->dry ? STORE_READ : STORE_WRITE, o->wait, &e);
    if (!s || !store_confine(s, &e)) {
        msg_error("%s", e.what);
        store_close(s);
        return e.status;
    }
    lease *l = NULL;
    bool is_handed_down = handed_down && *handed_down;
    if (!o->dry)
        l = is_handed_down ? lease_handed_down(s, handed_down) : lease_new(s);
    int status = EX_CONFIG;
    if (l || o->dry) {
        apply *p = apply_new(s, l);
        apply_wait(p, o->wait, signals_none);
        status = apply_stream(p);
        apply_free(p);
    } else {
        msg_error("OP_LEASE is not OWNER:TERM: \"%.100s\"", handed_down);
    }
    lease_free(l);
    store_close(s);
    return status;
}

static void read_options(options *o, int argc, char **argv)
{
    static const program_help help = {
        .usage = "op-apply [OPTION]... < changes > results",
        .about = "Carry out the changes that op-diff has planned.",
        .exit_status =
            "0 done, 1 something was skipped, failed or in conflict, or a line was bad,\n"
            "75 also when a conflict kept the checkpoint from being stored, 64 to 78\n"
            "see opkitsu(7)."};
    const option_def defs[] = {store_option(&o->store),
                               {.name = "dry-run",
                                .letter = 'n',
                                .help = "write nothing; report what would be done",
                                .flag = &o->dry},
                               {.name = "wait",
                                .value = "SECONDS",
                                .help = "how long to wait for another writer (default: 30)",
                                .seconds = &o->wait},
                               {0}};
    options_read(&help, defs, argc, argv);
}

int main(int argc, char **argv)
{
    options o = {.wait = 30};
    program_start("op-apply");
    read_options(&o, argc, argv);
    signals_end_input();
    int status = output_close(run(&o));
    if (signals_caught())
        raise(signals_caught()); /* it has no handler any more: die of it */
    return status;
}
