#include "push/deletions.h"

#include "base/idset.h"
#include "base/mem.h"
#include "base/msg.h"
#include "model/names.h"
#include "push/result_writer.h"
#include "push/substitutes.h"
#include "store/state.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is obsolete ----------------------------------------------------- */

/* The live entities of Kitsu, and those of them that OpenPype no longer has. */
typedef struct obsolete {
    const char *seen_until; /* entities made from then on have not been synchronised yet, and
                               stay; as Zou writes times; NULL: nothing was ever synchronised */
    entity **list;          /* in the run's arena; children first */
    size_t n, live;
} obsolete;

static void add_id(idset *ids, const char *id)
{
    if (id)
        idset_add(ids, id, strlen(id));
}

static bool has_id(const idset *ids, const char *id)
{
    return idset_has(ids, id, strlen(id));
}

/* The ids of all that OpenPype has. The caller frees it. */
static idset *ids_in_use(const push_plan *p)
{
    idset *ids = idset_new();
    for (size_t i = 0; i < p->c->n; i++)
        add_id(ids, p->c->assets[i]->zou_id);
    for (size_t i = 0; i < p->n; i++)
        add_id(ids, p->items[i]->id);
    return ids;
}

/* Whether a live child stays. */
static bool has_remaining_child(const entity *e, const idset *doomed)
{
    for (const entity *child = e->first_child; child; child = child->next_sibling)
        if (child->state == ENTITY_LIVE && !has_id(doomed, child->id))
            return true;
    return false;
}

/* An entity whose name OpenPype cannot use never had a document, and stays. */
static bool is_obsolete(const push_plan *p, const entity *e, const idset *in_use,
                        const char *seen_until)
{
    if (push_substitute_is(e))
        return e->first_child != NULL; /* its shots are deleted with it */
    return !has_id(in_use, e->id) && name_usable(p->arena, e->name, false, p->naming->convert) &&
           (!seen_until || strcmp(e->created_at, seen_until) < 0);
}

/* Entities are sorted by kind, parents first: so backwards. */
static void find_obsolete(const push_plan *p, obsolete *o)
{
    const production *kitsu = p->kitsu->production;
    idset *in_use = ids_in_use(p), *doomed = idset_new();
    o->list = arena_alloc(p->arena, (kitsu->n + 1) * sizeof(entity *));
    for (size_t i = kitsu->n; i-- > 0;) {
        entity *e = kitsu->entities[i];
        if (e->kind > KIND_ASSET || e->kind == KIND_ASSET_TYPE || e->state != ENTITY_LIVE)
            continue;
        o->live++;
        if (has_remaining_child(e, doomed) || !is_obsolete(p, e, in_use, o->seen_until))
            continue;
        add_id(doomed, e->id);
        o->list[o->n++] = e;
    }
    idset_free(in_use);
    idset_free(doomed);
}

/* ---- the store ------------------------------------------------------------ */

/* Take in the created_at of a checkpoint, if there is one and it is later than `*at`. */
static bool take_checkpoint(push_run *r, const char *project_id, const char **at)
{
    state_checkpoint c;
    bool found;
    if (!state_checkpoint_of(r->context->store, zou_server(r->context->lists.zou), project_id,
                             r->arena, &c, &found, r->e))
        return false;
    const char *created_at = found ? json_text(&c.created_at) : NULL;
    if (created_at && (!*at || strcmp(created_at, *at) > 0))
        *at = created_at;
    return true;
}

/* The time until which the store has seen what was made in Kitsu: the later of the
 * project's own checkpoint and the one of all projects. NULL: never. */
static bool find_seen_until(push_run *r, const char **at)
{
    *at = NULL;
    return take_checkpoint(r, r->project_id, at) && take_checkpoint(r, NULL, at);
}

static bool note_held(void *context, store_ns ns, const json *document)
{
    (void)ns;
    add_id(context, json_text(json_at(document, "data", "zou", "id", NULL)));
    return true;
}

/* Take off the list what a document has by now: the dump was made a while ago. */
static bool drop_held(push_run *r, obsolete *o)
{
    const char **ids = arena_alloc(r->arena, (o->n + 1) * sizeof *ids);
    store_ns ns = {r->plan->c->db, r->plan->c->coll};
    idset *held = idset_new();
    for (size_t i = 0; i < o->n; i++)
        ids[i] = o->list[i]->id;
    arena *scratch = arena_new();
    bool ok = store_find(r->context->store, ns, (store_query){STORE_ZOU_ID, ids, o->n},
                         &(store_sink){scratch, note_held, held}, r->e);
    size_t kept = 0;
    for (size_t i = 0; i < o->n; i++)
        if (!has_id(held, o->list[i]->id))
            o->list[kept++] = o->list[i];
    o->n = kept;
    arena_free(scratch);
    idset_free(held);
    return ok;
}

/* ---- what forbids it ------------------------------------------------------ */

/* What OpenPype has never seen is not what it no longer has. */
static bool was_synchronised(push_run *r, const obsolete *o)
{
    if (o->seen_until)
        return true;
    msg_error("%s: %zu entities would be deleted in Kitsu: nothing is deleted, as the project was "
              "never synchronised and it is not known which of them OpenPype had",
              r->plan->c->coll, o->n);
    r->trouble = true;
    return false;
}

static bool is_within_limit(push_run *r, const obsolete *o)
{
    if (delete_limit_allows(&r->context->delete_limit, o->n, o->live))
        return true;
    msg_error("%s: %zu of %zu entities would be deleted in Kitsu: nothing is deleted. If that is "
              "right, run again with --max-delete %zu",
              r->plan->c->coll, o->n, o->live, o->n);
    r->trouble = true;
    return false;
}

/* ---- deleting ------------------------------------------------------------- */

static void on_deleted(push_run *r, zou_job *job)
{
    const entity *e = job->context;
    if (job->result == ZOU_OK || job->result == ZOU_MISSING)
        push_result_deletion(r, e, RESULT_APPLIED, NULL);
    else if (job->result != ZOU_LOST)
        push_result_deletion(r, e, RESULT_FAILED, push_run_job_error(r, job));
}

/* Kinds are deleted one after the other: children first. */
static bool delete_all(push_run *r, const obsolete *o)
{
    static const char *const routes[KIND_ENTITIES] = {[KIND_EPISODE] = "episodes",
                                                      [KIND_SEQUENCE] = "sequences",
                                                      [KIND_SHOT] = "shots",
                                                      [KIND_ASSET] = "assets"};
    zou_job *jobs = xmalloc((o->n + 1) * sizeof *jobs);
    bool ok = true;
    for (size_t i = 0; i < o->n && ok;) {
        size_t len = 0;
        kind k = o->list[i]->kind;
        for (; i < o->n && o->list[i]->kind == k; i++)
            jobs[len++] =
                (zou_job){.method = "DELETE",
                          .path = arena_printf(r->arena, "/data/%s/%s", routes[k], o->list[i]->id),
                          .repeatable = true,
                          .context = o->list[i]};
        ok = push_run_send(r, jobs, len, on_deleted);
    }
    free(jobs);
    return ok;
}

bool push_deletions(push_run *r)
{
    obsolete o = {0};
    if (!r->context->deletes)
        return true;
    if (!find_seen_until(r, &o.seen_until))
        return push_run_stop(r);
    find_obsolete(r->plan, &o);
    if (o.n && !drop_held(r, &o))
        return push_run_stop(r);
    if (o.n == 0 || !was_synchronised(r, &o) || !is_within_limit(r, &o))
        return true;
    if (!r->context->dry)
        return delete_all(r, &o);
    for (size_t i = 0; i < o.n; i++)
        push_result_deletion(r, o.list[i], RESULT_PLANNED, NULL);
    return true;
}
