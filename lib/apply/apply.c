#include "apply/apply.h"

#include "apply/batch.h"
#include "apply/tally.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/output.h"
#include "store/state.h"
#include "store/state_linked.h"
#include "store/state_skipped.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define TELL_SECONDS 1 /* who waits longer for the lease is told why */

struct apply {
    store *store; /* borrowed */
    lease *lease; /* borrowed; NULL: dry */
    bool dry;
    double wait;         /* seconds */
    bool (*go_on)(void); /* NULL: always */
    batch *batch;        /* owned */
    bool begun;          /* store_begin */
    double begun_at;     /* by clock_now */
    buf out;             /* owned: lines to be written after the commit */
    tally tally;
    arena *scratch;    /* owned: for one record, or one End */
    arena *read_arena; /* owned: until the next Checkpoint */
    json read;         /* ids of projects that had an End of scope full */
    json wants;        /* in read_arena: id -> why the project must be read in full again */
    bool told;         /* why it waits for the lease */
    bool trouble;      /* skipped, failed or in conflict */
    bool conflict, withheld;
    bool project_missed; /* the change of the project document was not made */
};

apply *apply_new(store *s, lease *l)
{
    bool dry = !l;
    apply *p = xmalloc(sizeof *p);
    *p = (apply){.store = s,
                 .lease = l,
                 .dry = dry,
                 .batch = batch_new(s, dry),
                 .scratch = arena_new(),
                 .read_arena = arena_new(),
                 .read = json_array(),
                 .wants = json_object()};
    tally_reset(&p->tally);
    return p;
}

void apply_wait(apply *p, double seconds, bool (*go_on)(void))
{
    p->wait = seconds;
    p->go_on = go_on;
}

void apply_free(apply *p)
{
    if (!p)
        return;
    if (p->begun)
        store_rollback(p->store);
    batch_free(p->batch);
    buf_free(&p->out);
    tally_free(&p->tally);
    arena_free(p->scratch);
    arena_free(p->read_arena);
    free(p);
}

int apply_status(const apply *p)
{
    return p->withheld ? EX_TEMPFAIL : p->trouble;
}

/* ---- out ---------------------------------------------------------------- */

static void write_out(apply *p)
{
    if (p->out.len)
        output_write(p->out.data, p->out.len);
    buf_clear(&p->out);
}

static void add_line(apply *p, const json *record)
{
    json_write(&p->out, record);
    buf_addc(&p->out, '\n');
}

void apply_pass(apply *p, const char *line, size_t len)
{
    buf_add(&p->out, line, len);
    if (!apply_is_pending(p))
        write_out(p);
}

/* A batch_fn. */
static void report_result(void *context, const change *c, const json *document,
                          result_status status, const char *what)
{
    apply *p = context;
    arena_reset(p->scratch);
    json result = result_make_document(p->scratch, &(result_document){.status = status,
                                                                      .operation = c->operation,
                                                                      .db = c->db,
                                                                      .coll = c->coll,
                                                                      .key = c->key,
                                                                      .entity = c->entity,
                                                                      .message = what});
    add_line(p, &result);
    tally_add_result(&p->tally, c, document, status, what);
    bool missed = status == RESULT_CONFLICT || status == RESULT_FAILED;
    p->project_missed |= missed && json_text_is(json_get(c->entity, "type"), "Project");
    p->conflict = p->conflict || status == RESULT_CONFLICT;
    p->trouble = p->trouble || missed;
}

/* ---- into the store ----------------------------------------------------- */

/* Sleep a little, longer each time. False: it is enough. */
static bool wait_a_while(const apply *p, double began, double *pause)
{
    double left = began + p->wait - clock_now();
    if (left <= 0 || (p->go_on && !p->go_on()))
        return false;
    double seconds = fmin(clock_backoff(pause, lease_retry()), left);
    struct timespec t = {.tv_sec = (time_t)seconds,
                         .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};
    nanosleep(&t, NULL); /* a signal cuts it short */
    return true;
}

/* Wait for the next try, and want to be next. False: it is enough. */
static bool wait_for_lease(apply *p, double began, double *pause, const error *e)
{
    error unused; /* the next try tells of it */
    if (!wait_a_while(p, began, pause))
        return false;
    lease_want(p->lease, false, &unused);
    if (!p->told && clock_now() - began >= TELL_SECONDS) {
        p->told = true;
        msg_warn("%s; waiting for it", e->what);
    }
    return true;
}

/* Begin a batch unless one is begun, and ensure that we may write it. In an atomic
 * store no other program can have become the writer since then. */
static bool begin(apply *p, error *e)
{
    double began = clock_now(), pause = lease_retry() / 20;
    if (p->dry || (p->begun && store_atomic(p->store)))
        return true;
    for (;;) {
        if (!p->begun && !store_begin(p->store, e))
            return false;
        p->begun = true;
        p->begun_at = clock_now();
        lease_outcome outcome = lease_hold(p->lease, e);
        if (outcome == LEASE_HELD)
            return true;
        store_rollback(p->store);
        p->begun = false;
        if (outcome != LEASE_OTHERS || !lease_correct(p->lease, e) ||
            !wait_for_lease(p, began, &pause, e))
            return false;
    }
}

static bool write_batch(apply *p, bool rest, error *e)
{
    if (rest ? batch_is_done(p->batch) : batch_is_empty(p->batch))
        return true;
    if (!begin(p, e) || !(rest ? batch_write_rest : batch_write)(p->batch, report_result, p, e))
        return false;
    if (!store_atomic(p->store))
        write_out(p);
    msg_progress("%s: %lu changes", p->tally.coll ? p->tally.coll : store_name(p->store),
                 p->tally.changes);
    return true;
}

static bool flush_batch(apply *p, error *e)
{
    return write_batch(p, false, e);
}

/* Nothing more will come of the plan of this collection. */
static bool flush_rest(apply *p, error *e)
{
    return write_batch(p, true, e);
}

static bool commit(apply *p, error *e)
{
    if (p->begun && store_atomic(p->store) && !lease_extend(p->lease, p->begun_at, e))
        return false;
    bool ok = !p->begun || store_commit(p->store, e); /* or it has rolled back */
    p->begun = false;
    if (!ok)
        return false;
    write_out(p);
    output_flush(); /* a reader may wait for this batch */
    return true;
}

bool apply_idle(apply *p, error *e)
{
    if (p->dry || !lease_is_taken(p->lease) || (p->begun && store_atomic(p->store)))
        return true;
    switch (lease_hold_alone(p->lease, e)) {
    case LEASE_HELD: return true;
    case LEASE_FAILED: return clock_now() < lease_deadline(p->lease); /* it may come back */
    default: return false;
    }
}

bool apply_change(apply *p, const change *c, size_t size, error *e)
{
    bool avalon = strcmp(c->db, store_avalon(p->store)) == 0;
    tally_start(&p->tally);
    p->tally.changes++;
    if (avalon && !p->tally.coll)
        p->tally.coll = arena_intern(p->tally.arena, c->coll, strlen(c->coll));
    if (batch_must_end(p->batch, c) && !flush_rest(p, e))
        return false;
    const char *why = NULL;
    if (!avalon && strcmp(c->db, store_openpype(p->store)) != 0)
        why = "its database is neither AVALON_DB nor OPENPYPE_DATABASE_NAME";
    else if (!avalon && c->op == CHANGE_DROP)
        why = "only projects are dropped";
    if (why) {
        if (!flush_batch(p, e))
            return false;
        report_result(p, c, NULL, RESULT_FAILED, why);
        return true;
    }
    return !batch_add(p->batch, c, size) || flush_batch(p, e);
}

void apply_skipped(apply *p, const json *record)
{
    tally_start(&p->tally);
    tally_add_skipped(&p->tally, record);
    p->trouble = true;
}

/* ---- the end of a project ----------------------------------------------- */

/* What a later push compares with: of a plan that brought the project document to it. */
static bool remember_for_push(apply *p, const end_record *end, error *e)
{
    arena *a = p->tally.arena;
    const json *id = json_get(&end->project, "_id");
    bool ours = end->coll && end->db && strcmp(end->db, store_avalon(p->store)) == 0;
    if (!id || !ours || p->project_missed)
        return true;
    return state_put_project(p->store, end->project_id, &end->project, a, e) &&
           (end->scope != END_FULL ||
            state_linked_make(p->store, end->coll, end->project_id, id, a, e));
}

/* What the store should know of the project from now on. */
static bool remember(apply *p, const end_record *end, error *e)
{
    const char *project_id = end->project_id;
    bool full = end->scope == END_FULL;
    if (p->dry)
        return true;
    if (p->tally.dropped)
        return state_forget_project(p->store, project_id, p->tally.arena, e) &&
               state_linked_forget(p->store, p->tally.coll, p->tally.arena, e);
    if (full)
        json_push(p->read_arena, &p->read, json_string(p->read_arena, project_id));
    json skipped = tally_skipped_of(&p->tally, project_id);
    json all = json_null(), none = json_array();
    const json *judged = full ? &all : json_is(&end->judged, JSON_ARRAY) ? &end->judged : &none;
    arena *a = p->tally.arena;
    return remember_for_push(p, end, e) &&
           state_skipped_put(p->store, project_id, judged, &skipped, a, e) &&
           (!full || state_put_settings(p->store, project_id, &end->settings, a, e));
}

/* A conflict is the project's own matter: it is planned again, and the positions of all
 * move on. */
static void note_want(apply *p, const char *name, const char *project_id, const char *why)
{
    if (p->tally.conflicts > 0)
        msg_error("%s: %lu conflicts: the project is to be read in full again", name,
                  p->tally.conflicts);
    if (p->tally.conflicts > 0 || why)
        json_set(p->read_arena, &p->wants,
                 arena_text(p->read_arena, project_id, strlen(project_id)),
                 p->tally.conflicts > 0 ? json_integer(p->read_arena, (int64_t)p->tally.conflicts)
                                        : json_string(p->read_arena, why));
    p->conflict = p->conflict && p->tally.conflicts == 0;
}

bool apply_end(apply *p, const end_record *end, error *e)
{
    const char *name = p->tally.coll ? p->tally.coll : end->coll;
    tally_start(&p->tally);
    if (!name)
        name = end->name && *end->name ? end->name : end->project_id;
    if (!flush_rest(p, e))
        return false;
    note_want(p, name, end->project_id, end->full_sync);
    if (!begin(p, e) || !remember(p, end, e))
        return false;
    batch_forget(p->batch);
    json summary = tally_summary(&p->tally, name, end->scope == END_FULL, p->dry);
    add_line(p, &summary);
    tally_reset(&p->tally);
    p->project_missed = false;
    return commit(p, e);
}

/* A position that nothing stands against, and when it was read. */
static bool put_checkpoint(apply *p, const checkpoint_record *record, error *e)
{
    bool position = !json_is_null(&record->created_at);
    arena_reset(p->scratch);
    if (p->dry)
        return true;
    p->withheld = position && p->conflict;
    if (p->withheld)
        return true;
    checkpoint_record marked = *record;
    json ids = json_array();
    for (uint32_t i = 0; i < p->wants.len; i++)
        json_push(p->scratch, &ids, json_string(p->scratch, p->wants.members[i].key));
    if (ids.len > 0)
        marked.full_sync = checkpoint_unite(p->scratch, &record->full_sync, &ids);
    return begin(p, e) &&
           (!position ||
            state_put_checkpoint(p->store, &marked, &p->read, &p->wants, p->scratch, e)) &&
           state_put_synced(p->store, record, p->scratch, e);
}

bool apply_checkpoint(apply *p, const checkpoint_record *record, error *e)
{
    if (!flush_rest(p, e) || !put_checkpoint(p, record, e))
        return false;
    arena_reset(p->read_arena);
    p->read = json_array();
    p->wants = json_object();
    tally_reset(&p->tally); /* of a project without its End */
    p->project_missed = false;
    p->tally.started = 0;
    return commit(p, e);
}

bool apply_is_pending(const apply *p)
{
    return p->begun || !batch_is_empty(p->batch);
}

bool apply_commit(apply *p, error *e)
{
    return !apply_is_pending(p) || (flush_batch(p, e) && commit(p, e));
}

bool apply_finish(apply *p, error *e)
{
    return flush_rest(p, e) && commit(p, e) && (p->dry || lease_give_back(p->lease, e));
}
