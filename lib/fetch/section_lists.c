#include "fetch/section_lists.h"

#include "base/limits.h"
#include "fetch/section_entities.h"
#include "fetch/section_store.h"
#include "zou/project_counts.h"

#include <string.h>
#include <sysexits.h>

/* ---- asset types ------------------------------------------------------------- */

/* Whether an asset leaves the project's asset types as they were: it is new, or
 * of the same type as before. (Its type has an item of its own, which tells
 * whether that is new.) */
static bool keeps_asset_types(const section_item *i)
{
    const char *id = i->record ? i->record->entity_type_id : NULL;
    if (!id)
        return false;
    return i->made || (i->live && i->stored_type_id && strcmp(i->stored_type_id, id) == 0);
}

static bool changes_asset_types(const section_item *i)
{
    if (i->kind == KIND_ASSET_TYPE && (i->affected || i->remembered || !i->live))
        return true;
    return section_item_kind(i) == KIND_ASSET && i->affected && !keeps_asset_types(i);
}

static bool take_asset_type(void *context, const json_element *e)
{
    section_run *r = context;
    if (!e->id)
        return true;
    section_items_add(&r->items, e->id, KIND_ASSET_TYPE)->listed = true;
    return element_list_keep(&r->asset_types, e);
}

static bool is_new_asset_type(const section_item *i)
{
    return i->kind == KIND_ASSET_TYPE && i->affected && i->listed && !i->made &&
           (!i->live || i->remembered);
}

/* The types of affected assets that the project no longer uses: their names become free.
 * True if there are any. */
static bool add_unused_types(section_run *r)
{
    size_t n = 0;
    const char **ids = arena_alloc(r->arena, (HASH_COUNT(r->items.table) + 1) * sizeof *ids);
    for (const section_item *i = r->items.table; i; i = i->hh.next) {
        const section_item *type = section_items_find(&r->items, i->stored_type_id);
        if (i->affected && i->stored_type_id && !(type && (type->listed || type->affected)))
            ids[n++] = i->stored_type_id;
    }
    for (size_t k = 0; k < n; k++)
        section_items_add(&r->items, ids[k], KIND_ASSET_TYPE)->affected = true;
    return n > 0;
}

/* The project's asset types; where there are none, Kitsu must not count any asset. */
static zou_result list_asset_types(section_run *r)
{
    zou_project *p = &r->records->project;
    bool empty[KINDS] = {[KIND_ASSET] = true};
    zou_result result =
        zou_list(r->zou, zou_project_path(p, "asset-types"), take_asset_type, r, r->e);
    if (result != ZOU_OK || r->asset_types.len > 0 || p->partial)
        return result;
    return zou_project_check_empty(p, empty, r->e);
}

/* Zou looks through all assets for this list, so it is asked for only if need be. */
bool section_lists_read_asset_types(section_run *r)
{
    zou_project *p = &r->records->project;
    if (!r->project->whole && section_items_count(&r->items, changes_asset_types) == 0)
        return true;
    r->has_asset_types = !p->partial;
    zou_result result = list_asset_types(r);
    if (result == ZOU_DISPUTED)
        result = list_asset_types(r);
    if (result != ZOU_OK)
        return section_run_kitsu_failed(r, result);
    if (!section_store_look_up(r) ||
        (r->has_asset_types && add_unused_types(r) && !section_entities_read(r)))
        return false;
    bulk_query query = {.path = "/data/entities?entity_type_id=",
                        .rest = arena_printf(r->arena, "&project_id=%s", p->id)};
    query.ids = section_items_select(&r->items, is_new_asset_type, &query.n);
    return section_entities_read_children(r, &query);
}

/* ---- concepts ---------------------------------------------------------------- */

static bool is_concept(const section_item *i)
{
    return i->record && i->record->kind == KIND_CONCEPT;
}

static bool replace_concept(void *context, const json_element *e)
{
    section_run *r = context;
    section_item *i = section_items_find(&r->items, e->id);
    if (i && is_concept(i)) {
        const char *type = i->record->element.type;
        i->record->element = *e;
        i->record->element.text = e->text ? arena_text(r->arena, e->text, e->len) : NULL;
        i->record->element.id = i->id;
        i->record->element.name = e->name ? arena_text(r->arena, e->name, strlen(e->name)) : NULL;
        i->record->element.type = e->type ? type : NULL;
    }
    return true;
}

static void drop_concepts(section_run *r)
{
    for (section_item *i = r->items.table; i; i = i->hh.next)
        if (is_concept(i))
            i->record = NULL;
}

bool section_lists_read_concepts(section_run *r)
{
    zou_project *p = &r->records->project;
    if (section_items_count(&r->items, is_concept) == 0)
        return true;
    zou_result result = zou_list(r->zou, zou_project_path(p, "concepts"), replace_concept, r, r->e);
    if (result == ZOU_FORBIDDEN && p->partial) {
        drop_concepts(r);
        return true;
    }
    return result == ZOU_OK || section_run_kitsu_failed(r, result);
}

/* ---- tasks ------------------------------------------------------------------- */

static bool has_tasks(const section_item *i)
{
    return i->record && i->record->kind != KIND_NONE;
}

static bool take_task(void *context, const json_element *e)
{
    return !e->id || element_list_keep(context, e);
}

/* The tasks; where the store has some and the list none, Kitsu must not count any. */
static zou_result list_tasks(section_run *r, const bulk_query *query)
{
    zou_result result = zou_bulk_list(r->zou, query, take_task, &r->tasks, r->e);
    bool lost = r->tasks.len == 0 && idset_len(r->stored_tasks) > 0;
    if (result == ZOU_OK && lost && !r->records->project.partial)
        result = zou_project_check_no_tasks(&r->records->project, query->ids, query->n, r->e);
    return result;
}

bool section_lists_read_tasks(section_run *r)
{
    bulk_query query = {.path = "/data/tasks?entity_id=", .rest = "&relations=true"};
    query.ids = section_items_select(&r->items, has_tasks, &query.n);
    if (query.n > MAX_AFFECTED)
        return section_run_needs_full(r);
    zou_result result = list_tasks(r, &query);
    if (result == ZOU_DISPUTED)
        result = list_tasks(r, &query);
    return result == ZOU_OK || section_run_kitsu_failed(r, result);
}

/* ---- task types -------------------------------------------------------------- */

static bool has_all_task_types(section_run *r)
{
    element_list *list = &r->records->project.lists->task_types;
    const json *own = json_get(&r->records->project.record, "task_types");
    for (uint32_t i = 0; json_is(own, JSON_ARRAY) && i < own->len; i++)
        if (!element_list_find(list, json_text(&own->items[i])))
            return false;
    for (size_t i = 0; i < r->tasks.len; i++) {
        const char *id = json_text(json_get(element_list_tree(&r->tasks, i), "task_type_id"));
        if (id && !element_list_find(list, id))
            return false;
    }
    return true;
}

bool section_lists_read_task_types(section_run *r)
{
    zou_lists *lists = r->records->project.lists;
    bool kept = lists->task_types.read;
    zou_result result = zou_lists_need(lists, &lists->task_types, r->e);
    if (result == ZOU_OK && kept && !has_all_task_types(r)) {
        element_list_clear(&lists->task_types);
        result = zou_lists_need(lists, &lists->task_types, r->e);
    }
    if (result == ZOU_OK && !fetch_records_check_task_types(r->records, r->e))
        result = ZOU_FAILED;
    return result == ZOU_OK || section_run_kitsu_failed(r, result);
}

/* ---- what tasks refer to --------------------------------------------------------- */

/* Note an id. Returns whether the list has it. */
static bool note(idset *ids, element_list *list, const json *id)
{
    const char *text = json_text(id);
    return !text || !idset_add_text(ids, text) || element_list_find(list, text);
}

/* Read a list of which the tasks refer to these, and the kept one has all of them or not. */
static bool read_of_tasks(section_run *r, element_list *list, const idset *ids, bool has_all)
{
    if (!r->project->whole && idset_len(ids) == 0)
        return true;
    if (!has_all)
        element_list_clear(list);
    zou_result result = zou_lists_need(r->records->project.lists, list, r->e);
    return result == ZOU_OK || (result == ZOU_FORBIDDEN && ids == r->assignees) ||
           section_run_kitsu_failed(r, result);
}

bool section_lists_read_task_statuses(section_run *r)
{
    element_list *list = &r->records->project.lists->task_statuses;
    bool all = true;
    for (size_t i = 0; i < r->tasks.len; i++)
        all &= note(r->statuses, list, json_get(element_list_tree(&r->tasks, i), "task_status_id"));
    return read_of_tasks(r, list, r->statuses, all);
}

bool section_lists_read_people(section_run *r)
{
    element_list *list = &r->records->project.lists->people;
    bool all = true;
    for (size_t i = 0; i < r->tasks.len; i++) {
        const json *ids = json_get(element_list_tree(&r->tasks, i), "assignees");
        for (uint32_t k = 0; json_is(ids, JSON_ARRAY) && k < ids->len; k++)
            all &= note(r->assignees, list, &ids->items[k]);
    }
    return read_of_tasks(r, list, r->assignees, all);
}
