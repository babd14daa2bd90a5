#include "fetch/section_deleted.h"

#include "record/deleted.h"

#include <sysexits.h>

/* entities; so many that Kitsu did not list are asked for one by one. With more a
 * full reading is cheaper. */
#define MAX_PROBES 20

static void add_deleted(section_run *r, const section_item *i)
{
    if (section_item_kind(i) == KIND_NONE)
        return;
    deleted_record deleted = {
        .kind = section_item_kind(i), .id = i->id, .project_id = r->records->project.id};
    json_push(r->arena, &r->deleted, deleted_make(r->arena, &deleted));
}

/* Ask Kitsu for one that the events do not call deleted. */
static bool probe(section_run *r, const section_item *i)
{
    json v;
    const char *path = arena_printf(r->arena, "/data/entities/%s", i->id);
    zou_result result = zou_get(r->zou, path, JSON_OBJECT, r->arena, &v, r->e);
    if (result == ZOU_MISSING) {
        add_deleted(r, i);
        return true;
    }
    if (result == ZOU_OK) {
        error_set(r->e, EX_PROTOCOL, "GET %s: Kitsu has it, but did not list it", path);
        result = ZOU_FAILED;
    }
    return section_run_kitsu_failed(r, result);
}

static bool is_missing(const section_item *i)
{
    bool matters = i->affected || i->by_task || i->remembered || i->doubtful;
    return matters && !i->record && i->wanted && i->kind != KIND_ASSET_TYPE &&
           (i->stored || (i->remembered && i->kind != KIND_NONE));
}

static bool is_deleted_or_moved(const section_item *i)
{
    return i->deleted || i->elsewhere;
}

static bool needs_probe(const section_item *i)
{
    return is_missing(i) && !is_deleted_or_moved(i);
}

bool section_deleted_find(section_run *r)
{
    if (r->records->project.partial) /* Kitsu may have what this user does not see */
        return true;
    if (section_items_count(&r->items, needs_probe) > MAX_PROBES)
        return section_run_needs_full(r);
    for (const section_item *i = r->items.table; i; i = i->hh.next) {
        if (!is_missing(i))
            continue;
        if (is_deleted_or_moved(i))
            add_deleted(r, i);
        else if (!probe(r, i))
            return false;
    }
    return true;
}
