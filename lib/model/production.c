#include "model/production.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/msg.h"
#include "model/person.h"
#include "record/deleted.h"
#include "record/record.h"
#include "record/sanitize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- small things --------------------------------------------------------- */

/* A text with a NUL inside would end there early, and be another name: shown
 * as U+FFFD it is none that a document can have. */
static const char *name_of(arena *a, const json *record)
{
    const json *v = json_get(record, "name");
    if (!json_text(v))
        return "";
    if (strlen(v->text) == v->len)
        return v->text;
    buf name = {0};
    for (uint32_t i = 0; i < v->len; i++)
        buf_add(&name, v->text[i] ? v->text + i : "\xef\xbf\xbd", v->text[i] ? 1 : 3);
    const char *shown = arena_text(a, name.data, name.len);
    buf_free(&name);
    return shown;
}

/* NULL for none, an empty one, and one that is no id of Kitsu's. */
static const char *id_of(const json *record, const char *key)
{
    const json *v = json_get(record, key);
    return json_text(v) && v->len && strlen(v->text) == v->len ? v->text : NULL;
}

static const char *text_or(const json *record, const char *key, const char *otherwise)
{
    const char *text = json_text(json_get(record, key));
    return text ? text : otherwise;
}

typedef struct record_name {
    const char *type, *id, *name;
} record_name;

static void report_key(void *context, const char *path, const char *why)
{
    const record_name *r = context;
    msg_warn("%s \"%s\" (%s): key \"%s\" left out: %s", r->type, r->name, r->id, path, why);
}

static void clean(arena *a, json *record)
{
    record_name r = {text_or(record, "type", "record"), text_or(record, "id", ""),
                     text_or(record, "name", "")};
    sanitize_record(a, record, report_key, &r);
}

/* ---- making --------------------------------------------------------------- */

production *production_new(arena *a, const json *project, const char **why)
{
    production *p = arena_alloc(a, sizeof *p);
    *p = (production){.arena = a, .project = *project, .asset_types = json_null()};
    clean(a, &p->project);
    p->id = id_of(&p->project, "id");
    p->name = name_of(a, &p->project);
    const char *status = json_text(json_get(&p->project, "project_status_name"));
    p->closed = status && strcmp(status, "Closed") == 0;
    if (p->id)
        return p;
    *why = "a Project without \"id\"";
    return NULL;
}

void production_free(production *p)
{
    if (!p)
        return;
    HASH_CLEAR(hh, p->by_id);
    HASH_CLEAR(hh, p->types);
    HASH_CLEAR(hh, p->people);
    HASH_CLEAR(hh, p->statuses);
    HASH_CLEAR(hh, p->skipped_tasks);
    casting_free(&p->casting);
    idset_free(p->cast_ids);
    free(p->entities);
    free(p->tasks);
}

entity *production_find(const production *p, const char *id)
{
    entity *e = NULL;
    if (id)
        HASH_FIND_STR(p->by_id, id, e);
    return e;
}

const person *production_person(const production *p, const char *id)
{
    person *found = NULL;
    if (id)
        HASH_FIND_STR(p->people, id, found);
    return found;
}

const task_status *production_status(const production *p, const char *id)
{
    task_status *found = NULL;
    if (id)
        HASH_FIND_STR(p->statuses, id, found);
    return found;
}

bool production_knows_casting(const production *p, const entity *e)
{
    if (!p->read[KIND_ENTITY_LINK] || (e->kind != KIND_SHOT && e->kind != KIND_ASSET))
        return false;
    if (p->cast_ids)
        return idset_has_text(p->cast_ids, e->id);
    if (json_text_is(&p->cast, END_CAST_SHOTS))
        return e->kind == KIND_SHOT && e->parent_id;
    return !p->events;
}

static entity *new_entity(production *p, kind k, const char *id, const json *record)
{
    entity *e = arena_alloc(p->arena, sizeof *e);
    *e = (entity){.kind = k,
                  .id = id,
                  .name = name_of(p->arena, record),
                  .created_at = text_or(record, "created_at", "")};
    p->entities = xgrow(p->entities, p->n, &p->cap, sizeof *p->entities);
    p->entities[p->n++] = e;
    HASH_ADD_KEYPTR(hh, p->by_id, e->id, strlen(e->id), e);
    return e;
}

static void take_record(entity *e, const json *record)
{
    e->record = *record;
    e->parent_id = id_of(record, e->kind == KIND_ASSET ? "entity_type_id" : "parent_id");
    if (json_true(json_get(record, "canceled")))
        e->state = ENTITY_GONE;
}

static bool add_entity(production *p, kind k, const json *record, const char **why)
{
    const char *id = id_of(record, "id");
    if (!id) {
        *why = "a record without \"id\"";
        return false;
    }
    if (production_find(p, id)) {
        *why = "a second record of the same id";
        return false;
    }
    entity *e = new_entity(p, k, id, record);
    json cleaned = *record;
    clean(p->arena, &cleaned);
    if (k == KIND_ASSET_TYPE) {
        /* Added by kitsu-fetch, never stored. */
        cleaned = json_copy_shallow(p->arena, &cleaned);
        json_unset(&cleaned, "project_id");
    }
    take_record(e, &cleaned);
    const json *data = json_get(&e->record, "data");
    if (json_is(data, JSON_OBJECT) && data->len > MAX_FIELDS)
        production_skip(
            p, e, "size",
            arena_printf(p->arena, "it has %u custom fields, more than %d", data->len, MAX_FIELDS));
    e->given = e->state;
    return true;
}

static void take_task(production *p, const char *id, const json *record)
{
    task *t = arena_alloc(p->arena, sizeof *t);
    *t = (task){.id = id,
                .record = *record,
                .name = name_of(p->arena, record),
                .created_at = text_or(record, "created_at", "")};
    p->tasks = xgrow(p->tasks, p->n_tasks, &p->cap_tasks, sizeof *p->tasks);
    p->tasks[p->n_tasks++] = t;
}

static bool add_task(production *p, const json *record, const char **why)
{
    const char *id = id_of(record, "id");
    if (!id || !id_of(record, "entity_id")) {
        *why = "a Task without \"id\" or \"entity_id\"";
        return false;
    }
    json cleaned = *record;
    clean(p->arena, &cleaned);
    take_task(p, id, &cleaned);
    return true;
}

static bool add_task_type(production *p, const json *record, const char **why)
{
    const char *id = id_of(record, "id");
    task_type *known = NULL;
    if (id)
        HASH_FIND_STR(p->types, id, known);
    if (!id || known) {
        *why = known ? "a second record of the same id" : "a TaskType without \"id\"";
        return false;
    }
    task_type *t = arena_alloc(p->arena, sizeof *t);
    *t = (task_type){.id = id};
    json copy = *record;
    clean(p->arena, &copy);
    const json *name = json_get(&copy, "name");
    t->name = json_text(name) && strlen(name->text) == name->len ? name->text : ""; /* a key */
    t->created_at = text_or(&copy, "created_at", "");
    const json *short_name = json_get(&copy, "short_name");
    t->short_name = short_name ? *short_name : json_null();
    t->in_project = json_true(json_get(&copy, "in_project"));
    p->any_type_listed |= t->in_project;
    HASH_ADD_KEYPTR(hh, p->types, t->id, strlen(t->id), t);
    return true;
}

static bool add_status(production *p, const json *record, const char **why)
{
    const char *id = id_of(record, "id");
    const json *name = json_get(record, "short_name");
    if (!id || production_status(p, id)) {
        *why = id ? "a second record of the same id" : "a TaskStatus without \"id\"";
        return false;
    }
    if (!json_text(name) || !name->len)
        return true;
    task_status *new = arena_alloc(p->arena, sizeof *new);
    *new = (task_status){.id = id, .short_name = *name};
    HASH_ADD_KEYPTR(hh, p->statuses, new->id, strlen(new->id), new);
    return true;
}

static bool add_person(production *p, const json *record, const char **why)
{
    const char *id = id_of(record, "id");
    if (!id || production_person(p, id)) {
        *why = id ? "a second record of the same id" : "a Person without \"id\"";
        return false;
    }
    person *new = arena_alloc(p->arena, sizeof *new);
    *new = (person){.id = id,
                    .assignee = person_assignee(p->arena, record),
                    .tells_login = person_tells_login(record)};
    HASH_ADD_KEYPTR(hh, p->people, new->id, strlen(new->id), new);
    return true;
}

static bool add_link(production *p, const json *record, const char **why)
{
    const char *in = id_of(record, "entity_in_id"), *out = id_of(record, "entity_out_id");
    if (!in || !out) {
        *why = "an EntityLink without \"entity_in_id\" or \"entity_out_id\"";
        return false;
    }
    casting_add(&p->casting, in, out);
    return true;
}

static bool add_skipped(production *p, const json *record, kind *counted, const char **why)
{
    const json *what = json_get(record, "entity");
    const char *id = id_of(what, "id");
    kind k = kind_of(json_text(json_get(what, "type")));
    *counted = k;
    if (k == KIND_NONE)
        return true; /* the project's own: nothing of it is here */
    if (!id) {
        *why = "a Skipped record whose entity has no \"id\"";
        return false;
    }
    if (k >= KIND_ENTITIES) {
        skipped_id *s = arena_alloc(p->arena, sizeof *s);
        s->id = id;
        HASH_ADD_KEYPTR(hh, p->skipped_tasks, s->id, strlen(s->id), s);
        return true;
    }
    if (production_find(p, id)) {
        *why = "a second record of the same id";
        return false;
    }
    entity *e = new_entity(p, k, id, what);
    e->state = e->given = ENTITY_SKIPPED;
    e->skip_code = text_or(record, "code", "");
    e->skip_reason = text_or(record, "reason", "");
    return true;
}

void production_delete(production *p, kind k, const char *id)
{
    if (production_find(p, id))
        return; /* it was made anew, or moved here, in the meantime */
    json nothing = json_object();
    entity *e = new_entity(p, k, id, &nothing);
    e->state = e->given = ENTITY_GONE;
    e->lost = true;
}

static bool add_deleted(production *p, const json *record, const char **why)
{
    deleted_record d;
    const char *id = id_of(record, "id");
    deleted_read(record, &d);
    if (!id || d.kind == KIND_NONE) {
        *why = "a Deleted without \"id\", or of an unknown \"entity_type\"";
        return false;
    }
    if (d.kind < KIND_ENTITIES)
        production_delete(p, d.kind, id);
    return true; /* a Task's entity came with those it has */
}

static bool add_asset_types(production *p, const json *record, const char **why)
{
    const json *ids = asset_types_read(record);
    if (!ids) {
        *why = "an AssetTypes whose \"ids\" is no list of texts";
        return false;
    }
    p->asset_types = *ids;
    return true;
}

static void recall_tasks(production *p, const json *tasks)
{
    for (uint32_t i = 0; json_is_plain(tasks) && i < tasks->len; i++) {
        const json *record = json_get(&tasks->members[i].value, "zou");
        const char *id = id_of(record, "id");
        if (id && id_of(record, "entity_id"))
            take_task(p, id, record);
    }
}

entity *production_recall(production *p, const json *record, const json *tasks)
{
    const char *id = id_of(record, "id");
    kind k = kind_of(json_text(json_get(record, "type")));
    if (!id || k == KIND_NONE || k >= KIND_ENTITIES || production_find(p, id))
        return NULL;
    entity *e = new_entity(p, k, id, record);
    e->recalled = true;
    take_record(e, record);
    e->given = e->state;
    recall_tasks(p, tasks);
    return e;
}

void production_recall_skipped(entity *e, const json *record)
{
    e->state = e->given = ENTITY_SKIPPED;
    e->passed_on = true;
    e->skip_code = text_or(record, "code", "");
    e->skip_reason = text_or(record, "reason", "");
}

static bool add_kind(production *p, kind k, const json *record, const char **why)
{
    if (k == KIND_TASK)
        return add_task(p, record, why);
    if (k == KIND_TASK_TYPE)
        return add_task_type(p, record, why);
    if (k == KIND_TASK_STATUS)
        return add_status(p, record, why);
    if (k == KIND_PERSON)
        return add_person(p, record, why);
    if (k == KIND_ENTITY_LINK)
        return add_link(p, record, why);
    return k >= KIND_ENTITIES || add_entity(p, k, record, why);
}

bool production_add(production *p, const json *record, const char **why)
{
    const char *project_id = json_text(json_get(record, "project_id"));
    kind k = kind_of(json_text(json_get(record, "type")));
    bool ok = true;
    if (project_id && strcmp(project_id, p->id) != 0) {
        *why = "a record of another project than the Project before it";
        return false;
    }
    switch (record_type_of(record)) {
    case RECORD_SKIPPED: ok = add_skipped(p, record, &k, why); break;
    case RECORD_DELETED: ok = add_deleted(p, record, why); break;
    case RECORD_ASSET_TYPES: ok = add_asset_types(p, record, why); break;
    case RECORD_KIND: ok = add_kind(p, k, record, why); break;
    default: break;
    }
    if (ok && k != KIND_NONE)
        p->counts[k]++;
    return ok;
}

/* ---- the end --------------------------------------------------------------- */

/* Whether older streams of events have all of the kind, though their End does not say so. */
static bool is_always_read(const production *p, kind k)
{
    return p->events && k != KIND_PERSON && k != KIND_TASK_STATUS && k != KIND_ENTITY_LINK;
}

static bool counts_agree(production *p, const end_record *end, const bool need[KINDS],
                         const char **why)
{
    for (int k = 0; k < KINDS; k++) {
        int64_t expected = 0;
        const json *v = json_get(&end->counts, kind_name((kind)k));
        if (v && !end_count(end, kind_name((kind)k), &expected)) {
            *why = "its counts are not numbers";
            return false;
        }
        p->read[k] = v != NULL || is_always_read(p, (kind)k);
        if (!p->read[k] && need[k] && !p->closed) {
            *why = arena_printf(p->arena, "the stream has no %s records: they were not read",
                                kind_name((kind)k));
            return false;
        }
        bool given_up = k == KIND_ENTITY_LINK && !v; /* some came before that was known */
        if (!given_up && (uint64_t)expected != p->counts[k]) {
            *why =
                arena_printf(p->arena, "%lu %s records came, and End says %lld: the stream was cut",
                             p->counts[k], kind_name((kind)k), (long long)expected);
            return false;
        }
    }
    return true;
}

bool production_end(production *p, const end_record *end, const bool need[KINDS], const char **why)
{
    p->partial = end->partial;
    p->events = end->scope == END_EVENTS;
    p->whole = end->whole;
    p->cast = end->cast;
    if (json_is(&end->cast, JSON_ARRAY))
        p->cast_ids = json_text_set(&end->cast);
    if (!counts_agree(p, end, need, why))
        return false;
    production_link(p);
    return true;
}
