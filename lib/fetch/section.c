#include "fetch/section.h"

#include "fetch/section_again.h"
#include "fetch/section_deleted.h"
#include "fetch/section_entities.h"
#include "fetch/section_links.h"
#include "fetch/section_lists.h"
#include "record/deleted.h"
#include "record/ndjson.h"
#include "zou/id.h"

#include <string.h>

/* ---- what the section is about ----------------------------------------------- */

static void add_affected(section_run *r)
{
    const affected_project *p = r->project;
    for (const affected_id *t = p->entities; t; t = t->hh.next) {
        section_item *i = section_items_add(&r->items, t->id, t->kind);
        i->affected = i->wanted = true;
        i->made |= t->made;
        i->deleted |= t->deleted;
        i->updated |= t->updated;
        i->cast |= t->cast;
    }
    for (const affected_id *t = p->asset_types; t; t = t->hh.next) {
        section_item *i = section_items_add(&r->items, t->id, KIND_ASSET_TYPE);
        i->affected = true;
        i->made |= t->made;
    }
}

static bool take_tasks_entity(void *context, const json_element *e, const json *task)
{
    section_run *r = context;
    const char *entity_id = json_text(json_get(task, "entity_id"));
    const char *project_id = json_text(json_get(task, "project_id"));
    affected_id *t;
    HASH_FIND_STR(r->project->tasks, e->id ? e->id : "", t);
    if (!t || !zou_is_id(entity_id))
        return true;
    t->entity_id = arena_text(r->affected->arena, entity_id, strlen(entity_id));
    section_run_hand_over(r, project_id, entity_id, KIND_NONE);
    return true;
}

/* Add the entities of the affected tasks. Where neither an event nor Kitsu names
 * the entity, the task was deleted, and the store knows. */
static bool add_tasks_entities(section_run *r)
{
    size_t n = 0;
    const affected_id *tasks = r->project->tasks;
    const char **ids = arena_alloc(r->arena, (HASH_COUNT(tasks) + 1) * sizeof *ids);
    for (const affected_id *t = tasks; t; t = t->hh.next)
        if (!t->entity_id)
            ids[n++] = t->id;
    bulk_query query = {"/data/tasks?id=", ids, n, "&relations=true"};
    zou_result result = zou_bulk_trees(r->zou, &query, NULL, take_tasks_entity, r, r->e);
    if (result != ZOU_OK)
        return section_run_kitsu_failed(r, result);
    for (const affected_id *t = tasks; t; t = t->hh.next)
        if (t->entity_id) {
            section_item *i = section_items_add(&r->items, t->entity_id, KIND_NONE);
            i->by_task = i->wanted = true;
        } else if (!t->made) {
            section_run_seek_task(r, t->id);
        }
    return true;
}

/* ---- writing ------------------------------------------------------------------ */

static void write_asset_types(section_run *r)
{
    for (size_t k = 0; k < r->asset_types.len; k++) {
        const json_element *e = &r->asset_types.items[k];
        const section_item *i = section_items_find(&r->items, e->id);
        if (i->affected || i->remembered || !i->live)
            fetch_records_write(r->records, KIND_ASSET_TYPE, e);
    }
}

static void write_asset_type_ids(section_run *r)
{
    json ids = json_array();
    for (size_t k = 0; k < r->asset_types.len; k++)
        json_push(r->arena, &ids, json_string(r->arena, r->asset_types.items[k].id));
    json v = asset_types_make(r->arena, r->records->project.id, ids);
    ndjson_write(&v);
}

static void write_entities(section_run *r, kind k)
{
    for (const section_item *i = r->items.table; i; i = i->hh.next)
        if (i->record && i->record->kind == k)
            fetch_records_write(r->records, k, &i->record->element);
}

/* What was read, or is known to be no longer there. */
static json list_judged(const section_run *r)
{
    json ids = json_array();
    for (const section_item *i = r->items.table; i; i = i->hh.next)
        if (i->record || i->remembered)
            json_push(r->arena, &ids, json_string(r->arena, i->id));
    return ids;
}

static void write_section(section_run *r)
{
    bool of_all = r->project->whole; /* documents of tasks that are not here are judged, too */
    fetch_records_write_project(r->records);
    fetch_records_write_task_types(r->records);
    if (of_all || idset_len(r->statuses) > 0)
        fetch_records_write_task_statuses(r->records, of_all ? NULL : r->statuses);
    write_asset_types(r);
    for (int k = KIND_EPISODE; k < KIND_ENTITIES; k++)
        write_entities(r, (kind)k);
    for (size_t k = 0; k < r->tasks.len; k++)
        fetch_records_write(r->records, KIND_TASK, &r->tasks.items[k]);
    if (of_all || r->tasks.len > 0)
        fetch_records_write_people(r->records, of_all ? NULL : r->assignees);
    section_links_write(r);
    for (uint32_t k = 0; k < r->deleted.len; k++)
        ndjson_write(&r->deleted.items[k]);
    if (r->has_asset_types)
        write_asset_type_ids(r);
    json judged = list_judged(r);
    fetch_records_write_end(r->records, END_EVENTS, r->project->whole, &judged);
}

/* All entities: those that events affect, and those that follow from these. */
static bool read_entities(section_run *r)
{
    bool more = true;
    while (more)
        if (!section_entities_read(r) || !section_again_find(r) || !section_links_find(r, &more))
            return false;
    return true;
}

/* What has to be read for them, which may be more entities. */
static bool read_rest(section_run *r)
{
    return section_deleted_find(r) && section_lists_read_asset_types(r) && read_entities(r) &&
           section_lists_read_concepts(r) && section_lists_read_tasks(r) &&
           section_lists_read_task_types(r) && section_lists_read_task_statuses(r) &&
           section_lists_read_people(r) && section_links_read(r);
}

fetch_outcome fetch_section_write(const fetch_section *s, error *e)
{
    arena *a = s->records->project.arena;
    section_run r = {.records = s->records,
                     .store = s->store,
                     .ns = s->ns,
                     .affected = s->affected,
                     .project = s->project,
                     .zou = s->records->project.lists->zou,
                     .arena = a,
                     .e = e,
                     .items = {.arena = a},
                     .stored_tasks = idset_new(),
                     .statuses = idset_new(),
                     .assignees = idset_new(),
                     .deleted = json_array(),
                     .links = json_array(),
                     .outcome = FETCH_ABANDONED};
    add_affected(&r);
    if (add_tasks_entities(&r) && read_entities(&r) && read_rest(&r)) {
        write_section(&r);
        r.outcome = fetch_records_outcome(s->records, e);
    }
    section_run_free(&r);
    return r.outcome;
}
