#include "base/clock.h"

#include "base/mem.h"
#include "push/run.h"
#include "record/sanitize.h"
#include "zou/bulk.h"

#include <stdlib.h>
#include <string.h>

/* entities; made before they are read back and linked. A push that is killed has
 * to look for that many by their names, at most; two requests read them. */
#define SLICE 180

/* tries; of an asset whose answer was lost, before it is given up. */
#define MAX_TRIES 3

/* ---- reading back --------------------------------------------------------- */

typedef struct slice {
    push_run *run;
    push_item **items; /* borrowed */
    size_t n;
} slice;

static void no_report(void *context, const char *path, const char *why)
{
    (void)context, (void)path, (void)why; /* kitsu-fetch says it */
}

static bool take_record(void *context, const json_element *e)
{
    slice *s = context;
    json v;
    if (!e->id || !e->text || !json_parse(s->run->arena, e->text, e->len, &v, NULL, NULL))
        return true;
    sanitize_record(s->run->arena, &v, no_report, NULL);
    for (size_t n = 0; n < s->n; n++)
        if (s->items[n]->id && strcmp(s->items[n]->id, e->id) == 0)
            s->items[n]->record = v;
    return true;
}

/* Zou's answers to a POST and a PUT have other keys than its lists. */
static bool read_back(push_run *r, push_item **items, size_t n)
{
    slice s = {r, items, n};
    const char *ids[SLICE] = {0};
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        if (items[i]->id)
            ids[len++] = items[i]->id;
    error e; /* r->e says why we end, if we do */
    zou_result result =
        zou_bulk(r->push->shared.zou, "/data/entities?id=", ids, len, "", take_record, &s, &e);
    for (size_t i = 0; i < n && result == ZOU_OK; i++)
        if (items[i]->id)
            push_run_link(r, items[i]);
    if (!r->stopped)
        *r->e = e;
    return push_run_took(r, result);
}

/* ---- making --------------------------------------------------------------- */

static const char *path_for(const push_run *r, const push_item *i)
{
    const char *of = i->kind == KIND_EPISODE    ? "episodes"
                     : i->kind == KIND_SEQUENCE ? "sequences"
                                                : "shots";
    if (i->kind == KIND_ASSET_TYPE)
        return "/data/entity-types";
    if (i->kind == KIND_ASSET)
        return arena_printf(r->arena, "/data/projects/%s/asset-types/%s/assets/new", r->project_id,
                            i->above->id);
    return arena_printf(r->arena, "/data/projects/%s/%s", r->project_id, of);
}

static const char *body_for(push_run *r, const push_item *i)
{
    arena *a = r->arena;
    json body = json_object();
    json_add(a, &body, "name", json_string(a, i->name));
    if (i->kind == KIND_SEQUENCE && i->above)
        json_add(a, &body, "episode_id", json_string(a, i->above->id));
    if (i->kind == KIND_SHOT)
        json_add(a, &body, "sequence_id", json_string(a, i->above->id));
    for (uint32_t n = 0; n < i->fields.len; n++)
        json_set(a, &body, i->fields.members[n].key, i->fields.members[n].value);
    return json_written(r->arena, &body);
}

static void fail(push_run *r, push_item *i, const char *operation, const char *why)
{
    if (strcmp(operation, "insert") == 0)
        i->failed = why;
    push_run_item(r, i, "failed", operation, why);
}

static void on_made(push_run *r, zou_job *job)
{
    push_item *i = job->context;
    const char *id = json_text(json_get(&job->answer, "id"));
    if (job->unsure)
        return; /* it is looked for */
    if (job->result == ZOU_LOST)
        i->failed = "Kitsu could not be reached";
    else if (job->result != ZOU_OK)
        fail(r, i, "insert", push_run_words(r, job));
    else if (!id)
        fail(r, i, "insert", "Kitsu's answer has no id");
    if (job->result != ZOU_OK || !id)
        return;
    i->id = id;
    i->made = true;
    push_run_item(r, i, "applied", "insert", NULL);
}

static zou_job job_for(push_run *r, push_item *i)
{
    bool once = i->kind == KIND_ASSET || i->kind == KIND_ASSET_TYPE;
    return (zou_job){.method = "POST",
                     .path = path_for(r, i),
                     .body = body_for(r, i),
                     .repeatable = !once,
                     .context = i};
}

/* An asset of this name and type that nobody has a document of. */
typedef struct lookup {
    push_run *run;
    const push_item *wanted;
    const char *id;
} lookup;

static bool match(void *context, const json_element *e)
{
    lookup *l = context;
    arena *a = l->run->arena;
    bool same = e->id && e->name && strcmp(e->name, l->wanted->name) == 0;
    const char *type = same ? zou_member(a, e, "entity_type_id") : NULL;
    if (type && l->wanted->above && strcmp(type, l->wanted->above->id) == 0 &&
        !production_find(l->run->plan->kitsu->production, e->id))
        l->id = arena_text(a, e->id, strlen(e->id));
    return true;
}

/* Of an asset type, which Zou has once for all projects. */
static bool match_type(void *context, const json_element *e)
{
    lookup *l = context;
    if (e->id && e->name && strcmp(e->name, l->wanted->name) == 0)
        l->id = arena_text(l->run->arena, e->id, strlen(e->id));
    return true;
}

static bool look_for(push_run *r, const push_item *i, const char **id)
{
    lookup l = {r, i, NULL};
    bool is_type = i->kind == KIND_ASSET_TYPE;
    const char *path = is_type ? "/data/asset-types"
                               : arena_printf(r->arena, "/data/projects/%s/assets", r->project_id);
    zou_result result = zou_list(r->push->shared.zou, path, is_type ? match_type : match, &l, r->e);
    *id = l.id;
    return push_run_took(r, result);
}

/* The answer to this POST was lost: look whether Zou did it, and else try again. */
static bool make_sure(push_run *r, push_item *i, const char *why)
{
    for (int tries = 0; tries < MAX_TRIES; tries++) {
        clock_sleep(1); /* it may be at it still */
        const char *id;
        if (!look_for(r, i, &id))
            return false;
        if (id) {
            i->id = id;
            i->made = true;
            push_run_item(r, i, "applied", "insert", NULL);
            return true;
        }
        zou_job job = job_for(r, i);
        if (!push_run_send(r, &job, 1, on_made))
            return false;
        if (!job.unsure)
            return true;
        why = push_run_words(r, &job);
    }
    fail(r, i, "insert", why);
    return true;
}

static bool make_slice(push_run *r, push_item **items, size_t n)
{
    zou_job jobs[SLICE];
    if (n == 0)
        return true;
    for (size_t k = 0; k < n; k++)
        jobs[k] = job_for(r, items[k]);
    if (!push_run_send(r, jobs, n, on_made)) {
        if (push_run_ended(r) && items[0]->kind != KIND_ASSET_TYPE)
            read_back(r, items, n);
        return false;
    }
    for (size_t k = 0; k < n; k++)
        if (jobs[k].unsure && !make_sure(r, items[k], push_run_words(r, &jobs[k])))
            return false;
    return items[0]->kind == KIND_ASSET_TYPE || read_back(r, items, n);
}

/* Whether it can be made; it fails for the sake of what it lies below. */
static bool can_be_made(push_run *r, push_item *i)
{
    if (!i->above || i->above->id)
        return true;
    fail(r, i, "insert",
         arena_printf(r->arena, "its %s \"%s\" could not be made",
                      i->above->kind == KIND_ASSET_TYPE ? "asset type" : kind_name(i->above->kind),
                      i->above->name));
    return false;
}

static bool is_wanted(const push_item *i)
{
    return !i->left && !i->skip_code && i->kind != KIND_NONE;
}

static bool make_kind(push_run *r, kind k)
{
    push_item *wanted[SLICE];
    size_t n = 0;
    for (size_t i = 0; i < r->plan->n; i++) {
        push_item *x = r->plan->items[i];
        if (x->kind != k || !is_wanted(x))
            continue;
        if (x->id) {
            if (x->link && x->record.type != JSON_NULL)
                push_run_link(r, x);
        } else if (can_be_made(r, x)) {
            wanted[n++] = x;
        }
        if (n == SLICE) {
            if (!make_slice(r, wanted, n))
                return false;
            n = 0;
        }
    }
    return make_slice(r, wanted, n);
}

/* The records of new asset types, as their list has them. */
static bool link_types(push_run *r)
{
    push_kitsu *k = r->plan->kitsu;
    bool made = false;
    for (size_t i = 0; i < r->plan->n; i++)
        made |= r->plan->items[i]->made && r->plan->items[i]->kind == KIND_ASSET_TYPE;
    if (!made)
        return true;
    if (!push_run_took(r, push_kitsu_asset_types(k, r->arena, r->e)))
        return false;
    for (size_t i = 0; i < r->plan->n; i++) {
        push_item *x = r->plan->items[i];
        for (uint32_t n = 0; x->made && x->kind == KIND_ASSET_TYPE && n < k->asset_types.len; n++) {
            const char *id = json_text(json_get(&k->asset_types.items[n], "id"));
            if (id && strcmp(id, x->id) == 0)
                x->record = k->asset_types.items[n];
        }
        if (x->made && x->kind == KIND_ASSET_TYPE)
            push_run_link(r, x);
    }
    return true;
}

/* ---- changing ------------------------------------------------------------- */

static void on_updated(push_run *r, zou_job *job)
{
    push_item *i = job->context;
    if (job->result == ZOU_OK)
        push_run_item(r, i, "applied", "update", NULL);
    else if (job->result != ZOU_LOST)
        fail(r, i, "update", push_run_words(r, job));
}

static bool update_slice(push_run *r, push_item **items, size_t n)
{
    zou_job jobs[SLICE];
    if (n == 0)
        return true;
    for (size_t k = 0; k < n; k++)
        jobs[k] = (zou_job){.method = "PUT",
                            .path = arena_printf(r->arena, "/data/entities/%s", items[k]->id),
                            .body = json_written(r->arena, &items[k]->fields),
                            .repeatable = true,
                            .context = items[k]};
    return push_run_send(r, jobs, n, on_updated) && read_back(r, items, n);
}

static bool update_all(push_run *r)
{
    push_item *wanted[SLICE];
    size_t n = 0;
    for (size_t i = 0; i < r->plan->n; i++) {
        push_item *x = r->plan->items[i];
        if (is_wanted(x) && x->id && !x->made && x->fields.len > 0)
            wanted[n++] = x;
        if (n == SLICE) {
            if (!update_slice(r, wanted, n))
                return false;
            n = 0;
        }
    }
    return update_slice(r, wanted, n);
}

static void plan_all(push_run *r)
{
    for (size_t n = 0; n < r->plan->n; n++) {
        push_item *i = r->plan->items[n];
        if (!is_wanted(i))
            continue;
        if (!i->id) {
            push_run_item(r, i, "planned", "insert", NULL);
            continue;
        }
        if (i->link && i->document)
            push_run_item(r, i, "planned", "link", NULL);
        if (i->fields.len > 0)
            push_run_item(r, i, "planned", "update", NULL);
    }
}

bool push_run_entities(push_run *r)
{
    if (r->push->dry) {
        plan_all(r);
        return true;
    }
    for (int k = KIND_ASSET_TYPE; k <= KIND_ASSET; k++)
        if (!make_kind(r, (kind)k) || (k == KIND_ASSET_TYPE && !link_types(r)))
            return false;
    return update_all(r);
}

/* ---- deleting ------------------------------------------------------------- */

static void on_deleted(push_run *r, zou_job *job)
{
    const entity *e = job->context;
    bool gone = job->result == ZOU_OK || job->result == ZOU_MISSING;
    if (job->result != ZOU_LOST)
        push_run_deleted(r, e, gone ? "applied" : "failed", gone ? NULL : push_run_words(r, job));
}

bool push_run_delete(push_run *r, entity *const *list, size_t n)
{
    static const char *const words[KIND_ENTITIES] = {[KIND_EPISODE] = "episodes",
                                                     [KIND_SEQUENCE] = "sequences",
                                                     [KIND_SHOT] = "shots",
                                                     [KIND_ASSET] = "assets"};
    zou_job *jobs = xmalloc((n + 1) * sizeof *jobs);
    bool ok = true;
    for (size_t i = 0; i < n && ok;) {
        size_t len = 0;
        kind k = list[i]->kind; /* one after the other: children first */
        for (; i < n && list[i]->kind == k; i++)
            jobs[len++] =
                (zou_job){.method = "DELETE",
                          .path = arena_printf(r->arena, "/data/%s/%s", words[k], list[i]->id),
                          .repeatable = true,
                          .context = list[i]};
        ok = push_run_send(r, jobs, len, on_deleted);
    }
    free(jobs);
    return ok;
}
