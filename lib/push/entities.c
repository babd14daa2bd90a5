#include "push/entities.h"

#include "base/clock.h"
#include "base/limits.h"
#include "push/link_changes.h"
#include "push/result_writer.h"
#include "record/sanitize.h"
#include "zou/bulk.h"
#include "zou/id.h"

#include <string.h>

/* entities; made before they are read back and linked. At most that many have to be found
 * again by their names after a push was killed. Two requests read them. */
#define SLICE 180

/* tries; to make an entity whose answer was lost, before it fails. */
#define MAX_TRIES 3

/* Items that are made or written together; borrowed. */
typedef struct slice {
    push_run *run;
    push_item *items[SLICE];
    size_t n;
    error *error; /* of read_back */
} slice;

typedef bool slice_fn(slice *s);

/* Add an item; `fn` carries the slice out when it is full. */
static bool slice_add(slice *s, push_item *i, slice_fn *fn)
{
    s->items[s->n++] = i;
    if (s->n < SLICE)
        return true;
    bool ok = fn(s);
    s->n = 0;
    return ok;
}

static bool slice_end(slice *s, slice_fn *fn)
{
    return s->n == 0 || fn(s);
}

/* ---- reading back --------------------------------------------------------- */

static void ignore_report(void *context, const char *path, const char *why)
{
    (void)context, (void)path, (void)why; /* kitsu-fetch reports it */
}

static bool take_record(void *context, const json_element *e, const json *tree)
{
    slice *s = context;
    if (!e->id || !tree)
        return true;
    push_run *r = s->run;
    for (size_t n = 0; n < s->n; n++) {
        push_item *i = s->items[n];
        if (!i->id || strcmp(i->id, e->id) != 0)
            continue;
        if (!push_kitsu_keep(r->plan->kitsu, tree, r->arena, &i->record, s->error))
            return false;
        sanitize_record(r->arena, &i->record, ignore_report, NULL);
    }
    return true;
}

/* Read the records and link them. Zou's answers to a POST and a PUT have other keys than
 * its lists. */
static bool read_back(slice *s)
{
    push_run *r = s->run;
    const char *ids[SLICE] = {0};
    size_t len = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i]->id)
            ids[len++] = s->items[i]->id;
    error ignored = {0}; /* a run that has stopped keeps its own error */
    bulk_query query = {.path = "/data/entities?id=", .ids = ids, .n = len};
    s->error = r->stopped ? &ignored : r->e;
    zou_result result =
        zou_bulk_trees(r->context->lists.zou, &query, NULL, take_record, s, s->error);
    for (size_t i = 0; i < s->n && result == ZOU_OK; i++)
        if (s->items[i]->id)
            push_link_item(r, s->items[i]);
    return push_run_check(r, result);
}

/* ---- making --------------------------------------------------------------- */

/* The project's list of this kind. */
static const char *list_path(const push_run *r, kind k)
{
    static const char *const routes[KIND_ENTITIES] = {[KIND_EPISODE] = "episodes",
                                                      [KIND_SEQUENCE] = "sequences",
                                                      [KIND_SHOT] = "shots",
                                                      [KIND_ASSET] = "assets"};
    return arena_printf(r->arena, "/data/projects/%s/%s", r->project_id, routes[k]);
}

static const char *path_for(const push_run *r, const push_item *i)
{
    if (i->kind == KIND_ASSET_TYPE)
        return "/data/entity-types";
    if (i->kind == KIND_ASSET)
        return arena_printf(r->arena, "/data/projects/%s/asset-types/%s/assets/new", r->project_id,
                            i->parent->id);
    return list_path(r, i->kind);
}

static const char *body_for(push_run *r, const push_item *i)
{
    arena *a = r->arena;
    json body = json_object();
    json_add(a, &body, "name", json_string(a, i->name));
    if (i->kind == KIND_SEQUENCE && i->parent)
        json_add(a, &body, "episode_id", json_string(a, i->parent->id));
    if (i->kind == KIND_SHOT)
        json_add(a, &body, "sequence_id", json_string(a, i->parent->id));
    for (uint32_t n = 0; n < i->fields.len; n++)
        json_set(a, &body, i->fields.members[n].key, i->fields.members[n].value);
    return json_written(a, &body);
}

static void item_failed(push_run *r, push_item *i, push_operation operation, const char *why)
{
    if (operation == PUSH_INSERT)
        i->failed = why;
    push_result_item(r, i, RESULT_FAILED, operation, why);
}

static void item_made(push_run *r, push_item *i, const char *id)
{
    i->id = arena_text(r->arena, id, strlen(id));
    i->made = true;
    push_result_item(r, i, RESULT_APPLIED, PUSH_INSERT, NULL);
}

/* Why it was not made. Source of the numbers: Zou's models, entity_type.py and entity.py. */
static const char *insert_error(const push_run *r, const push_item *i, const zou_job *job)
{
    return push_run_name_error(r, job, i->name, i->kind == KIND_ASSET_TYPE ? 30 : 160);
}

static void on_made(push_run *r, zou_job *job)
{
    push_item *i = job->context;
    const char *id = json_text(json_get(&job->answer, "id"));
    if (job->unsure)
        return; /* make_sure looks for it */
    if (job->result == ZOU_LOST)
        i->failed = "cannot reach Kitsu";
    else if (job->result != ZOU_OK)
        item_failed(r, i, PUSH_INSERT, insert_error(r, i, job));
    else if (!zou_id_fits(id))
        item_failed(r, i, PUSH_INSERT, "Kitsu's reply has no id");
    else
        item_made(r, i, id);
}

/* Zou makes another asset of the same name each time. Of the other kinds it takes a name
 * once, but does not lock for that. */
static zou_job job_for(push_run *r, push_item *i)
{
    return (zou_job){
        .method = "POST", .path = path_for(r, i), .body = body_for(r, i), .context = i};
}

/* ---- lost answers --------------------------------------------------------- */

typedef struct search {
    push_run *run;
    const push_item *wanted;
    const char *id; /* the one found; in the arena */
} search;

static bool is_named(const search *l, const json_element *e)
{
    return e->id && e->name && strcmp(e->name, l->wanted->name) == 0;
}

/* An entity of this name and parent that was not there before. */
static bool match_entity(void *context, const json_element *e, const json *tree)
{
    search *l = context;
    const push_item *parent = l->wanted->parent;
    const json *id = json_get(tree, l->wanted->kind == KIND_ASSET ? "entity_type_id" : "parent_id");
    if (is_named(l, e) && tree && (parent ? json_text_is(id, parent->id) : json_is_null(id)) &&
        !production_find(l->run->plan->kitsu->production, e->id))
        l->id = arena_text(l->run->arena, e->id, strlen(e->id));
    return true;
}

/* An asset type, which Zou has once for all projects. */
static bool match_type(void *context, const json_element *e)
{
    search *l = context;
    if (is_named(l, e))
        l->id = arena_text(l->run->arena, e->id, strlen(e->id));
    return true;
}

/* Look for it in Kitsu: `*id`, or NULL. */
static bool find_made_item(push_run *r, const push_item *i, const char **id)
{
    search l = {r, i, NULL};
    zou *z = r->context->lists.zou;
    zou_result result =
        i->kind == KIND_ASSET_TYPE
            ? zou_list(z, "/data/asset-types", match_type, &l, r->e)
            : zou_list_trees(z, list_path(r, i->kind), NULL, match_entity, &l, r->e);
    *id = l.id;
    return push_run_check(r, result);
}

/* The answer to this POST was lost: look whether Zou carried it out; if not, try again. */
static bool make_sure(push_run *r, push_item *i, const char *why)
{
    for (int tries = 0; tries < MAX_TRIES; tries++) {
        clock_sleep(clock_setting("OPKITSU_PAUSE_SECONDS", 1)); /* Zou may still be working on it */
        const char *id;
        if (!find_made_item(r, i, &id))
            return false;
        if (id) {
            item_made(r, i, id);
            return true;
        }
        zou_job job = job_for(r, i);
        if (!push_run_send(r, &job, 1, on_made))
            return false;
        if (!job.unsure)
            return true;
        why = insert_error(r, i, &job);
    }
    item_failed(r, i, PUSH_INSERT, why);
    return true;
}

/* ---- one kind ------------------------------------------------------------- */

/* Asset types are linked by link_types. */
static bool make_slice(slice *s)
{
    push_run *r = s->run;
    zou_job jobs[SLICE];
    bool types = s->items[0]->kind == KIND_ASSET_TYPE;
    for (size_t k = 0; k < s->n; k++)
        jobs[k] = job_for(r, s->items[k]);
    if (!push_run_send(r, jobs, s->n, on_made)) {
        if (push_run_interrupted(r) && !types)
            read_back(s);
        return false;
    }
    for (size_t k = 0; k < s->n; k++)
        if (jobs[k].unsure && !make_sure(r, s->items[k], insert_error(r, s->items[k], &jobs[k])))
            return false;
    return types || read_back(s);
}

/* Whether Kitsu has its parent. If not, it fails. */
static bool has_parent(push_run *r, push_item *i)
{
    if (!i->parent || i->parent->id)
        return true;
    item_failed(
        r, i, PUSH_INSERT,
        arena_printf(r->arena, "its %s \"%s\" could not be created",
                     i->parent->kind == KIND_ASSET_TYPE ? "asset type" : kind_name(i->parent->kind),
                     i->parent->name));
    return false;
}

static bool is_wanted(const push_item *i)
{
    return !i->ignored && !i->skip_code && i->kind != KIND_NONE;
}

/* Link those that Kitsu has, make the others. */
static bool make_kind(push_run *r, kind k)
{
    slice s = {.run = r};
    for (size_t n = 0; n < r->plan->n; n++) {
        push_item *i = r->plan->items[n];
        if (i->kind != k || !is_wanted(i))
            continue;
        if (i->id && i->needs_link)
            push_link_item(r, i);
        else if (!i->id && has_parent(r, i) && !slice_add(&s, i, make_slice))
            return false;
    }
    return slice_end(&s, make_slice);
}

static bool is_new_type(const push_item *i)
{
    return i->made && i->kind == KIND_ASSET_TYPE;
}

/* Link new asset types with their records, as their list has them. */
static bool link_types(push_run *r)
{
    push_kitsu *k = r->plan->kitsu;
    bool any = false;
    for (size_t n = 0; n < r->plan->n; n++)
        any |= is_new_type(r->plan->items[n]);
    if (!any)
        return true;
    if (!push_run_check(r, push_kitsu_asset_types(k, r->arena, r->e)))
        return false;
    lookup by_id = {0};
    for (uint32_t t = 0; t < k->asset_types.len; t++) {
        const char *id = json_text(json_get(&k->asset_types.items[t], "id"));
        if (id)
            lookup_add(&by_id, id, &k->asset_types.items[t]);
    }
    for (size_t n = 0; n < r->plan->n; n++) {
        push_item *i = r->plan->items[n];
        const json *record = is_new_type(i) ? lookup_find(&by_id, i->id) : NULL;
        if (record)
            i->record = *record;
        if (is_new_type(i))
            push_link_item(r, i);
    }
    lookup_free(&by_id);
    return true;
}

/* ---- changed fields ------------------------------------------------------- */

static void on_updated(push_run *r, zou_job *job)
{
    push_item *i = job->context;
    if (job->result == ZOU_OK)
        push_result_item(r, i, RESULT_APPLIED, PUSH_UPDATE, NULL);
    else if (job->result != ZOU_LOST)
        item_failed(r, i, PUSH_UPDATE, push_run_job_error(r, job));
}

static bool update_slice(slice *s)
{
    push_run *r = s->run;
    zou_job jobs[SLICE];
    for (size_t k = 0; k < s->n; k++)
        jobs[k] = (zou_job){.method = "PUT",
                            .path = arena_printf(r->arena, "/data/entities/%s", s->items[k]->id),
                            .body = json_written(r->arena, &s->items[k]->fields),
                            .repeatable = true,
                            .context = s->items[k]};
    return push_run_send(r, jobs, s->n, on_updated) && read_back(s);
}

static bool update_all(push_run *r)
{
    slice s = {.run = r};
    for (size_t n = 0; n < r->plan->n; n++) {
        push_item *i = r->plan->items[n];
        bool changed = is_wanted(i) && i->id && !i->made && i->fields.len > 0;
        if (changed && !slice_add(&s, i, update_slice))
            return false;
    }
    return slice_end(&s, update_slice);
}

/* ---- all of it ------------------------------------------------------------ */

static void write_planned_item(push_run *r, const push_item *i)
{
    if (!i->id) {
        push_result_item(r, i, RESULT_PLANNED, PUSH_INSERT, NULL);
        return;
    }
    if (i->needs_link && i->document)
        push_result_item(r, i, RESULT_PLANNED, PUSH_LINK, NULL);
    if (i->fields.len > 0)
        push_result_item(r, i, RESULT_PLANNED, PUSH_UPDATE, NULL);
}

bool push_entities(push_run *r)
{
    if (r->context->dry) {
        for (size_t n = 0; n < r->plan->n; n++)
            if (is_wanted(r->plan->items[n]))
                write_planned_item(r, r->plan->items[n]);
        return true;
    }
    for (int k = KIND_ASSET_TYPE; k <= KIND_ASSET; k++)
        if (!make_kind(r, (kind)k) || (k == KIND_ASSET_TYPE && !link_types(r)))
            return false;
    return update_all(r);
}
