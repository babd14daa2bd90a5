#include "fetch/fetch.h"

#include "base/msg.h"
#include "fetch/affected.h"
#include "record/ndjson.h"
#include "zou/event_log.h"
#include "zou/id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* A full reading under way. */
typedef struct reading_all {
    zou_lists *shared;
    project_filter *filter;
    const project_links *links;
    element_list list; /* all projects that the user sees, by name, then id */
    arena *arena;      /* of ended and left */
    json *ended, *left;
    int *status;
    error *e;
} reading_all;

static int by_name_and_id(const void *x, const void *y)
{
    const json_element *a = x, *b = y;
    int order = strcmp(a->name ? a->name : "", b->name ? b->name : "");
    return order ? order : strcmp(a->id, b->id);
}

static bool keep_project(void *context, const json_element *e)
{
    return !e->id || element_list_keep(context, e);
}

static bool read_list(reading_all *r)
{
    r->list.names_only = true;
    if (zou_list(r->shared->zou, "/data/projects/all", keep_project, &r->list, r->e) != ZOU_OK)
        return false;
    if (r->list.len > 0)
        qsort(r->list.items, r->list.len, sizeof *r->list.items, by_name_and_id);
    return true;
}

/* Fold one outcome into the exit status. False: stop. */
static bool go_on(reading_all *r, fetch_outcome outcome)
{
    if (outcome != FETCH_WHOLE && *r->status == EX_OK)
        *r->status = 1;
    return outcome != FETCH_LOST;
}

static bool complain(reading_all *r, const char *name, const char *what)
{
    msg_error("%s: %s", name, what);
    return go_on(r, FETCH_ABANDONED);
}

/* ---- projects that the store has and the list lacks ---------------------- */

void fetch_write_deleted(const char *project_id)
{
    arena *a = arena_new();
    json v = json_object();
    json_set(a, &v, "type", json_string(a, "Deleted"));
    json_set(a, &v, "entity_type", json_string(a, "Project"));
    json_set(a, &v, "id", json_string(a, project_id));
    json_set(a, &v, "project_id", json_string(a, project_id));
    ndjson_write(&v);
    arena_free(a);
}

/* Ask for it by its id. */
static fetch_outcome ask_for(reading_all *r, const project_link *link)
{
    arena *a = arena_new();
    json v;
    fetch_outcome outcome = FETCH_PARTIAL;
    const char *path = arena_printf(a, "/data/projects/%s", link->id);
    switch (zou_get(r->shared->zou, path, a, &v, r->e)) {
    case ZOU_OK: /* made, or opened to us, after the list was read */ outcome = FETCH_WHOLE; break;
    case ZOU_MISSING:
        fetch_write_deleted(link->id);
        outcome = FETCH_WHOLE;
        break;
    case ZOU_FORBIDDEN:
        msg_error("%s: it is linked to a project of Kitsu that this user may not see", link->name);
        break;
    case ZOU_LOST: outcome = FETCH_LOST; break;
    default: msg_error("%s: whether Kitsu still has it is not known: %s", link->name, r->e->what);
    }
    arena_free(a);
    return outcome;
}

/* What another Kitsu does not have was not deleted: a server is believed about
 * a project that was synchronised from it, or when it has another of the
 * store's. */
static bool write_deleted(reading_all *r)
{
    const project_links *l = r->links;
    bool right_server = false;
    for (size_t i = 0; i < l->len; i++)
        right_server |= element_list_find(&r->list, l->items[i].id) != NULL;
    for (size_t i = 0; i < l->len; i++) {
        const project_link *link = &l->items[i];
        bool twin = false; /* a copy of a project has been asked for already */
        for (size_t k = 0; k < i; k++)
            twin |= strcmp(l->items[k].id, link->id) == 0;
        bool ok = true;
        if (twin || element_list_find(&r->list, link->id) ||
            !project_filter_wants(r->filter, link->name, link->id))
            continue;
        if (!zou_is_id(link->id))
            ok = complain(r, link->name, "its data.zou_id is no id of Kitsu's");
        else if (!right_server && !link->known)
            ok = complain(r, link->name,
                          "this Kitsu has none of the store's projects: is it the right server? "
                          "It is not taken for deleted");
        else
            ok = go_on(r, ask_for(r, link));
        if (!ok)
            return false;
    }
    return true;
}

/* ---- those of the list --------------------------------------------------- */

static fetch_outcome read_one(reading_all *r, const json_element *project)
{
    fetch_reading reading;
    fetch_reading_start(&reading, r->shared, project->id, project->name ? project->name : "");
    zou_result result = zou_project_read(&reading.project, r->e);
    fetch_outcome outcome = result == ZOU_OK ? fetch_reading_full(&reading, false, r->e)
                                             : fetch_reading_abandon(&reading, result, r->e);
    json *to = outcome == FETCH_WHOLE || outcome == FETCH_PARTIAL ? r->ended : r->left;
    json_push(r->arena, to, json_string(r->arena, project->id));
    fetch_reading_end(&reading);
    return outcome;
}

static bool write_projects(reading_all *r)
{
    if (r->list.len == 0 && !zou_lists_sees_all(r->shared))
        complain(r, "this user is in the team of no project", "there is nothing to read");
    for (size_t i = 0; i < r->list.len; i++) {
        const json_element *project = &r->list.items[i];
        if (project_filter_wants(r->filter, project->name ? project->name : "", project->id) &&
            !go_on(r, read_one(r, project)))
            return false;
    }
    for (size_t i = 0; i < r->filter->n; i++)
        if (!r->filter->wishes[i].found)
            complain(r, r->filter->wishes[i].text,
                     "there is no such project, or this user may not see it");
    return true;
}

bool fetch_all(zou_lists *s, project_filter *filter, const project_links *links, arena *a,
               json *ended, json *left, int *status, error *e)
{
    reading_all r = {.shared = s,
                     .filter = filter,
                     .links = links,
                     .arena = a,
                     .ended = ended,
                     .left = left,
                     .status = status,
                     .e = e};
    bool ok = read_list(&r) && zou_lists_need_all(s, e) == ZOU_OK && write_deleted(&r) &&
              write_projects(&r);
    element_list_clear(&r.list);
    return ok;
}

/* ---- the program --------------------------------------------------------- */

static void write_checkpoint(const zou_lists *s, const event_position *head, const json *ended,
                             const json *left, bool all)
{
    arena *a = arena_new();
    json v = json_object();
    json_set(a, &v, "type", json_string(a, "Checkpoint"));
    json_set(a, &v, "server", json_string(a, zou_server(s->zou)));
    json_set(a, &v, "projects", *ended);
    json_set(a, &v, "created_at", head->created_at);
    json_set(a, &v, "ids", head->ids);
    if (all)
        json_set(a, &v, "all", json_bool(true));
    if (all && left->len > 0)
        json_set(a, &v, "full_sync", *left);
    ndjson_write(&v);
    arena_free(a);
}

int fetch_run(zou *z, const bool wanted[KINDS], bool all_kinds, project_filter *filter,
              const project_links *links)
{
    int status = EX_OK;
    error e = {0};
    event_position head;
    zou_lists shared;
    zou_lists_init(&shared, z, wanted);
    arena *a = arena_new();
    json ended = json_array(), left = json_array();
    bool ok = zou_lists_user(&shared, &e) == ZOU_OK && event_log_head(z, a, &head, &e) == ZOU_OK &&
              fetch_all(&shared, filter, links, a, &ended, &left, &status, &e);
    if (ok)
        write_checkpoint(&shared, &head, &ended, &left, all_kinds && filter->n == 0);
    else if (!ferror(stdout))
        msg_error("%s", e.what);
    zou_lists_free(&shared);
    arena_free(a);
    return ok ? status : e.status;
}
