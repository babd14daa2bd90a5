#include "fetch/shared_changes.h"

#include "base/msg.h"
#include "store/state_skipped.h"
#include "zou/id.h"

#include <string.h>

void shared_changes_forget(event_batch *b)
{
    const affected *t = b->affected;
    bool synced = t->all;
    for (affected_project *p = t->projects; p; p = p->hh.next) {
        synced |= p->synced;
        if (p->named) {
            known_project *k = known_projects_get(&b->known, p->id);
            k->role[0] = '\0';
            k->unwanted = false;
        }
    }
    if (synced || t->people) { /* with a Sync events may have been missed */
        zou_lists_forget(&b->lists);
        known_projects_forget_roles(&b->known);
    }
    if (t->task_types)
        element_list_clear(&b->lists.task_types);
    if (t->task_statuses)
        element_list_clear(&b->lists.task_statuses);
    if (t->project_statuses)
        element_list_clear(&b->lists.project_statuses);
}

static bool set_found(void *context, store_ns ns, const json *document)
{
    (void)ns;
    (void)document;
    *(bool *)context = true;
    return true;
}

/* Whether a project has this asset type, or has it among its Skipped records. */
static bool uses_asset_type(event_batch *b, const project_link *link, const char *id, bool *uses)
{
    store_ns ns = {store_avalon(b->store), link->coll};
    if (!store_find(b->store, ns, (store_query){STORE_ZOU_ID, &id, 1},
                    &(store_sink){b->arena, set_found, uses}, b->e))
        return false;
    return *uses || state_skipped_has(b->store, link->id, id, b->arena, uses, b->e);
}

static bool spread_asset_types(event_batch *b, const project_link *link)
{
    for (const affected_id *t = b->affected->asset_types; t; t = t->hh.next) {
        bool uses = false;
        if (!uses_asset_type(b, link, t->id, &uses))
            return false;
        if (!uses)
            continue;
        affected_project *p = affected_project_of(b->affected, link->id);
        affected_add(b->affected, p, &p->asset_types, t->id, KIND_ASSET_TYPE, NULL)->made |=
            t->made;
    }
    return true;
}

/* Where the documents of a project name somebody as Kitsu no longer does, all are judged. */
static bool spread_people(event_batch *b)
{
    zou_result result = zou_lists_need(&b->lists, &b->lists.people, b->e);
    if (result == ZOU_LOST)
        return false;
    if (result != ZOU_OK) {
        msg_error("people's new names are not followed: %s", b->e->what);
        event_batch_set_incomplete(b);
        return true;
    }
    idset *changed = seen_people_look(&b->people, &b->lists.people);
    bool ok = true;
    for (size_t i = 0; ok && idset_len(changed) > 0 && i < b->links.len; i++) {
        const project_link *link = &b->links.items[i];
        bool differs = false;
        if (!zou_is_id(link->id) || !link->active)
            continue;
        ok = seen_people_differ(&b->people, changed, b->store,
                                (store_ns){store_avalon(b->store), link->coll}, &differs, b->e);
        if (differs)
            affected_project_of(b->affected, link->id)->whole = true;
    }
    idset_free(changed);
    return ok;
}

bool shared_changes_spread(event_batch *b)
{
    const affected *t = b->affected;
    if (t->people && !spread_people(b))
        return false;
    for (size_t i = 0; i < b->links.len; i++) {
        const project_link *link = &b->links.items[i];
        if (!zou_is_id(link->id))
            continue;
        if (((t->task_types || t->task_statuses) && link->active) || t->project_statuses)
            affected_project_of(b->affected, link->id)->whole = true;
        if (link->active && !spread_asset_types(b, link))
            return false;
    }
    return true;
}
