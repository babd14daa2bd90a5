#include "push/push.h"

#include "base/clock.h"
#include "base/idset.h"
#include "base/msg.h"
#include "base/output.h"
#include "base/signals.h"
#include "push/run.h"
#include "record/ndjson.h"
#include "store/state.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* ---- requests ------------------------------------------------------------- */

static bool stop(push_run *r)
{
    r->stopped = true;
    return false;
}

bool push_run_hold(push_run *r)
{
    if (ferror(stdout)) {
        error_set(r->e, EX_IOERR, "stdout cannot be written");
        return stop(r);
    }
    if (!r->push->hold || r->push->hold(r->push->context, r->e))
        return true;
    return stop(r);
}

typedef struct sending {
    push_run *run;
    void (*fn)(push_run *, zou_job *);
} sending;

static bool on_job(void *context, zou_job *job)
{
    sending *s = context;
    if (job)
        s->fn(s->run, job);
    return push_run_hold(s->run);
}

bool push_run_send(push_run *r, zou_job *jobs, size_t n, void (*fn)(push_run *, zou_job *))
{
    sending s = {r, fn};
    if (n == 0)
        return true;
    if (!push_run_hold(r))
        return false;
    zou_result result = zou_send_many(r->push->shared.zou, jobs, n, r->arena, on_job, &s, r->e);
    r->lost |= result == ZOU_LOST;
    return result == ZOU_OK || stop(r);
}

bool push_run_ended(const push_run *r)
{
    return r->stopped && !r->lost && signals_caught() && !ferror(stdout);
}

bool push_run_took(push_run *r, zou_result result)
{
    r->lost |= result != ZOU_OK;
    r->left |= result != ZOU_OK && result != ZOU_LOST;
    return (result == ZOU_OK && push_run_hold(r)) || stop(r);
}

/* ---- the project ---------------------------------------------------------- */

static bool update_project(push_run *r)
{
    const production *kitsu = r->plan->kitsu->production;
    push_result x = {.status = "planned",
                     .operation = "update",
                     .type = "Project",
                     .id = r->project_id,
                     .name = kitsu->name,
                     .below = json_array(),
                     .document = json_get(&r->plan->c->project, "_id"),
                     .fields = &r->plan->project_fields};
    if (r->plan->project_fields.len == 0)
        return true;
    if (!r->push->dry) {
        json answer;
        const char *body = json_written(r->arena, &r->plan->project_fields);
        const char *path = arena_printf(r->arena, "/data/projects/%s", r->project_id);
        zou_result result =
            zou_send(r->push->shared.zou, "PUT", path, body, true, r->arena, &answer, r->e);
        if (result == ZOU_LOST)
            return stop(r);
        x.status = result == ZOU_OK ? "applied" : "failed";
        x.message = result == ZOU_OK ? NULL : arena_text(r->arena, r->e->what, strlen(r->e->what));
    }
    push_run_result(r, &x);
    return push_run_hold(r);
}

/* ---- deletions ------------------------------------------------------------ */

static bool may_go(push_run *r, size_t n, size_t live)
{
    if (delete_limit_allows(&r->push->delete_limit, n, live))
        return true;
    msg_error("%s: %zu of %zu entities would be deleted in Kitsu: none is. If that is right, "
              "allow it with --max-delete %zu",
              r->plan->c->coll, n, live, n);
    r->trouble = true;
    return false;
}

static bool note_held(void *context, store_ns ns, const json *document)
{
    const char *id = json_text(json_at(document, "data", "zou", "id", NULL));
    (void)ns;
    if (id)
        idset_add(context, id, strlen(id));
    return true;
}

/* Look once more, in the store, whether a document has one of them. */
static bool drop_held(push_run *r, entity **list, size_t *n, error *e)
{
    const char **ids = arena_alloc(r->arena, (*n + 1) * sizeof *ids);
    store_ns ns = {r->plan->c->db, r->plan->c->coll};
    idset *held = idset_new();
    for (size_t i = 0; i < *n; i++)
        ids[i] = list[i]->id;
    arena *scratch = arena_new();
    bool ok = store_find(r->push->store, ns, (store_query){STORE_ZOU_ID, ids, *n},
                         &(store_sink){scratch, note_held, held}, e);
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++)
        if (!idset_has(held, list[i]->id, strlen(list[i]->id)))
            list[kept++] = list[i];
    *n = kept;
    arena_free(scratch);
    idset_free(held);
    return ok;
}

/* Until when the store has seen what was made in Kitsu; NULL: never. */
static bool seen_until(push_run *r, const char **at, error *e)
{
    const char *server = zou_server(r->push->shared.zou);
    *at = NULL;
    for (int own = 1; own >= 0; own--) {
        state_checkpoint c;
        bool found;
        if (!state_checkpoint_of(r->push->store, server, own ? r->project_id : NULL, r->arena, &c,
                                 &found, e))
            return false;
        const char *created_at = found ? json_text(&c.created_at) : NULL;
        if (created_at && (!*at || strcmp(created_at, *at) > 0))
            *at = created_at;
    }
    return true;
}

/* What OpenPype never heard of is not what it no longer has. */
static bool was_synchronised(push_run *r, const char *until, size_t n)
{
    if (until)
        return true;
    msg_error("%s: %zu entities would be deleted in Kitsu, but it was never synchronised, so "
              "nothing tells which of them OpenPype had: none is",
              r->plan->c->coll, n);
    r->trouble = true;
    return false;
}

bool push_run_deletions(push_run *r)
{
    const char *until;
    size_t n, live;
    if (!r->push->deletes)
        return true;
    bool ok = seen_until(r, &until, r->e);
    entity **list = ok ? push_plan_leaving(r->plan, until, &n, &live) : NULL;
    ok = ok && (n == 0 || drop_held(r, list, &n, r->e));
    if (!ok)
        return stop(r);
    if (n == 0 || !was_synchronised(r, until, n) || !may_go(r, n, live))
        return true;
    if (!r->push->dry)
        return push_run_delete(r, list, n);
    for (size_t i = 0; i < n; i++)
        push_run_deleted(r, list[i], "planned", NULL);
    return true;
}

/* ---- all of it ------------------------------------------------------------ */

static void write_skipped(push_run *r)
{
    for (uint32_t n = 0; n < r->plan->skipped.len; n++) {
        const json *s = &r->plan->skipped.items[n], *what = json_get(s, "entity");
        ndjson_write(s);
        if (!r->push->silent)
            msg_warn("%s: skipped %s \"%s\": %s", r->plan->c->coll,
                     json_text(json_get(what, "type")), json_text(json_get(what, "name")),
                     json_text(json_get(s, "reason")));
    }
    r->skipped = r->plan->skipped.len;
    r->trouble |= r->skipped > 0;
}

static void write_summary(push_run *r, double started)
{
    arena *a = r->arena;
    const struct {
        const char *key;
        unsigned long n;
    } counts[] = {{"created", r->created}, {"updated", r->updated}, {"deleted", r->deleted},
                  {"linked", r->linked},   {"tasks", r->tasks},     {"skipped", r->skipped},
                  {"failed", r->failed}};
    json out = json_object();
    json_add(a, &out, "type", json_string(a, "Summary"));
    json_add(a, &out, "to", json_string(a, "kitsu"));
    json_add(a, &out, "project", json_string(a, r->plan->c->coll));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_add(a, &out, counts[i].key, json_integer(a, (int64_t)counts[i].n));
    char seconds[32];
    snprintf(seconds, sizeof seconds, "%.2f", clock_now() - started);
    json number;
    if (json_parse(a, seconds, strlen(seconds), &number, NULL, NULL))
        json_add(a, &out, "seconds", number);
    ndjson_write(&out);
    output_flush();
}

static push_outcome carry_out(push *p, const collection *c, push_kitsu *k, arena *a, error *e)
{
    double started = clock_now();
    const json *s = settings_for(p->settings, c->coll);
    const json *patterns = json_at(s, "kitsu", "entities_naming_pattern", NULL);
    const char *episode = json_text(json_get(patterns, "episode"));
    const char *sequence = json_text(json_get(patterns, "sequence"));
    const char *shot = json_text(json_get(patterns, "shot"));
    /* An empty one would name substitutes with nothing. */
    push_options o = {.episode = episode && *episode ? episode : "E##",
                      .sequence = sequence && *sequence ? sequence : "SQ##",
                      .shot = shot && *shot ? shot : "SH##",
                      .attributes = json_get(settings_anatomy(p->settings), "attributes")};
    push_plan plan;
    push_plan_make(&plan, a, c, k, &o);
    push_run r = {.push = p, .plan = &plan, .arena = a, .project_id = k->production->id, .e = e};
    write_skipped(&r);
    if (push_run_hold(&r)) {
        push_run_link_project(&r);
        if (update_project(&r) && push_run_entities(&r) && push_run_tasks(&r))
            push_run_deletions(&r);
    }
    write_summary(&r, started);
    push_plan_free(&plan);
    if (r.left)
        msg_error("%s: %s: the rest of it is left", c->coll, e->what);
    if (r.stopped && !r.left)
        return PUSH_STOP;
    return r.left || r.trouble ? PUSH_PARTIAL : PUSH_WHOLE;
}

/* Of two projects that are linked to the same one of Kitsu's, as where somebody
 * restored a copy beside it, one is pushed: that of Kitsu's name, else the first.
 * NULL: this one is. */
static const char *original_of(const push *p, const collection *c, const production *kitsu)
{
    const project_link *link = project_links_find(&p->links, kitsu->id, kitsu->name);
    if (!link || strcmp(link->coll, c->coll) == 0 ||
        !json_text_is(json_at(&c->project, "data", "zou_id", NULL), kitsu->id))
        return NULL;
    return link->coll;
}

push_outcome push_project(push *p, const collection *c, arena *a, error *e)
{
    push_kitsu k = {.shared = &p->shared};
    push_outcome outcome = PUSH_PARTIAL;
    if (json_is_null(&c->project)) {
        msg_error("%s: it has no project document", c->coll);
        return PUSH_PARTIAL;
    }
    if (p->hold && !p->hold(p->context, e)) /* before anything is read: nobody else makes it */
        return PUSH_STOP;
    push_found found = push_kitsu_read(&k, c, a, e);
    const char *original = found == PUSH_FOUND ? original_of(p, c, k.production) : NULL;
    if (found == PUSH_LOST) {
        outcome = PUSH_STOP;
    } else if (found == PUSH_NOT_FOUND) {
        msg_error("%s: %s", c->coll, e->what);
    } else if (original) {
        msg_error("%s: it is linked to the same project of Kitsu's as \"%s\", which is the one "
                  "that is pushed",
                  c->coll, original);
    } else if (k.closed) {
        msg_warn("%s: it is closed in Kitsu: left alone", c->coll);
        outcome = PUSH_WHOLE;
    } else {
        outcome = carry_out(p, c, &k, a, e);
    }
    push_kitsu_free(&k);
    return outcome;
}
