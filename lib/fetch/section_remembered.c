#include "fetch/section_remembered.h"

#include "base/limits.h"
#include "fetch/section_store.h"
#include "record/skipped.h"
#include "store/state_skipped.h"
#include "zou/id.h"

#include <string.h>

/* What the section is about, without what has to come with it. */
static bool is_chosen(const section_item *i)
{
    return i->wanted && (i->affected || i->by_task || i->remembered);
}

static bool fits(section_run *r)
{
    return section_items_count(&r->items, is_chosen) <= MAX_AFFECTED || section_run_needs_full(r);
}

/* What the record says that is not of a task; with no kind if there is none. */
static skipped_record own_record(const json *records)
{
    for (uint32_t i = 0; i < records->len; i++) {
        skipped_record s;
        skipped_read(&records->items[i], &s);
        kind k = kind_of(s.type);
        if (k != KIND_NONE && k < KIND_TASK)
            return s;
    }
    return (skipped_record){0};
}

static const char *copy(const section_run *r, const char *text)
{
    return text ? arena_text(r->arena, text, strlen(text)) : NULL;
}

static bool is_project(const section_run *r, const char *id)
{
    return strcmp(id, r->records->project.id) == 0;
}

static void want_remembered(void *context, const char *entity_id, const json *records)
{
    section_run *r = context;
    if (!zou_is_id(entity_id) || is_project(r, entity_id))
        return;
    skipped_record s = own_record(records);
    kind k = kind_of(s.type);
    section_item *i = section_items_add(&r->items, entity_id, k);
    i->remembered = true;
    i->skipped_name = copy(r, s.name);
    i->skipped_parent_id = copy(r, s.parent_id);
    i->wanted |= k != KIND_ASSET_TYPE;
}

static void set_free(void *context, const char *entity_id, const json *records)
{
    section_run *r = context;
    want_remembered(r, entity_id, records);
    section_item *i = section_items_find(&r->items, entity_id);
    if (!i || i->set_free || !i->remembered)
        return;
    i->set_free = true;
    i->followed = false; /* what is below it matters from now on */
}

static bool is_new(const section_item *i)
{
    return !i->recollected;
}

/* Whether what becomes of it may matter to others. What is remembered, and comes only as
 * something lies below it, stays as it was. */
static bool touches(const section_item *i)
{
    return (i->affected || i->set_free) && !i->recollected_below;
}

/* Below it there may be documents whose names change or become free with it. */
static bool has_names_below(const section_item *i)
{
    return touches(i) && !i->made && (i->kind == KIND_EPISODE || i->kind == KIND_SEQUENCE);
}

bool section_remembered_find(section_run *r)
{
    const char *project_id = r->records->project.id;
    for (;;) {
        if (!fits(r) || !section_store_look_up(r))
            return false;
        state_touched own = {0}, others = {.all = r->project->whole && !r->recollected};
        others.rivals = section_items_count(&r->items, has_names_below) > 0;
        own.ids.items = section_items_select(&r->items, is_new, &own.ids.n);
        others.near.items = section_items_select(&r->items, touches, &others.near.n);
        if (own.ids.n == 0 && others.near.n == 0 && !others.all)
            return true;
        r->recollected = true;
        for (section_item *i = r->items.table; i; i = i->hh.next) {
            i->recollected_below |= touches(i);
            i->recollected = true;
        }
        if (!state_skipped_touched(r->store, project_id, &own, r->arena, want_remembered, r,
                                   r->e) ||
            !state_skipped_touched(r->store, project_id, &others, r->arena, set_free, r, r->e))
            return section_run_store_failed(r);
    }
}
