#include "publish/statuses.h"

#include "base/msg.h"
#include "zou/project.h"

#include <string.h>

/* Whether the project can use a status; `own`: those that it lists, NULL: none. */
static bool is_usable(const idset *own, const json *status)
{
    const char *id = json_text(json_get(status, "id"));
    return json_text(json_get(status, "short_name")) && !json_true(json_get(status, "archived")) &&
           (!own || idset_has_text(own, id));
}

/* Those that the project can use, as Kitsu has them. The list's own trees are shared. */
static json usable_statuses(zou_project *p, arena *a)
{
    element_list *all = &p->lists->task_statuses;
    const json *listed = json_get(&p->record, "task_statuses");
    bool lists_some = json_is(listed, JSON_ARRAY) && listed->len > 0;
    idset *own = lists_some ? json_text_set(listed) : NULL;
    json usable = json_array();
    for (size_t i = 0; i < all->len; i++) {
        const json *status = element_list_tree(all, i);
        if (status && is_usable(own, status))
            json_push(a, &usable, *status);
    }
    idset_free(own);
    return usable;
}

static bool is_kept_from_artists(const json *status)
{
    return json_is(json_get(status, "is_artist_allowed"), JSON_FALSE);
}

/* Whether the user is an artist here. Zou is asked only if that makes a difference. */
static publish_found find_artist(zou_project *p, const json *usable, bool *artist, error *e)
{
    bool matters = false;
    *artist = false;
    for (uint32_t i = 0; i < usable->len && !matters; i++)
        matters = is_kept_from_artists(&usable->items[i]);
    if (!matters)
        return PUBLISH_FOUND;
    zou_result result = zou_project_find_role(p, e);
    *artist = result == ZOU_OK && strcmp(p->role, "user") == 0;
    return publish_found_of(result);
}

static void add_status(arena *a, json *list, const json *status)
{
    json entry = json_object();
    json_add(a, &entry, "id", json_copy(a, json_get(status, "id")));
    json_add(a, &entry, "short_name", json_copy(a, json_get(status, "short_name")));
    json_push(a, list, entry);
}

static publish_found choose_statuses(zou_project *p, arena *a, json *out, error *e)
{
    json usable = usable_statuses(p, a);
    bool artist;
    publish_found found = find_artist(p, &usable, &artist, e);
    for (uint32_t i = 0; i < usable.len && found == PUBLISH_FOUND; i++) {
        const json *status = &usable.items[i];
        if (artist && is_kept_from_artists(status))
            msg_info("%s: an artist may not set the status \"%s\" in Kitsu", p->name,
                     json_text(json_get(status, "short_name")));
        else
            add_status(a, out, status);
    }
    return found;
}

publish_found publish_statuses_find(zou_lists *lists, const char *project_id, arena *a, json *out,
                                    error *e)
{
    zou_project p;
    *out = json_array();
    zou_project_start(&p, lists, project_id, project_id);
    zou_result result = zou_project_read(&p, e);
    if (result == ZOU_OK)
        result = zou_lists_need(lists, &lists->task_statuses, e);
    publish_found found = publish_found_of(result);
    if (found == PUBLISH_FOUND)
        found = choose_statuses(&p, a, out, e);
    zou_project_end(&p);
    return found;
}
