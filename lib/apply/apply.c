#include "apply/apply.h"

#include "apply/batch.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/output.h"
#include "record/skipped.h"
#include "store/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

typedef struct counts {
    unsigned long inserted, updated, deleted, archived, skipped, failed, conflicts;
} counts;

/* What is known of the project whose records are coming, until its End. */
typedef struct project {
    arena *arena; /* owned */
    json skipped; /* records, as they came */
    json failed;  /* [entity, reason] each */
    const char *coll;
    counts counts;
    bool dropped;
    unsigned long changes;
    double started; /* seconds: when the one before it was done, and Kitsu was read for it;
                       0 after a Checkpoint, as the next batch may come much later */
} project;

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
    project project;
    arena *scratch;     /* owned: for one record, or one End */
    arena *names_arena; /* owned */
    json names;         /* project id -> collection, once read */
    arena *read_arena;  /* owned: until the next Checkpoint */
    json read;          /* ids of projects that had an End of scope full */
    bool trouble;       /* skipped, failed or in conflict */
    bool conflict, withheld;
};

static void forget_project(project *p)
{
    arena_reset(p->arena);
    *p = (project){
        .arena = p->arena, .skipped = json_array(), .failed = json_array(), .started = clock_now()};
}

apply *apply_new(store *s, lease *l)
{
    bool dry = !l;
    apply *p = xmalloc(sizeof *p);
    *p = (apply){.store = s,
                 .lease = l,
                 .dry = dry,
                 .batch = batch_new(s, dry),
                 .project.arena = arena_new(),
                 .scratch = arena_new(),
                 .names_arena = arena_new(),
                 .names = json_object(),
                 .read_arena = arena_new(),
                 .read = json_array()};
    forget_project(&p->project);
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
    arena_free(p->project.arena);
    arena_free(p->scratch);
    arena_free(p->names_arena);
    arena_free(p->read_arena);
    free(p);
}

arena *apply_arena(apply *p)
{
    return batch_arena(p->batch);
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

static void count(apply *p, const change *c, batch_status status)
{
    counts *n = &p->project.counts;
    switch (status) {
    case BATCH_UNCHANGED: return;
    case BATCH_CONFLICT:
        n->conflicts++;
        p->conflict = p->trouble = true;
        return;
    case BATCH_FAILED:
        n->failed++;
        p->trouble = true;
        return;
    case BATCH_APPLIED:
    case BATCH_PLANNED: break;
    }
    switch (c->op) {
    case CHANGE_INSERT: n->inserted++; break;
    case CHANGE_UPDATE: *(change_archives(c) ? &n->archived : &n->updated) += 1; break;
    case CHANGE_DELETE: n->deleted++; break;
    case CHANGE_DROP: break;
    }
}

static void remember_failed(project *p, const change *c, const char *what)
{
    json pair = json_array();
    json_push(p->arena, &pair, json_copy(p->arena, c->entity));
    json_push(p->arena, &pair, json_string(p->arena, what));
    json_push(p->arena, &p->failed, pair);
}

/* A batch_fn. */
static void take_result(void *context, const change *c, batch_status status, const char *what)
{
    static const char *const names[] = {[BATCH_APPLIED] = "applied",
                                        [BATCH_UNCHANGED] = "unchanged",
                                        [BATCH_CONFLICT] = "conflict",
                                        [BATCH_FAILED] = "failed",
                                        [BATCH_PLANNED] = "planned"};
    apply *p = context;
    arena *a = p->scratch;
    arena_reset(a);
    json result = json_object(), ns = json_object();
    json_add(a, &ns, "db", json_string(a, c->db));
    json_add(a, &ns, "coll", json_string(a, c->coll));
    json_add(a, &result, "type", json_string(a, "Result"));
    json_add(a, &result, "status", json_string(a, names[status]));
    json_add(a, &result, "operationType", json_string(a, c->operation));
    json_add(a, &result, "ns", ns);
    if (c->key)
        json_add(a, &result, "documentKey", *c->key);
    if (c->entity)
        json_add(a, &result, "entity", *c->entity);
    if (what)
        json_add(a, &result, "message", json_message(a, what));
    add_line(p, &result);
    count(p, c, status);
    if (c->op == CHANGE_DROP && (status == BATCH_APPLIED || status == BATCH_UNCHANGED))
        p->project.dropped = true;
    if (status == BATCH_FAILED && c->entity)
        remember_failed(&p->project, c, what);
}

/* ---- into the store ----------------------------------------------------- */

/* Sleep a little, longer each time. False: it is enough. */
static bool wait_a_while(const apply *p, double began, double *pause)
{
    double left = began + p->wait - clock_now();
    if (left <= 0 || (p->go_on && !p->go_on()))
        return false;
    double seconds = fmin(*pause, left);
    struct timespec t = {.tv_sec = (time_t)seconds,
                         .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};
    nanosleep(&t, NULL); /* a signal cuts it short */
    *pause = fmin(*pause * 2, lease_retry());
    return true;
}

/* Begin a batch, unless it is, and see to it that we may write it. In an atomic
 * store nobody else can have become the writer since it was begun. */
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
        if (outcome != LEASE_OTHERS || !wait_a_while(p, began, &pause))
            return false;
    }
}

static bool flush_batch(apply *p, error *e)
{
    if (batch_is_empty(p->batch))
        return true;
    if (!begin(p, e) || !batch_write(p->batch, take_result, p, e))
        return false;
    if (!store_atomic(p->store))
        write_out(p);
    msg_progress("%s: %lu changes", p->project.coll ? p->project.coll : store_name(p->store),
                 p->project.changes);
    return true;
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
    output_flush(); /* whoever waits for this batch */
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

static void add_number(arena *a, json *object, const char *key, unsigned long n)
{
    json_add(a, object, key, json_integer(a, (int64_t)n));
}

static void add_summary(apply *p, const char *name, bool full)
{
    arena *a = p->project.arena;
    const counts *n = &p->project.counts;
    double seconds = clock_now() - p->project.started;
    json summary = json_object();
    json_add(a, &summary, "type", json_string(a, "Summary"));
    json_add(a, &summary, "project", json_string(a, name));
    if (!full)
        json_add(a, &summary, "scope", json_string(a, "events"));
    if (p->dry)
        json_add(a, &summary, "planned", json_bool(true));
    add_number(a, &summary, "inserted", n->inserted);
    add_number(a, &summary, "updated", n->updated);
    add_number(a, &summary, "deleted", n->deleted);
    add_number(a, &summary, "archived", n->archived);
    add_number(a, &summary, "skipped", n->skipped);
    add_number(a, &summary, "failed", n->failed);
    add_number(a, &summary, "conflicts", n->conflicts);
    json_add(a, &summary, "seconds", json_real(a, round(seconds * 100) / 100));
    add_line(p, &summary);
}

static void start_project(project *p)
{
    if (p->started == 0)
        p->started = clock_now();
}

bool apply_change(apply *p, const change *c, size_t size, error *e)
{
    bool avalon = strcmp(c->db, store_avalon(p->store)) == 0;
    start_project(&p->project);
    p->project.changes++;
    if (avalon && !p->project.coll)
        p->project.coll = arena_intern(p->project.arena, c->coll, strlen(c->coll));
    if (batch_is_other(p->batch, c) && !flush_batch(p, e))
        return false;
    const char *why = NULL;
    if (!avalon && strcmp(c->db, store_openpype(p->store)) != 0)
        why = "its database is neither AVALON_DB nor OPENPYPE_DATABASE_NAME";
    else if (!avalon && c->op == CHANGE_DROP)
        why = "only projects are dropped";
    if (why) {
        if (!flush_batch(p, e))
            return false;
        take_result(p, c, BATCH_FAILED, why);
        return true;
    }
    return !batch_add(p->batch, c, size) || flush_batch(p, e);
}

void apply_skipped(apply *p, const json *record)
{
    start_project(&p->project);
    p->project.counts.skipped++;
    p->trouble = true;
    json_push(p->project.arena, &p->project.skipped, json_copy(p->project.arena, record));
}

/* ---- the end of a project ----------------------------------------------- */

static bool take_name(void *context, store_ns ns, const json *document)
{
    apply *p = context;
    const char *id = json_text(json_at(document, "data", "zou_id", NULL));
    if (id)
        json_set(p->names_arena, &p->names, id, json_string(p->names_arena, ns.coll));
    arena_reset(p->scratch);
    return true;
}

/* The name of a project that nothing had to be done for. */
static bool find_name(apply *p, const char *project_id, const char **name, error *e)
{
    *name = json_text(json_get(&p->names, project_id));
    if (*name)
        return true;
    arena_reset(p->names_arena);
    p->names = json_object();
    if (!store_projects(p->store, p->scratch, take_name, p, e))
        return false;
    *name = json_text(json_get(&p->names, project_id));
    if (!*name)
        *name = project_id;
    return true;
}

/* The skipped and the failed ones, which are to be judged again some day. */
static bool remember_skipped(apply *p, const char *project_id, error *e)
{
    arena *a = p->project.arena;
    json records = json_array();
    for (uint32_t i = 0; i < p->project.skipped.len; i++) {
        const char *id = json_text(json_get(&p->project.skipped.items[i], "project_id"));
        if (id && strcmp(id, project_id) == 0)
            json_push(a, &records, p->project.skipped.items[i]);
    }
    for (uint32_t i = 0; i < p->project.failed.len; i++) {
        const json *pair = p->project.failed.items[i].items;
        json_push(a, &records, skipped_make(a, pair[0], project_id, "store", pair[1].text));
    }
    return state_put_skipped(p->store, project_id, &records, &p->begun, a, e);
}

/* What the store shall know of the project from now on. */
static bool remember(apply *p, const char *project_id, bool full, error *e)
{
    if (p->dry)
        return true;
    if (p->project.dropped)
        return state_forget_project(p->store, project_id, &p->begun, p->project.arena, e);
    if (full)
        json_push(p->read_arena, &p->read, json_string(p->read_arena, project_id));
    return remember_skipped(p, project_id, e);
}

/* Of a project that is skipped itself. */
static const char *skipped_name(const apply *p)
{
    for (uint32_t i = 0; i < p->project.skipped.len; i++) {
        const json *what = json_get(&p->project.skipped.items[i], "entity");
        const char *type = json_text(json_get(what, "type"));
        if (type && strcmp(type, "Project") == 0)
            return json_text(json_get(what, "name"));
    }
    return NULL;
}

bool apply_end(apply *p, const char *project_id, bool full, error *e)
{
    const char *name = p->project.coll;
    start_project(&p->project);
    if (!name)
        name = skipped_name(p);
    if (!flush_batch(p, e) || !begin(p, e) || !remember(p, project_id, full, e) ||
        (!name && !find_name(p, project_id, &name, e)))
        return false;
    add_summary(p, name, full);
    forget_project(&p->project);
    return commit(p, e);
}

/* A position that nothing stands against, and when it was read. */
static bool keep_checkpoint(apply *p, const json *record, error *e)
{
    bool position = !json_is_null(json_get(record, "created_at"));
    arena_reset(p->scratch);
    if (p->dry)
        return true;
    p->withheld = position && p->conflict;
    if (p->withheld)
        return true;
    return begin(p, e) &&
           (!position ||
            state_put_checkpoint(p->store, record, &p->read, &p->begun, p->scratch, e)) &&
           state_put_synced(p->store, record, &p->begun, p->scratch, e);
}

bool apply_checkpoint(apply *p, const json *record, error *e)
{
    if (!flush_batch(p, e) || !keep_checkpoint(p, record, e))
        return false;
    arena_reset(p->read_arena);
    p->read = json_array();
    forget_project(&p->project); /* one without its End */
    p->project.started = 0;
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
    return flush_batch(p, e) && commit(p, e) && (p->dry || lease_give_back(p->lease, e));
}
