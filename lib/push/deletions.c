#include "push/deletions.h"

#include "base/idset.h"
#include "base/mem.h"
#include "base/msg.h"
#include "model/naming.h"
#include "push/result_writer.h"
#include "push/substitutes.h"
#include "store/state_linked.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is obsolete ----------------------------------------------------- */

/* The live entities of Kitsu, and those of them that OpenPype no longer has. */
typedef struct obsolete {
    state_linked remembered; /* what documents were linked to */
    entity **list;           /* in the run's arena; children first */
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

/* The children that stay: the first live one, else a cancelled one; NULL: none. `*more`: how
 * many others do. */
static const entity *remaining_child(const entity *e, const idset *doomed, size_t *more)
{
    const entity *live = NULL, *cancelled = NULL;
    size_t n = 0;
    for (const entity *child = e->first_child; child; child = child->next_sibling) {
        if (child->state == ENTITY_LIVE && has_id(doomed, child->id))
            continue;
        n++;
        if (child->state != ENTITY_LIVE)
            cancelled = child;
        else if (!live)
            live = child;
    }
    *more = n ? n - 1 : 0;
    return live ? live : cancelled;
}

/* That nothing is deleted above what stays. */
static void warn_of_parent(const push_plan *p, const entity *e, const entity *child, size_t more)
{
    buf others = {0};
    if (more)
        buf_addf(&others, " and %zu more", more);
    msg_warn("%s: the %s \"%s\" stays in Kitsu, as the %s%s \"%s\"%s below it stay%s", p->c->coll,
             kind_name(e->kind), production_place(p->arena, e),
             child->state == ENTITY_LIVE ? "" : "cancelled ", kind_name(child->kind), child->name,
             more ? others.data : "", more ? "" : "s");
    buf_free(&others);
}

/* Whether its own document is there, though it lost its link: an archived one, say, which is
 * not linked again. */
static bool has_unlinked(const push_plan *p, const entity *e)
{
    return collection_find(p->c, naming_id(p->arena, p->kitsu->production->id, e->id)) != NULL;
}

/* What never had a document stays. Without a memory all may have had one. */
static bool is_obsolete(const push_plan *p, const entity *e, const idset *in_use,
                        const state_linked *remembered)
{
    if (push_substitute_is(e))
        return e->first_child != NULL; /* its shots are deleted with it */
    return !has_id(in_use, e->id) && (!remembered->found || has_id(remembered->ids, e->id)) &&
           !has_unlinked(p, e);
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
        if (!is_obsolete(p, e, in_use, &o->remembered))
            continue;
        size_t more;
        const entity *child = remaining_child(e, doomed, &more);
        if (child && o->remembered.found && (child->state != ENTITY_LIVE || !push_substitute_is(e)))
            warn_of_parent(p, e, child, more);
        if (child)
            continue;
        add_id(doomed, e->id);
        o->list[o->n++] = e;
    }
    idset_free(in_use);
    idset_free(doomed);
}

/* ---- the store ------------------------------------------------------------ */

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

static bool refuse(push_run *r, const char *why)
{
    msg_error("%s: nothing is deleted in Kitsu: %s", r->plan->c->coll, why);
    r->trouble = true;
    return false;
}

/* What is not known to have been in OpenPype was not deleted there. Neither was what a
 * collection lacks that is not the one it was: a backup, say. */
static bool is_same_project(push_run *r, const obsolete *o, bool is_there)
{
    if (!o->remembered.found)
        return refuse(r, "it is not known which entities OpenPype had; the next full "
                         "synchronisation will remember that");
    if (!json_equal(json_get(&r->plan->c->project, "_id"), &o->remembered.document, NULL))
        return refuse(r, "its project document is not the one that was synchronised; if a backup "
                         "was restored, synchronise in full first");
    return is_there || refuse(r, "its project document has gone from the store meanwhile");
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

/* One that is cancelled, as it has tasks, and comes back was not deleted twice. */
static bool forget(push_run *r, const zou_job *jobs, size_t n)
{
    store *s = r->context->store;
    const char **ids = arena_alloc(r->arena, (n + 1) * sizeof *ids);
    size_t gone = 0;
    error e; /* a run that has stopped keeps its own */
    for (size_t i = 0; i < n; i++)
        if (jobs[i].result == ZOU_OK || jobs[i].result == ZOU_MISSING)
            ids[gone++] = ((const entity *)jobs[i].context)->id;
    if (gone == 0)
        return true;
    bool ok = store_begin(s, &e);
    if (ok &&
        state_linked_change(s, r->plan->c->coll, (store_texts){0}, (store_texts){ids, gone},
                            r->arena, &e) &&
        store_commit(s, &e))
        return true;
    if (ok)
        store_rollback(s);
    if (!r->stopped)
        *r->e = e;
    return push_run_stop(r);
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
                          .context = o->list[i],
                          .result = ZOU_STOPPED};
        ok = push_run_send(r, jobs, len, on_deleted);
        ok = forget(r, jobs, len) && ok;
    }
    free(jobs);
    return ok;
}

/* Delete them, or in a dry run plan to. */
static bool delete_or_plan(push_run *r, obsolete *o)
{
    store_ns ns = {r->plan->c->db, r->plan->c->coll};
    json document;
    bool is_there;
    find_obsolete(r->plan, o);
    if (o->n == 0)
        return true;
    if (!drop_held(r, o) || !store_get(r->context->store, ns, json_get(&r->plan->c->project, "_id"),
                                       r->arena, &document, &is_there, r->e))
        return push_run_stop(r);
    if (o->n == 0 || !is_same_project(r, o, is_there) || !is_within_limit(r, o))
        return true;
    if (!r->context->dry)
        return delete_all(r, o);
    for (size_t i = 0; i < o->n; i++)
        push_result_deletion(r, o->list[i], RESULT_PLANNED, NULL);
    return true;
}

bool push_deletions(push_run *r)
{
    obsolete o = {0};
    if (!r->context->deletes)
        return true;
    bool ok = state_linked_read(r->context->store, r->plan->c->coll, r->arena, &o.remembered, r->e)
                  ? delete_or_plan(r, &o)
                  : push_run_stop(r);
    idset_free(o.remembered.ids);
    return ok;
}
