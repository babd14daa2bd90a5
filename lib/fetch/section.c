#include "fetch/section.h"

#include "base/idset.h"
#include "base/mem.h"
#include "base/msg.h"
#include "record/ndjson.h"
#include "zou/bulk.h"
#include "zou/id.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* entities that Kitsu did not give and that are asked for one by one; more
 * make a full reading cheaper. */
#define MAX_PROBES 20

/* An entity or asset type that matters to the section. */
typedef struct item {
    UT_hash_handle hh; /* by id */
    const char *id;
    kind kind; /* as somebody said; the record knows better */
    /* Why: an event names it, or a task of it; it is remembered as skipped (or a
     * task of it); the batch made, or deleted, it. */
    bool affected, by_task, remembered, made, deleted;
    bool cast;          /* an asset was put into it, or taken out */
    bool wanted, asked; /* Kitsu is to be asked for it; was */
    /* What the store has. */
    bool looked_up, stored, live, stored_canceled;
    const char *stored_parent_id, *stored_type_id, *stored_ready_for;
    zou_entity *record; /* what Kitsu has, or NULL */
    bool followed;      /* what is above and below was seen to */
    bool elsewhere;     /* it lies in another project */
} item;

/* The section under way. */
typedef struct work {
    fetch_section s;
    zou *zou;
    arena *arena; /* owned by the reading */
    item *items;  /* hash table */
    element_list tasks, asset_types;
    bool lists_asset_types;
    idset *stored_tasks; /* of the documents that were looked up */
    affected_id *lost;   /* hash table: tasks to be found in the store */
    json deleted;        /* array of Deleted */
    bool too_many;
    fetch_outcome outcome; /* when a step fails */
    error *e;
} work;

/* ---- failures ------------------------------------------------------------ */

/* All steps return false when the section cannot go on; `outcome` says how. */

static bool asked_in_vain(work *w, zou_result result)
{
    w->outcome = fetch_reading_abandon(w->s.reading, result, w->e);
    return false;
}

static bool store_failed(work *w)
{
    w->outcome = FETCH_LOST;
    return false;
}

/* ---- items ---------------------------------------------------------------- */

static item *item_of(work *w, const char *id, kind k)
{
    item *i;
    HASH_FIND_STR(w->items, id, i);
    if (!i) {
        i = arena_alloc(w->arena, sizeof *i);
        *i = (item){.id = arena_text(w->arena, id, strlen(id)), .kind = KIND_NONE};
        HASH_ADD_KEYPTR(hh, w->items, i->id, strlen(i->id), i);
    }
    if (i->kind == KIND_NONE)
        i->kind = k;
    return i;
}

static kind item_kind(const item *i)
{
    return i->record ? i->record->kind : i->kind;
}

typedef bool item_test(const work *w, const item *i);

/* The ids of those that pass, in the arena. */
static const char **select_items(work *w, item_test *test, size_t *n)
{
    const char **ids = arena_alloc(w->arena, (HASH_COUNT(w->items) + 1) * sizeof *ids);
    *n = 0;
    for (const item *i = w->items; i; i = i->hh.next)
        if (test(w, i))
            ids[(*n)++] = i->id;
    return ids;
}

static void add_touched(work *w)
{
    for (const affected_id *t = w->s.project->entities; t; t = t->hh.next) {
        item *i = item_of(w, t->id, t->kind);
        i->affected = i->wanted = true;
        i->made |= t->made;
        i->deleted |= t->deleted;
        i->cast |= t->cast;
    }
    for (const affected_id *t = w->s.project->asset_types; t; t = t->hh.next) {
        item *i = item_of(w, t->id, KIND_ASSET_TYPE);
        i->affected = true;
        i->made |= t->made;
    }
}

/* The Skipped of a task is about its entity. */
static void add_remembered(work *w)
{
    for (uint32_t n = 0; n < w->s.remembered->len; n++) {
        const json *entity = json_get(&w->s.remembered->items[n], "entity");
        kind k = kind_of(json_text(json_get(entity, "type")));
        const char *id = json_text(json_get(entity, k == KIND_TASK ? "entity_id" : "id"));
        if (k == KIND_NONE || k > KIND_TASK || !zou_is_id(id))
            continue;
        item *i = item_of(w, id, k == KIND_TASK ? KIND_NONE : k);
        i->remembered = true;
        i->wanted |= k != KIND_ASSET_TYPE;
    }
}

/* ---- tasks of the events --------------------------------------------------- */

static bool map_task(void *context, const json_element *e)
{
    work *w = context;
    const char *entity_id = zou_member(w->arena, e, "entity_id");
    const char *project_id = zou_member(w->arena, e, "project_id");
    affected_id *t;
    HASH_FIND_STR(w->s.project->tasks, e->id ? e->id : "", t);
    if (!t || !zou_is_id(entity_id))
        return true;
    t->entity_id = arena_text(w->s.affected->arena, entity_id, strlen(entity_id));
    if (zou_is_id(project_id) && strcmp(project_id, w->s.reading->project.id) != 0) {
        affected_project *other = affected_project_of(w->s.affected, project_id);
        affected_add(w->s.affected, other, &other->entities, entity_id, KIND_NONE, NULL);
        other->answered = false;
    }
    return true;
}

static void lose(work *w, const affected_id *t)
{
    affected_id *lost;
    HASH_FIND_STR(w->lost, t->id, lost);
    if (lost)
        return;
    lost = arena_alloc(w->arena, sizeof *lost);
    *lost = (affected_id){.id = t->id};
    HASH_ADD_KEYPTR(hh, w->lost, lost->id, strlen(lost->id), lost);
}

/* Which entities the touched tasks belong to. Where neither an event nor Kitsu
 * says so, the task is gone, and the store knows. */
static bool add_tasks(work *w)
{
    size_t n = 0;
    affected_id *tasks = w->s.project->tasks;
    const char **ids = arena_alloc(w->arena, (HASH_COUNT(tasks) + 1) * sizeof *ids);
    for (const affected_id *t = tasks; t; t = t->hh.next)
        if (!t->entity_id)
            ids[n++] = t->id;
    zou_result result =
        zou_bulk(w->zou, "/data/tasks?id=", ids, n, "&relations=true", map_task, w, w->e);
    if (result != ZOU_OK)
        return asked_in_vain(w, result);
    for (const affected_id *t = tasks; t; t = t->hh.next)
        if (t->entity_id) {
            item *i = item_of(w, t->entity_id, KIND_NONE);
            i->by_task = i->wanted = true;
        } else if (!t->made) {
            lose(w, t);
        }
    return true;
}

/* ---- the store ------------------------------------------------------------- */

typedef void task_fn(void *context, const char *task_id);

static void each_task(const json *document, task_fn *fn, void *context)
{
    const json *tasks = json_at(document, "data", "tasks", NULL);
    for (uint32_t i = 0; json_is(tasks, JSON_OBJECT) && i < tasks->len; i++) {
        const char *id = json_text(json_at(&tasks->members[i].value, "zou", "id", NULL));
        if (id)
            fn(context, id);
    }
}

static void note_task(void *context, const char *id)
{
    idset_add(((work *)context)->stored_tasks, id, strlen(id));
}

static const char *keep(work *w, const json *v)
{
    const char *text = json_text(v);
    return text ? arena_text(w->arena, text, strlen(text)) : NULL;
}

static bool note_stored(void *context, store_ns ns, const json *document)
{
    work *w = context;
    (void)ns;
    const json *link = json_at(document, "data", "zou", NULL);
    const char *id = json_text(json_get(link, "id")), *type = json_text(json_get(document, "type"));
    if (!id || !type)
        return true;
    item *i = item_of(w, id, kind_of(json_text(json_get(link, "type"))));
    i->stored = true;
    i->live |= strcmp(type, "asset") == 0;
    i->stored_canceled = json_true(json_get(link, "canceled"));
    i->stored_parent_id = keep(w, json_get(link, "parent_id"));
    i->stored_type_id = keep(w, json_get(link, "entity_type_id"));
    i->stored_ready_for = keep(w, json_get(link, "ready_for"));
    each_task(document, note_task, w);
    return true;
}

static bool not_looked_up(const work *w, const item *i)
{
    (void)w;
    return !i->looked_up;
}

/* What the store has of the items that are new since the last time. */
static bool look_up(work *w)
{
    size_t n;
    const char **ids = select_items(w, not_looked_up, &n);
    for (item *i = w->items; i; i = i->hh.next)
        i->looked_up = true;
    arena *a = arena_new();
    bool ok = n == 0 || store_find(w->s.store, w->s.ns, (store_query){STORE_ZOU_ID, ids, n},
                                   &(store_sink){a, note_stored, w}, w->e);
    arena_free(a);
    return ok || store_failed(w);
}

/* A search through a collection. */
typedef struct search {
    const affected_id *tasks;
    const char *entity_id; /* of the document at hand */
    fetch_task_fn *fn;
    void *context;
    arena *arena;
} search;

static void match_task(void *context, const char *id)
{
    search *s = context;
    affected_id *t;
    HASH_FIND_STR((affected_id *)s->tasks, id, t);
    if (t)
        s->fn(s->context, t->id, s->entity_id);
}

static bool search_document(void *context, store_ns ns, const json *document)
{
    search *s = context;
    (void)ns;
    s->entity_id = json_text(json_at(document, "data", "zou", "id", NULL));
    if (zou_is_id(s->entity_id))
        each_task(document, match_task, s);
    arena_reset(s->arena);
    return true;
}

bool fetch_find_tasks(store *s, store_ns ns, const affected_id *tasks, fetch_task_fn *fn,
                      void *context, error *e)
{
    if (!tasks)
        return true;
    search all = {.tasks = tasks, .fn = fn, .context = context, .arena = arena_new()};
    bool ok =
        store_documents(s, ns, STORE_ENTITIES, &(store_sink){all.arena, search_document, &all}, e);
    arena_free(all.arena);
    return ok;
}

static void found_task(void *context, const char *task_id, const char *entity_id)
{
    item *i = item_of(context, entity_id, KIND_NONE);
    (void)task_id;
    i->by_task = i->wanted = true;
}

/* A task that the store does not have where Kitsu has it: it may have been
 * moved there (Zou lets one), and is to go from where it was. */
static bool find_lost_tasks(work *w)
{
    for (const affected_id *t = w->s.project->tasks; t; t = t->hh.next) {
        const item *i = t->entity_id ? item_of(w, t->entity_id, KIND_NONE) : NULL;
        if (i && i->stored && !i->remembered && !t->made && !t->deleted &&
            idset_add(w->stored_tasks, t->id, strlen(t->id)))
            lose(w, t);
    }
    return fetch_find_tasks(w->s.store, w->s.ns, w->lost, found_task, w, w->e) || store_failed(w);
}

/* ---- entities --------------------------------------------------------------- */

static bool to_ask(const work *w, const item *i)
{
    (void)w;
    return i->wanted && !i->asked && i->kind != KIND_ASSET_TYPE;
}

/* What lies in another project than the events said goes there. */
static bool hand_over(work *w, item *i, const zou_entity *r)
{
    if (!zou_is_id(r->project_id) || strcmp(r->project_id, w->s.reading->project.id) == 0)
        return false;
    affected_project *other = affected_project_of(w->s.affected, r->project_id);
    affected_add(w->s.affected, other, &other->entities, i->id, r->kind, NULL);
    other->answered = false;
    i->elsewhere = true;
    i->kind = r->kind;
    return true;
}

static bool take_entity(void *context, const json_element *e)
{
    work *w = context;
    zou_entity *r = zou_entity_new(w->arena, e);
    item *i = r ? item_of(w, r->element.id, r->kind) : NULL;
    if (!i || i->record || i->elsewhere)
        return true;
    i->asked = true;
    if (!hand_over(w, i, r))
        i->record = r;
    return true;
}

static bool ask_for_entities(work *w)
{
    size_t n;
    const char **ids = select_items(w, to_ask, &n);
    for (size_t k = 0; k < n; k++)
        item_of(w, ids[k], KIND_NONE)->asked = true;
    zou_result result = zou_bulk(w->zou, "/data/entities?id=", ids, n, "", take_entity, w, w->e);
    return result == ZOU_OK || asked_in_vain(w, result);
}

static bool is_container(const item *i)
{
    return item_kind(i) == KIND_EPISODE || item_kind(i) == KIND_SEQUENCE;
}

/* Whether there may be something below it that the store lacks and that has no
 * event of its own: when it was not there itself, and not made by this batch,
 * before everything below it. */
static bool may_have_more(const work *w, const item *i)
{
    (void)w;
    return i->record && !i->followed && is_container(i) && !i->record->canceled && !i->made &&
           (!i->live || i->stored_canceled || i->remembered);
}

/* A child is taken in if the store lacks it. */
typedef struct children {
    work *work;
    zou_entity **items; /* owned */
    size_t len, cap;
} children;

static bool keep_child(void *context, const json_element *e)
{
    children *c = context;
    zou_entity *r = zou_entity_new(c->work->arena, e);
    if (!r || r->canceled || r->kind == KIND_NONE)
        return true;
    c->items = xgrow(c->items, c->len, &c->cap, sizeof(zou_entity *));
    c->items[c->len++] = r;
    item_of(c->work, r->element.id, r->kind);
    return true;
}

static bool ask_for_children(work *w, const char *path, const char *const *ids, size_t n,
                             const char *rest)
{
    children c = {.work = w};
    zou_result result = zou_bulk(w->zou, path, ids, n, rest, keep_child, &c, w->e);
    bool ok = result == ZOU_OK ? look_up(w) : asked_in_vain(w, result);
    for (size_t k = 0; ok && k < c.len; k++) {
        item *i = item_of(w, c.items[k]->element.id, c.items[k]->kind);
        if (i->record || i->live || hand_over(w, i, c.items[k]))
            continue;
        i->record = c.items[k];
        i->asked = true;
    }
    free(c.items);
    return ok;
}

/* What an asset is ready for decides a number in the tasks of every shot that it
 * is cast in, and Zou tells nobody; after a comment on its task, too, but then
 * the comment's event comes when all is done. */
static bool changes_shots(const work *w, const item *i)
{
    (void)w;
    if (item_kind(i) != KIND_ASSET || !i->record || i->followed || !(i->affected || i->by_task))
        return false;
    const char *now = i->record->ready_for, *before = i->stored_ready_for;
    bool same = now && before ? strcmp(now, before) == 0 : now == before;
    return !same || (now && i->by_task);
}

static bool take_link(void *context, const json_element *e)
{
    work *w = context;
    const char *id = zou_member(w->arena, e, "entity_in_id");
    if (zou_is_id(id))
        item_of(w, id, KIND_NONE)->wanted = true;
    return true;
}

static bool ask_for_castings(work *w)
{
    size_t n;
    const char **ids = select_items(w, changes_shots, &n);
    zou_result result =
        zou_bulk(w->zou, "/data/entity-links?entity_out_id=", ids, n, "", take_link, w, w->e);
    if (result == ZOU_FORBIDDEN) { /* but for an administrator */
        w->too_many = true;
        return false;
    }
    return result == ZOU_OK || asked_in_vain(w, result);
}

/* What is above a record: asked for if the store lacks it. Into the episode of a
 * shot Zou casts the shot's assets as well, without a word about it. */
static void follow_up(work *w, const item *i)
{
    if (!i->record->parent_id)
        return;
    item *parent = item_of(w, i->record->parent_id, KIND_NONE);
    parent->wanted |= !parent->live;
    if (!i->cast || i->record->kind != KIND_SHOT)
        return;
    const char *episode = parent->record ? parent->record->parent_id : parent->stored_parent_id;
    if (episode)
        item_of(w, episode, KIND_EPISODE)->wanted = true;
    else if (!parent->stored && !parent->record)
        parent->wanted = true;
}

/* See to what is above and below the records that came. `*more`: there is
 * something to be asked for. */
static bool follow(work *w, bool *more)
{
    size_t n;
    for (const item *i = w->items; i; i = i->hh.next)
        if (i->record && !i->followed) {
            if (i->record->parent_id)
                item_of(w, i->record->parent_id, KIND_NONE);
            if (i->record->kind == KIND_ASSET && i->record->entity_type_id)
                item_of(w, i->record->entity_type_id, KIND_ASSET_TYPE);
        }
    if (!look_up(w) || !ask_for_castings(w))
        return false;
    for (const item *i = w->items; i; i = i->hh.next)
        if (i->record && !i->followed)
            follow_up(w, i);
    const char **ids = select_items(w, may_have_more, &n);
    for (item *i = w->items; i; i = i->hh.next)
        i->followed |= i->record != NULL;
    if (!ask_for_children(w, "/data/entities?parent_id=", ids, n, ""))
        return false;
    *more = false;
    for (const item *i = w->items; i; i = i->hh.next)
        *more |= to_ask(w, i) || (i->record && !i->followed);
    return true;
}

static bool read_entities(work *w)
{
    bool more = true, first = true;
    while (more) {
        if (!ask_for_entities(w) || !look_up(w) || (first && !find_lost_tasks(w)) ||
            !follow(w, &more))
            return false;
        first = false;
    }
    return true;
}

/* ---- what Kitsu no longer has -------------------------------------------------- */

static void note_deleted(work *w, const item *i)
{
    if (item_kind(i) == KIND_NONE)
        return;
    json v = json_object();
    json_set(w->arena, &v, "type", json_string(w->arena, "Deleted"));
    json_set(w->arena, &v, "entity_type", json_string(w->arena, kind_name(item_kind(i))));
    json_set(w->arena, &v, "id", json_string(w->arena, i->id));
    json_set(w->arena, &v, "project_id", json_string(w->arena, w->s.reading->project.id));
    json_push(w->arena, &w->deleted, v);
}

/* Kitsu's word that it has gone, for one that the events do not say so of. */
static bool probe(work *w, const item *i)
{
    json v;
    const char *path = arena_printf(w->arena, "/data/entities/%s", i->id);
    zou_result result = zou_get(w->zou, path, w->arena, &v, w->e);
    if (result == ZOU_MISSING) {
        note_deleted(w, i);
        return true;
    }
    if (result == ZOU_OK) {
        error_set(w->e, EX_PROTOCOL, "GET %s: it is not in Kitsu's list, and it is there", path);
        result = ZOU_FAILED;
    }
    return asked_in_vain(w, result);
}

static bool is_missing(const work *w, const item *i)
{
    bool judged = i->affected || i->by_task || i->remembered;
    return judged && !i->record && i->wanted && i->kind != KIND_ASSET_TYPE &&
           (i->stored || (i->remembered && i->kind != KIND_NONE)) && !w->s.reading->project.partial;
}

static bool see_to_missing(work *w)
{
    unsigned probes = 0;
    for (const item *i = w->items; i; i = i->hh.next)
        probes += is_missing(w, i) && !i->deleted && !i->elsewhere;
    if (probes > MAX_PROBES) {
        w->too_many = true;
        return false;
    }
    for (const item *i = w->items; i; i = i->hh.next) {
        if (!is_missing(w, i))
            continue;
        if (i->deleted || i->elsewhere)
            note_deleted(w, i);
        else if (!probe(w, i))
            return false;
    }
    return true;
}

/* ---- kinds with a road of their own ---------------------------------------------- */

static bool replace_concept(void *context, const json_element *e)
{
    work *w = context;
    item *i;
    HASH_FIND_STR(w->items, e->id ? e->id : "", i);
    if (i && i->record && i->record->kind == KIND_CONCEPT) {
        const char *type = i->record->element.type;
        i->record->element = *e;
        i->record->element.text = e->text ? arena_text(w->arena, e->text, e->len) : NULL;
        i->record->element.id = i->id;
        i->record->element.name = e->name ? arena_text(w->arena, e->name, strlen(e->name)) : NULL;
        i->record->element.type = e->type ? type : NULL;
    }
    return true;
}

/* A concept's record has a key in the project's list that it has nowhere else,
 * `entity_concept_links`. */
static bool read_concepts(work *w)
{
    bool any = false;
    for (const item *i = w->items; i; i = i->hh.next)
        any |= i->record && i->record->kind == KIND_CONCEPT;
    if (!any)
        return true;
    zou_result result = zou_list(w->zou, zou_project_path(&w->s.reading->project, "concepts"),
                                 replace_concept, w, w->e);
    if (result == ZOU_FORBIDDEN && w->s.reading->project.partial) {
        for (item *i = w->items; i; i = i->hh.next)
            if (i->record && i->record->kind == KIND_CONCEPT)
                i->record = NULL;
        return true;
    }
    return result == ZOU_OK || asked_in_vain(w, result);
}

/* Whether an asset leaves the project's asset types as they were: it is new, or
 * of the same type as before. (That the type is new is seen by its own item.) */
static bool keeps_types(const item *i)
{
    const char *id = i->record ? i->record->entity_type_id : NULL;
    if (!id)
        return false;
    return i->made || (i->live && i->stored_type_id && strcmp(i->stored_type_id, id) == 0);
}

/* Whether the project's asset types may be others than before. Zou looks through
 * all assets for them. */
static bool needs_asset_types(const work *w)
{
    if (w->s.project->whole)
        return true;
    for (const item *i = w->items; i; i = i->hh.next) {
        if (i->kind == KIND_ASSET_TYPE && (i->affected || i->remembered || !i->live))
            return true;
        if (item_kind(i) == KIND_ASSET && i->affected && !keeps_types(i))
            return true;
    }
    return false;
}

static bool take_asset_type(void *context, const json_element *e)
{
    work *w = context;
    if (e->id) {
        element_list_keep(&w->asset_types, e);
        item_of(w, e->id, KIND_ASSET_TYPE);
    }
    return true;
}

static bool type_is_new(const work *w, const item *i)
{
    return i->kind == KIND_ASSET_TYPE && i->affected && !i->made && (!i->live || i->remembered) &&
           element_list_find(&w->asset_types, i->id);
}

static bool read_asset_types(work *w)
{
    size_t n;
    if (!needs_asset_types(w))
        return true;
    w->lists_asset_types = !w->s.reading->project.partial; /* what is not seen is not gone */
    zou_result result = zou_list(w->zou, zou_project_path(&w->s.reading->project, "asset-types"),
                                 take_asset_type, w, w->e);
    if (result != ZOU_OK)
        return asked_in_vain(w, result);
    if (!look_up(w))
        return false;
    const char **ids = select_items(w, type_is_new, &n);
    const char *rest = arena_printf(w->arena, "&project_id=%s", w->s.reading->project.id);
    return ask_for_children(w, "/data/entities?entity_type_id=", ids, n, rest);
}

static bool has_tasks(const work *w, const item *i)
{
    (void)w;
    return i->record && i->record->kind != KIND_NONE;
}

static bool take_task(void *context, const json_element *e)
{
    return !e->id || element_list_keep(context, e);
}

static bool read_tasks(work *w)
{
    size_t n;
    const char **ids = select_items(w, has_tasks, &n);
    w->too_many = n > MAX_AFFECTED;
    if (w->too_many)
        return false;
    zou_result result = zou_bulk(w->zou, "/data/tasks?entity_id=", ids, n, "&relations=true",
                                 take_task, &w->tasks, w->e);
    return result == ZOU_OK || asked_in_vain(w, result);
}

/* Whether the kept list of task types has all that the project and the tasks
 * speak of. */
static bool knows_task_types(const work *w)
{
    const element_list *list = &w->s.reading->project.lists->task_types;
    const json *own = json_get(&w->s.reading->project.record, "task_types");
    bool known = true;
    for (uint32_t i = 0; json_is(own, JSON_ARRAY) && i < own->len; i++)
        known &= element_list_find(list, json_text(&own->items[i])) != NULL;
    for (size_t i = 0; known && i < w->tasks.len; i++) {
        const char *id = zou_member(w->arena, &w->tasks.items[i], "task_type_id");
        known = !id || element_list_find(list, id);
    }
    return known;
}

static bool read_task_types(work *w)
{
    zou_lists *shared = w->s.reading->project.lists;
    bool fresh = !shared->task_types.read;
    zou_result result = zou_lists_need(shared, &shared->task_types, w->e);
    if (result == ZOU_OK && !fresh && !knows_task_types(w)) {
        element_list_clear(&shared->task_types);
        result = zou_lists_need(shared, &shared->task_types, w->e);
    }
    return result == ZOU_OK || asked_in_vain(w, result);
}

/* ---- writing ------------------------------------------------------------------------ */

static void write_asset_types(work *w)
{
    for (size_t k = 0; k < w->asset_types.len; k++) {
        const item *i = item_of(w, w->asset_types.items[k].id, KIND_ASSET_TYPE);
        if (i->affected || i->remembered || !i->live)
            fetch_reading_write(w->s.reading, KIND_ASSET_TYPE, &w->asset_types.items[k]);
    }
}

static void write_asset_type_ids(work *w)
{
    json v = json_object(), ids = json_array();
    for (size_t k = 0; k < w->asset_types.len; k++)
        json_push(w->arena, &ids, json_string(w->arena, w->asset_types.items[k].id));
    json_set(w->arena, &v, "type", json_string(w->arena, "AssetTypes"));
    json_set(w->arena, &v, "project_id", json_string(w->arena, w->s.reading->project.id));
    json_set(w->arena, &v, "ids", ids);
    ndjson_write(&v);
}

static void write_section(work *w)
{
    fetch_reading *r = w->s.reading;
    fetch_reading_write_project(r);
    fetch_reading_write_task_types(r);
    write_asset_types(w);
    for (int k = KIND_EPISODE; k < KIND_ENTITIES; k++)
        for (const item *i = w->items; i; i = i->hh.next)
            if (i->record && i->record->kind == (kind)k)
                fetch_reading_write(r, (kind)k, &i->record->element);
    for (size_t k = 0; k < w->tasks.len; k++)
        fetch_reading_write(r, KIND_TASK, &w->tasks.items[k]);
    for (uint32_t k = 0; k < w->deleted.len; k++)
        ndjson_write(&w->deleted.items[k]);
    if (w->lists_asset_types)
        write_asset_type_ids(w);
    fetch_reading_write_end(r, "events", w->s.project->whole);
}

static bool count_items(work *w)
{
    unsigned n = 0;
    for (const item *i = w->items; i; i = i->hh.next)
        n += i->wanted;
    w->too_many = n > MAX_AFFECTED;
    return !w->too_many;
}

fetch_outcome fetch_section_write(const fetch_section *s, bool *too_many, error *e)
{
    work w = {.s = *s,
              .zou = s->reading->project.lists->zou,
              .arena = s->reading->project.arena,
              .stored_tasks = idset_new(),
              .deleted = json_array(),
              .outcome = FETCH_ABANDONED,
              .e = e};
    add_touched(&w);
    add_remembered(&w);
    if (add_tasks(&w) && count_items(&w) && read_entities(&w) && see_to_missing(&w) &&
        read_asset_types(&w) && read_concepts(&w) && read_tasks(&w) && read_task_types(&w)) {
        write_section(&w);
        w.outcome = fetch_reading_outcome(s->reading, s->said_partial, e);
    }
    *too_many = w.too_many;
    HASH_CLEAR(hh, w.items);
    HASH_CLEAR(hh, w.lost);
    element_list_clear(&w.tasks);
    element_list_clear(&w.asset_types);
    idset_free(w.stored_tasks);
    return w.outcome;
}
