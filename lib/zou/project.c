#include "zou/project.h"

#include <string.h>
#include <sysexits.h>

void zou_project_start(zou_project *p, zou_lists *lists, const char *id, const char *name)
{
    *p = (zou_project){.lists = lists, .id = id, .name = name, .arena = arena_new()};
}

void zou_project_end(zou_project *p)
{
    arena_free(p->arena);
    p->arena = NULL;
}

const char *zou_project_path(zou_project *p, const char *route)
{
    return arena_printf(p->arena, "/data/projects/%s%s%s", p->id, route ? "/" : "",
                        route ? route : "");
}

/* Zou gives the name of the status to administrators only: always look it up. */
json zou_project_status_name(const zou_project *p)
{
    const char *id = json_text(json_get(&p->record, "project_status_id"));
    const json_element *status = element_list_find(&p->lists->project_statuses, id);
    if (status && status->name)
        return json_string(p->arena, status->name);
    const json *own = json_get(&p->record, "project_status_name");
    return own ? *own : json_null();
}

/* Read the list of statuses; again if it lacks the project's. */
static zou_result read_status(zou_project *p, error *e)
{
    element_list *list = &p->lists->project_statuses;
    bool just_read = !list->read;
    zou_result result = zou_lists_need(p->lists, list, e);
    const char *id = json_text(json_get(&p->record, "project_status_id"));
    if (result == ZOU_OK && id && !just_read && !element_list_find(list, id)) {
        element_list_clear(list);
        result = zou_lists_need(p->lists, list, e);
    }
    json name = zou_project_status_name(p);
    p->closed = json_text(&name) && strcmp(json_text(&name), "Closed") == 0;
    return result;
}

zou_result zou_project_read(zou_project *p, error *e)
{
    const char *path = zou_project_path(p, NULL);
    zou_result result = zou_get(p->lists->zou, path, JSON_OBJECT, p->arena, &p->record, e);
    if (result != ZOU_OK)
        return result;
    const char *id = json_text(json_get(&p->record, "id"));
    const char *name = json_text(json_get(&p->record, "name"));
    if (!id || strcmp(id, p->id) != 0) {
        error_set(e, EX_PROTOCOL, "GET %s: unexpected reply: not this project", path);
        return ZOU_FAILED;
    }
    p->name = name ? name : p->name;
    return read_status(p, e);
}

static bool find_my_role(void *context, const json_element *e, const json *person)
{
    zou_project *p = context;
    const char *role = json_text(json_get(person, "project_role"));
    bool is_me = e->id && strcmp(e->id, p->lists->me) == 0;
    if (is_me && role && strcmp(role, "admin") != 0) /* which Zou ignores, too */
        p->role = arena_text(p->arena, role, strlen(role));
    return true;
}

/* Of Zou's roles, vendors and clients see a part of a project; so may a role that we
 * don't know. */
void zou_project_set_role(zou_project *p, const char *role)
{
    static const char *const full_roles[] = {"admin", "manager", "supervisor", "user"};
    p->role = role;
    p->partial = true;
    for (size_t i = 0; i < sizeof full_roles / sizeof *full_roles; i++)
        if (strcmp(role, full_roles[i]) == 0)
            p->partial = false;
}

/* As Zou's permissions_service: a team member's role in the project overrides the
 * user's own. */
zou_result zou_project_find_role(zou_project *p, error *e)
{
    if (p->role)
        return ZOU_OK;
    zou_result result = zou_lists_user(p->lists, e);
    if (result != ZOU_OK)
        return result;
    p->role = p->lists->role;
    if (!zou_lists_sees_all(p->lists))
        result =
            zou_list_trees(p->lists->zou, zou_project_path(p, "team"), NULL, find_my_role, p, e);
    zou_project_set_role(p, p->role);
    return result;
}
