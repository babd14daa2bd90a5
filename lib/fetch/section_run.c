#include "fetch/section_run.h"

#include "base/limits.h"
#include "zou/id.h"

#include <string.h>

void section_run_free(section_run *r)
{
    section_items_clear(&r->items);
    HASH_CLEAR(hh, r->sought_tasks);
    element_list_clear(&r->tasks);
    element_list_clear(&r->asset_types);
    idset_free(r->stored_tasks);
    idset_free(r->statuses);
    idset_free(r->assignees);
}

bool section_run_hold(section_run *r, const json_element *e)
{
    r->held += sizeof(section_item) + e->len;
    return r->held <= MAX_HELD;
}

bool section_run_kitsu_failed(section_run *r, zou_result result)
{
    if (result == ZOU_STOPPED)
        return section_run_needs_full(r);
    r->outcome = fetch_records_abandon(r->records, result, r->e);
    return false;
}

bool section_run_store_failed(section_run *r)
{
    r->outcome = FETCH_LOST;
    return false;
}

bool section_run_needs_full(section_run *r)
{
    r->outcome = FETCH_NEEDS_FULL;
    return false;
}

bool section_run_hand_over(section_run *r, const char *project_id, const char *entity_id, kind k)
{
    if (!zou_is_id(project_id) || strcmp(project_id, r->records->project.id) == 0)
        return false;
    affected_project *other = affected_project_of(r->affected, project_id);
    affected_add(r->affected, other, &other->entities, entity_id, k, NULL);
    other->answered = false;
    return true;
}

void section_run_seek_task(section_run *r, const char *task_id)
{
    affected_id *t;
    HASH_FIND_STR(r->sought_tasks, task_id, t);
    if (t)
        return;
    t = arena_alloc(r->arena, sizeof *t);
    *t = (affected_id){.id = arena_text(r->arena, task_id, strlen(task_id))};
    HASH_ADD_KEYPTR(hh, r->sought_tasks, t->id, strlen(t->id), t);
}
