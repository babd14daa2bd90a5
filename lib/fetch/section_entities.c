#include "fetch/section_entities.h"

#include "base/mem.h"
#include "fetch/section_remembered.h"
#include "fetch/section_store.h"
#include "zou/id.h"

#include <stdlib.h>
#include <string.h>

/* ---- by their ids ------------------------------------------------------------ */

static bool has_to_be_asked(const section_item *i)
{
    return i->wanted && !i->asked && i->kind != KIND_ASSET_TYPE;
}

/* Whether it lies in another project than its events name. */
static bool is_elsewhere(section_run *r, section_item *i, const zou_entity *entity)
{
    const char *own = r->records->project.id;
    if (i->by_link && !i->affected && !i->by_task) { /* nothing happened to it */
        i->elsewhere = entity->project_id && strcmp(entity->project_id, own) != 0;
        return i->elsewhere;
    }
    if (!section_run_hand_over(r, entity->project_id, i->id, entity->kind))
        return false;
    i->elsewhere = true;
    i->kind = entity->kind;
    return true;
}

static bool take_entity(void *context, const json_element *e, const json *tree)
{
    section_run *r = context;
    if (!section_run_hold(r, e))
        return false;
    zou_entity *entity = zou_entity_copy(r->arena, e, tree);
    section_item *i =
        entity ? section_items_add(&r->items, entity->element.id, entity->kind) : NULL;
    if (!i || i->record || i->elsewhere)
        return true;
    i->asked = true;
    if (!is_elsewhere(r, i, entity))
        i->record = entity;
    return true;
}

static bool ask_for_wanted(section_run *r)
{
    bulk_query query = {.path = "/data/entities?id="};
    query.ids = section_items_select(&r->items, has_to_be_asked, &query.n);
    for (size_t k = 0; k < query.n; k++)
        section_items_find(&r->items, query.ids[k])->asked = true;
    zou_result result = zou_bulk_trees(r->zou, &query, NULL, take_entity, r, r->e);
    return result == ZOU_OK || section_run_kitsu_failed(r, result);
}

/* ---- above them -------------------------------------------------------------- */

static bool is_new_record(const section_item *i)
{
    return i->record && !i->followed;
}

/* Add what the new records refer to, and look it up in the store. */
static bool look_up_parents(section_run *r)
{
    for (const section_item *i = r->items.table; i; i = i->hh.next) {
        if (!is_new_record(i))
            continue;
        if (i->record->parent_id)
            section_items_add(&r->items, i->record->parent_id, KIND_NONE);
        if (i->record->kind == KIND_ASSET && i->record->entity_type_id)
            section_items_add(&r->items, i->record->entity_type_id, KIND_ASSET_TYPE);
    }
    return section_store_look_up(r);
}

/* A parent is asked for if the store lacks it. When assets are cast into a shot,
 * Zou casts them into its episode as well, without an event. */
static void want_parents(section_run *r, const section_item *i)
{
    if (!i->record->parent_id)
        return;
    section_item *parent = section_items_find(&r->items, i->record->parent_id);
    parent->wanted |= !parent->live;
    if (!i->cast || i->record->kind != KIND_SHOT)
        return;
    const char *episode = parent->record ? parent->record->parent_id : parent->stored_parent_id;
    if (episode)
        section_items_add(&r->items, episode, KIND_EPISODE)->wanted = true;
    else if (!parent->stored && !parent->record)
        parent->wanted = true;
}

/* ---- shots of an asset ------------------------------------------------------- */

/* What an asset is ready for decides a number in the tasks of every shot that it
 * is cast in, and Zou sends no event of these. A comment on the asset's task may
 * change it, too; the comment's event comes after the change. */
static bool changes_shots(const section_item *i)
{
    if (section_item_kind(i) != KIND_ASSET || !is_new_record(i) || !(i->affected || i->by_task))
        return false;
    const char *now = i->record->ready_for, *before = i->stored_ready_for;
    bool same = now && before ? strcmp(now, before) == 0 : now == before;
    return !same || (now && i->by_task);
}

static bool take_casting(void *context, const json_element *e, const json *casting)
{
    section_run *r = context;
    if (!section_run_hold(r, e))
        return false;
    const char *id = json_text(json_get(casting, "entity_in_id"));
    if (zou_is_id(id))
        section_items_add(&r->items, id, KIND_NONE)->wanted = true;
    return true;
}

static bool ask_for_castings(section_run *r)
{
    bulk_query query = {.path = "/data/entity-links?entity_out_id="};
    query.ids = section_items_select(&r->items, changes_shots, &query.n);
    zou_result result = zou_bulk_trees(r->zou, &query, NULL, take_casting, r, r->e);
    if (result == ZOU_FORBIDDEN) /* for all but administrators */
        return section_run_needs_full(r);
    return result == ZOU_OK || section_run_kitsu_failed(r, result);
}

/* ---- below them -------------------------------------------------------------- */

static bool is_container(const section_item *i)
{
    return section_item_kind(i) == KIND_EPISODE || section_item_kind(i) == KIND_SEQUENCE;
}

/* Whether the store may lack something below it that has no event of its own: so it is if
 * the store did not have it, unless this batch made it, before all that is below it. What
 * becomes of an episode is told to the shots below substitutes, too, which have no documents
 * that lead to them. */
static bool may_have_unknown_children(const section_item *i)
{
    bool stays_skipped = i->remembered && !i->set_free && !i->affected;
    if (!is_new_record(i) || !is_container(i) || i->made || stays_skipped)
        return false;
    if (i->updated && i->live && i->record->kind == KIND_EPISODE)
        return true;
    return !i->record->canceled && (!i->live || i->stored_canceled || i->remembered);
}

typedef struct children {
    section_run *run;
    zou_entity **items; /* owned */
    size_t len, cap;
} children;

static bool keep_child(void *context, const json_element *e, const json *tree)
{
    children *c = context;
    if (!section_run_hold(c->run, e))
        return false;
    zou_entity *child = zou_entity_copy(c->run->arena, e, tree);
    if (!child || child->canceled || child->kind == KIND_NONE)
        return true;
    c->items = xgrow(c->items, c->len, &c->cap, sizeof(zou_entity *));
    c->items[c->len++] = child;
    section_items_add(&c->run->items, child->element.id, child->kind);
    return true;
}

static void take_child(section_run *r, zou_entity *child)
{
    section_item *i = section_items_find(&r->items, child->element.id);
    if (i->record || i->live || is_elsewhere(r, i, child))
        return;
    i->record = child;
    i->asked = true;
}

bool section_entities_read_children(section_run *r, const bulk_query *query)
{
    children c = {.run = r};
    zou_result result = zou_bulk_trees(r->zou, query, NULL, keep_child, &c, r->e);
    bool ok = result == ZOU_OK ? section_store_look_up(r) : section_run_kitsu_failed(r, result);
    for (size_t k = 0; ok && k < c.len; k++)
        take_child(r, c.items[k]);
    free(c.items);
    return ok;
}

/* ---- all of them ------------------------------------------------------------- */

/* Below a container that is restored lie documents that were archived with it. Kitsu
 * tells which of them come back. */
static bool leads_archived(const section_item *i)
{
    return is_new_record(i) && is_container(i) && !i->record->canceled &&
           (i->affected || i->set_free || i->below);
}

static bool want_archived(void *context, store_ns ns, const json *document)
{
    section_run *r = context;
    (void)ns;
    const json *link = json_at(document, "data", "zou", NULL);
    const char *id = json_text(json_get(link, "id"));
    if (!zou_is_id(id) || !json_text_is(json_get(document, "type"), "archived_asset"))
        return true;
    section_item *i = section_items_add(&r->items, id, kind_of(json_text(json_get(link, "type"))));
    i->wanted = i->below = true;
    return true;
}

static bool look_for_archived(section_run *r)
{
    size_t n;
    const char **ids = section_items_select(&r->items, leads_archived, &n);
    if (n == 0)
        return true;
    arena *a = arena_new();
    bool ok = store_find(r->store, r->ns, (store_query){STORE_ZOU_PARENT, ids, n},
                         &(store_sink){a, want_archived, r}, r->e);
    arena_free(a);
    return ok || section_run_store_failed(r);
}

/* Find what has to come with the new records. */
static bool follow_records(section_run *r)
{
    bulk_query query = {.path = "/data/entities?parent_id="};
    if (!look_up_parents(r) || !ask_for_castings(r) || !look_for_archived(r))
        return false;
    for (const section_item *i = r->items.table; i; i = i->hh.next)
        if (is_new_record(i))
            want_parents(r, i);
    query.ids = section_items_select(&r->items, may_have_unknown_children, &query.n);
    for (section_item *i = r->items.table; i; i = i->hh.next)
        i->followed = i->record;
    return section_entities_read_children(r, &query);
}

static bool is_unfinished(const section_item *i)
{
    return has_to_be_asked(i) || is_new_record(i);
}

bool section_entities_read(section_run *r)
{
    if (!section_remembered_find(r) || !ask_for_wanted(r) || !section_store_look_up(r) ||
        !section_store_find_tasks(r) || !follow_records(r) || !section_remembered_find(r))
        return false;
    while (section_items_count(&r->items, is_unfinished) > 0)
        if (!ask_for_wanted(r) || !section_store_look_up(r) || !follow_records(r) ||
            !section_remembered_find(r))
            return false;
    return true;
}
