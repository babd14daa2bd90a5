#include "listen/scope.h"

#include "base/mem.h"
#include "base/msg.h"
#include "listen/downstream.h"
#include "listen/retry.h"
#include "zou/event_head.h"
#include "zou/lists.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

bool scope_is_empty(const scope *sc)
{
    return sc->projects.type == JSON_ARRAY && sc->projects.len == 0;
}

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
    arena *scratch;      /* owned: what is read */
    project_link *links; /* owned; the texts lie in the scope's arena */
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
    f->links[f->n_links++] =
        (project_link){.name = arena_text(f->out->arena, ns.coll, strlen(ns.coll)),
                       .id = arena_text(f->out->arena, id, strlen(id))};
    return true;
}

/* ---- what Kitsu says ------------------------------------------------------ */

static bool read_role(finding *f, error *e)
{
    json v;
    zou *z = f->request->zou;
    scope *out = f->out;
    if (zou_get(z, "/auth/authenticated", JSON_OBJECT, out->arena, &v, e) != ZOU_OK)
        return false;
    const json *role = json_at(&v, "user", "role", NULL);
    if (!json_text(role))
        return error_set(e, EX_PROTOCOL, "GET /auth/authenticated: unexpected reply: no user");
    bool manager = json_text_is(role, "manager");
    if (manager)
        msg_warn("%s: a manager's log has only the events of their own projects, and none of "
                 "task types, asset types, new and deleted projects: run a full sync now and then",
                 zou_server(z));
    out->logged = manager || json_text_is(role, "admin");
    if (out->logged && !f->request->from_now && !scope_is_empty(out))
        return true;
    if (event_head_read(z, out->arena, &out->end, e) != ZOU_OK)
        return false;
    out->logged = !json_is_null(&out->end.created_at);
    return true;
}

/* The -P options find their projects, by Kitsu's names and by OpenPype's. */
static bool find_wanted(finding *f, element_list *list, error *e)
{
    project_filter *filter = f->request->filter;
    for (size_t i = 0; i < list->len; i++)
        if (!project_filter_find(filter, list->items[i].name, list->items[i].id, e))
            return false;
    for (size_t i = 0; i < f->n_links; i++)
        if (element_list_find(list, f->links[i].id) &&
            !project_filter_find(filter, f->links[i].name, f->links[i].id, e))
            return false;
    for (size_t i = 0; i < f->n_links; i++) /* it may have been deleted in Kitsu */
        project_filter_find_lost(filter, f->links[i].name, f->links[i].id);
    return true;
}

/* Adds the ids that are new to the scope, and to `found`. */
static void take_wishes(const finding *f, json *found)
{
    scope *out = f->out;
    const project_filter *filter = f->request->filter;
    out->missing = json_array();
    for (size_t i = 0; i < filter->n; i++) {
        const project_wish *w = &filter->wishes[i];
        if (!w->id) {
            json_push(out->arena, &out->missing, json_string(out->arena, w->text));
        } else if (!json_has_text(&out->projects, w->id)) {
            json_push(out->arena, &out->projects, json_string(out->arena, w->id));
            json_push(out->arena, found, json_string(out->arena, w->id));
        }
    }
}

static bool read_projects(finding *f, json *found, error *e)
{
    element_list list = {.names_only = true};
    *found = json_array();
    if (f->request->filter->n == 0)
        return true;
    bool ok = element_list_read(&list, f->request->zou, "/data/projects/all", e) == ZOU_OK;
    if (ok) {
        project_filter_recall(f->request->filter);
        ok = find_wanted(f, &list, e);
    }
    element_list_clear(&list);
    if (!ok)
        return false;
    project_filter_settle(f->request->filter);
    take_wishes(f, found);
    return true;
}

static bool ask_kitsu(finding *f, error *e)
{
    retry r = {0};
    json found;
    while (!read_projects(f, &found, e) || !read_role(f, e)) {
        if (!f->request->patient || (e->status != EX_TEMPFAIL && e->status != EX_UNAVAILABLE))
            return false;
        retry_failed(&r, e);
        downstream_pause(retry_in(&r));
    }
    retry_worked(&r);
    return true;
}

static void report_missing(const scope *sc)
{
    for (uint32_t i = 0; i < sc->missing.len; i++)
        msg_error("%s: there is no such project, or this user may not see it%s",
                  sc->missing.items[i].text,
                  sc->request->patient ? "; it is looked for each minute" : "");
}

bool scope_find(const scope_request *r, arena *a, scope *out, error *e)
{
    *out = (scope){.request = r,
                   .arena = a,
                   .projects = r->filter->n ? json_array() : json_null(),
                   .missing = json_array(),
                   .end = {json_null(), json_array()}};
    finding f = {.request = r, .scratch = arena_new(), .out = out};
    arena *documents = arena_new();
    store_sink links = {documents, add_link, &f};
    bool ok = (!r->store || store_projects(r->store, &links, e)) && ask_kitsu(&f, e);
    if (ok)
        report_missing(out);
    arena_free(documents);
    arena_free(f.scratch);
    free(f.links);
    return ok;
}

bool scope_look_again(scope *sc, json *found, error *e)
{
    finding f = {.request = sc->request, .scratch = arena_new(), .out = sc};
    json before = sc->missing;
    bool ok = read_projects(&f, found, e);
    for (uint32_t i = 0; ok && i < before.len; i++)
        if (!json_has_text(&sc->missing, before.items[i].text))
            msg_warn("%s: Kitsu has this project now", before.items[i].text);
    arena_free(f.scratch);
    return ok;
}
