#include "listen/scope.h"

#include "base/mem.h"
#include "base/msg.h"
#include "listen/downstream.h"
#include "listen/retry.h"
#include "zou/event_head.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

bool scope_has(const json *projects, const char *project_id)
{
    return projects->type != JSON_ARRAY || !project_id || json_has_text(projects, project_id);
}

/* ---- the store's projects ------------------------------------------------- */

typedef struct project_link {
    const char *name, *id;
} project_link;

typedef struct finding {
    const scope_request *request;
    arena *arena;
    project_link *links; /* owned; the texts lie in the arena */
    size_t n_links, links_cap;
    scope *out;
} finding;

static bool add_link(void *context, store_ns ns, const json *document)
{
    finding *f = context;
    const char *id = json_text(json_at(document, "data", "zou_id", NULL));
    if (!id)
        return true;
    f->links = xgrow(f->links, f->n_links, &f->links_cap, sizeof *f->links);
    f->links[f->n_links++] = (project_link){.name = arena_text(f->arena, ns.coll, strlen(ns.coll)),
                                            .id = arena_text(f->arena, id, strlen(id))};
    return true;
}

/* ---- what Kitsu says ------------------------------------------------------ */

static bool read_role(finding *f, error *e)
{
    json v;
    zou *z = f->request->zou;
    if (zou_get(z, "/auth/authenticated", f->arena, &v, e) != ZOU_OK)
        return false;
    const json *role = json_at(&v, "user", "role", NULL);
    bool manager = json_text_is(role, "manager");
    if (manager)
        msg_warn("%s: a manager's log has only the events of their own projects, and none of "
                 "task types, asset types, new and deleted projects: run a full sync now and then",
                 zou_server(z));
    f->out->logged = manager || json_text_is(role, "admin");
    if (f->out->logged && !f->request->from_now)
        return true;
    if (event_head_read(z, f->arena, &f->out->end, e) != ZOU_OK)
        return false;
    f->out->logged = !json_is_null(&f->out->end.created_at);
    return true;
}

/* The id of the project of this name or id; NULL: unknown. */
static const char *find_project(const finding *f, const json *list, const char *name)
{
    for (uint32_t i = 0; i < list->len; i++) {
        const char *id = json_text(json_get(&list->items[i], "id"));
        if (id && project_filter_names(name, json_text(json_get(&list->items[i], "name")), id))
            return id;
    }
    for (size_t i = 0; i < f->n_links; i++) /* it may have been deleted in Kitsu */
        if (project_filter_names(name, f->links[i].name, f->links[i].id))
            return f->links[i].id;
    return NULL;
}

static bool read_projects(finding *f, error *e)
{
    json list;
    const scope_request *r = f->request;
    f->out->unknown = false;
    if (r->filter->n == 0)
        return true;
    if (zou_get(r->zou, "/data/projects/all", f->arena, &list, e) != ZOU_OK)
        return false;
    if (list.type != JSON_ARRAY)
        return error_set(e, EX_PROTOCOL, "GET /data/projects/all: unexpected reply: not a list");
    f->out->projects = json_array();
    for (size_t i = 0; i < r->filter->n; i++) {
        const char *name = r->filter->wishes[i].text, *id = find_project(f, &list, name);
        if (id) {
            json_push(f->arena, &f->out->projects, json_string(f->arena, id));
            continue;
        }
        f->out->unknown = true;
        msg_error("%s: there is no such project, or this user may not see it", name);
    }
    return true;
}

static bool ask_kitsu(finding *f, error *e)
{
    retry r = {0};
    while (!read_role(f, e) || !read_projects(f, e)) {
        if (!f->request->patient || (e->status != EX_TEMPFAIL && e->status != EX_UNAVAILABLE))
            return false;
        retry_failed(&r, e);
        downstream_pause(retry_in(&r));
    }
    retry_worked(&r);
    return true;
}

bool scope_find(const scope_request *r, arena *a, scope *out, error *e)
{
    *out = (scope){.projects = json_null(), .end = {json_null(), json_array()}};
    finding f = {.request = r, .arena = a, .out = out};
    arena *scratch = arena_new();
    store_sink links = {scratch, add_link, &f};
    bool ok = (!r->store || store_projects(r->store, &links, e)) && ask_kitsu(&f, e);
    arena_free(scratch);
    free(f.links);
    return ok;
}
