#include "fetch.h"

#include "buf.h"
#include "msg.h"
#include "ndjson.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

/* The kinds in the order of the stream, where they come from, below
 * /data/projects/ID (NULL: the server's list, read once), and their name in
 * messages. */
static const struct route {
    kind kind;
    const char *path, *word;
} routes[] = {
    {KIND_TASK_TYPE, NULL, "task types"},
    {KIND_TASK_STATUS, NULL, "task statuses"},
    {KIND_ASSET_TYPE, "asset-types", "asset types"},
    {KIND_EPISODE, "episodes", "episodes"},
    {KIND_SEQUENCE, "sequences", "sequences"},
    {KIND_SHOT, "shots", "shots"},
    {KIND_ASSET, "assets", "assets"},
    {KIND_EDIT, "edits", "edits"},
    {KIND_CONCEPT, "concepts", "concepts"},
    {KIND_TASK, "tasks", "tasks"},
    {KIND_PERSON, "team", "people"},
};
#define ROUTES (sizeof routes / sizeof *routes)

/* A list that is kept. */
typedef struct elements {
    json_element *items; /* owned; its texts lie in the fetch's arena */
    size_t len, cap;
    arena *arena; /* borrowed */
    bool names_only;
} elements;

struct fetch {
    zou *zou; /* borrowed */
    bool wanted[KINDS];
    arena *arena;          /* owned: for the whole run */
    const char *me, *role; /* the user's id and role, in the arena */
    event_position head;
    json project_statuses;
    elements task_types, task_statuses;
    fetch_project *projects; /* owned */
    size_t n_projects;
};

/* One project while it is read. */
typedef struct reading {
    fetch *f;
    const fetch_project *project;
    arena *arena; /* owned */
    json record;  /* the project as Zou has it */
    bool closed, partial, skipped;
    const struct route *route; /* under way */
    bool adds_project_id;
    const char *role; /* in this project */
    unsigned long counts[ROUTES];
    bool read[ROUTES];
} reading;

/* ---- what all projects share -------------------------------------------- */

static const char *keep_text(arena *a, const char *text)
{
    return text ? arena_text(a, text, strlen(text)) : NULL;
}

static bool keep_element(void *context, const json_element *e)
{
    elements *l = context;
    if (l->len == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->items = xrealloc(l->items, l->cap * sizeof *l->items);
    }
    json_element *kept = &l->items[l->len++];
    *kept = *e;
    kept->text = e->text && !l->names_only ? arena_text(l->arena, e->text, e->len) : NULL;
    kept->id = keep_text(l->arena, e->id);
    kept->name = keep_text(l->arena, e->name);
    kept->type = keep_text(l->arena, e->type);
    return true;
}

static bool read_me(fetch *f, http_error *e)
{
    json v;
    if (zou_get(f->zou, "/auth/authenticated", f->arena, &v, e) != ZOU_OK)
        return false;
    f->me = json_text(json_at(&v, "user", "id", NULL));
    f->role = json_text(json_at(&v, "user", "role", NULL));
    if (!f->me || !f->role)
        return http_fail(e, EX_PROTOCOL, "%s/auth/authenticated: no user in the answer",
                         zou_server(f->zou));
    return true;
}

static int by_name_and_id(const void *x, const void *y)
{
    const fetch_project *a = x, *b = y;
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->id, b->id);
}

static bool read_projects(fetch *f, http_error *e)
{
    elements l = {.arena = f->arena, .names_only = true};
    bool ok = zou_list(f->zou, "/data/projects/all", keep_element, &l, e) == ZOU_OK;
    f->projects = xmalloc(l.len * sizeof *f->projects);
    for (size_t i = 0; ok && i < l.len; i++)
        if (l.items[i].id)
            f->projects[f->n_projects++] = (fetch_project){
                .id = l.items[i].id, .name = l.items[i].name ? l.items[i].name : ""};
    qsort(f->projects, f->n_projects, sizeof *f->projects, by_name_and_id);
    free(l.items);
    return ok;
}

static bool read_shared(fetch *f, http_error *e)
{
    f->task_types.arena = f->task_statuses.arena = f->arena;
    return read_me(f, e) && event_log_head(f->zou, f->arena, &f->head, e) == ZOU_OK &&
           read_projects(f, e) &&
           zou_get(f->zou, "/data/project-status", f->arena, &f->project_statuses, e) == ZOU_OK &&
           (!f->wanted[KIND_TASK_TYPE] ||
            zou_list(f->zou, "/data/task-types", keep_element, &f->task_types, e) == ZOU_OK) &&
           (!f->wanted[KIND_TASK_STATUS] ||
            zou_list(f->zou, "/data/task-status", keep_element, &f->task_statuses, e) == ZOU_OK);
}

fetch *fetch_new(zou *z, const bool wanted[KINDS], http_error *e)
{
    fetch *f = xmalloc(sizeof *f);
    *f = (fetch){.zou = z, .arena = arena_new()};
    memcpy(f->wanted, wanted, sizeof f->wanted);
    if (!read_shared(f, e)) {
        fetch_free(f);
        return NULL;
    }
    return f;
}

void fetch_free(fetch *f)
{
    if (!f)
        return;
    arena_free(f->arena);
    free(f->task_types.items);
    free(f->task_statuses.items);
    free(f->projects);
    free(f);
}

bool fetch_sees_all(const fetch *f)
{
    return strcmp(f->role, "admin") == 0;
}

fetch_project *fetch_projects(fetch *f, size_t *n)
{
    *n = f->n_projects;
    return f->projects;
}

/* ---- one project -------------------------------------------------------- */

static fetch_outcome left(const reading *r, zou_result result, const http_error *e)
{
    if (result == ZOU_LOST)
        return FETCH_LOST;
    if (result == ZOU_MISSING)
        msg_error("%s: gone from Kitsu while it was read: %s", r->project->name, e->what);
    else
        msg_error("%s: not read to its end: %s", r->project->name, e->what);
    return FETCH_LEFT;
}

static const char *project_path(reading *r, const char *below)
{
    return arena_printf(r->arena, "/data/projects/%s%s%s", r->project->id, below ? "/" : "",
                        below ? below : "");
}

/* A non-admin's project lacks the name of its status: always look it up. */
static json status_name(const reading *r)
{
    const char *id = json_text(json_get(&r->record, "project_status_id"));
    const json *all = &r->f->project_statuses;
    for (uint32_t i = 0; id && all->type == JSON_ARRAY && i < all->len; i++) {
        const char *other = json_text(json_get(&all->items[i], "id"));
        const json *name = json_get(&all->items[i], "name");
        if (other && strcmp(other, id) == 0 && json_text(name))
            return *name;
    }
    const json *own = json_get(&r->record, "project_status_name");
    return own ? *own : json_null();
}

static bool write_project(void *context, const json_element *e)
{
    reading *r = context;
    json added = json_object(), status = status_name(r);
    json_set(r->arena, &added, "project_status_name", status);
    r->closed = json_text(&status) && strcmp(json_text(&status), "Closed") == 0;
    bool written = record_write("Project", r->project->id, e, &added);
    fflush(stdout); /* op-diff can read its documents, while Kitsu's are on the way */
    return written;
}

static fetch_outcome read_project(reading *r, http_error *e)
{
    const char *path = project_path(r, NULL);
    zou_result result = zou_get(r->f->zou, path, r->arena, &r->record, e);
    if (result != ZOU_OK)
        return left(r, result, e);
    const char *id = json_text(json_get(&r->record, "id"));
    if (!id || strcmp(id, r->project->id) != 0) {
        http_fail(e, EX_PROTOCOL, "GET %s: not that project", path);
        return left(r, ZOU_FAILED, e);
    }
    buf text = {0};
    json_splitter *s = json_splitter_new(write_project, r);
    json_write(&text, &r->record);
    bool written = json_splitter_feed(s, text.data, text.len);
    json_splitter_free(s);
    buf_free(&text);
    return written ? FETCH_WHOLE : FETCH_LEFT;
}

static bool find_my_role(void *context, const json_element *e)
{
    reading *r = context;
    if (!e->id || !e->text || strcmp(e->id, r->f->me) != 0)
        return true;
    json v;
    if (json_parse(r->arena, e->text, e->len, &v, NULL, NULL)) {
        const char *role = json_text(json_get(&v, "project_role"));
        if (role && strcmp(role, "admin") != 0) /* which Zou leaves aside as well */
            r->role = role;
    }
    return true;
}

/* The role that Zou goes by in this project (its permissions_service). Of the
 * five, vendors and clients see a part of it; so may what we don't know. */
static fetch_outcome read_role(reading *r, http_error *e)
{
    static const char *const seeing[] = {"admin", "manager", "supervisor", "user"};
    r->role = r->f->role;
    if (strcmp(r->role, "admin") != 0) {
        zou_result result = zou_list(r->f->zou, project_path(r, "team"), find_my_role, r, e);
        if (result != ZOU_OK)
            return left(r, result, e);
    }
    r->partial = true;
    for (size_t i = 0; i < sizeof seeing / sizeof *seeing; i++)
        if (strcmp(r->role, seeing[i]) == 0)
            r->partial = false;
    return FETCH_WHOLE;
}

static void show_progress(const reading *r)
{
    static buf line; /* kept for the next call, for good */
    static struct timespec shown;
    struct timespec now;
    if (!msg_progress_wanted())
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if ((now.tv_sec - shown.tv_sec) * 10 + (now.tv_nsec - shown.tv_nsec) / 100000000 < 1)
        return; /* ten times a second */
    shown = now;
    buf_clear(&line);
    for (size_t i = 0; i < ROUTES; i++)
        if (r->counts[i] > 0)
            buf_addf(&line, "%s %lu %s", line.len ? "," : ":", r->counts[i], routes[i].word);
    msg_progress("%s%s", r->project->name, line.data);
}

static bool write_element(void *context, const json_element *e)
{
    reading *r = context;
    const struct route *route = r->route;
    json added = json_object();
    if (r->adds_project_id)
        json_set(r->arena, &added, "project_id", json_string(r->arena, r->project->id));
    if (!record_write(kind_name(route->kind), r->project->id, e,
                      r->adds_project_id ? &added : NULL))
        r->skipped = true;
    r->counts[route - routes]++;
    show_progress(r);
    return ferror(stdout) == 0;
}

/* The server's list, each with whether the project has it. */
static fetch_outcome write_shared(reading *r, const elements *list, const char *key)
{
    const json *own = json_get(&r->record, key);
    for (size_t i = 0; i < list->len; i++) {
        const json_element *e = &list->items[i];
        bool in_project = false;
        for (uint32_t k = 0; e->id && json_is(own, JSON_ARRAY) && k < own->len; k++)
            in_project |=
                json_text(&own->items[k]) && strcmp(json_text(&own->items[k]), e->id) == 0;
        json added = json_object();
        json_set(r->arena, &added, "project_id", json_string(r->arena, r->project->id));
        json_set(r->arena, &added, "in_project", json_bool(in_project));
        if (!record_write(kind_name(r->route->kind), r->project->id, e, &added))
            r->skipped = true;
    }
    r->counts[r->route - routes] = list->len;
    return FETCH_WHOLE;
}

static fetch_outcome read_kind(reading *r, http_error *e)
{
    const struct route *route = r->route;
    r->read[route - routes] = true;
    if (route->kind == KIND_TASK_TYPE)
        return write_shared(r, &r->f->task_types, "task_types");
    if (route->kind == KIND_TASK_STATUS)
        return write_shared(r, &r->f->task_statuses, "task_statuses");
    r->adds_project_id = route->kind == KIND_ASSET_TYPE || route->kind == KIND_PERSON;
    zou_result result = zou_list(r->f->zou, project_path(r, route->path), write_element, r, e);
    if (result == ZOU_FORBIDDEN && r->partial) {
        msg_warn("%s: a %s may not read its %s", r->project->name, r->role, route->word);
        r->read[route - routes] = false;
        return FETCH_WHOLE;
    }
    if (result == ZOU_STOPPED) {
        http_fail(e, EX_IOERR, "stdout cannot be written");
        return FETCH_LOST;
    }
    return result == ZOU_OK ? FETCH_WHOLE : left(r, result, e);
}

/* Zou answers some routes of an unknown project with an empty list: that it
 * was empty is known only if it still is there afterwards. */
static fetch_outcome look_again(reading *r, http_error *e)
{
    json v;
    zou_result result = zou_get(r->f->zou, project_path(r, NULL), r->arena, &v, e);
    return result == ZOU_OK ? FETCH_WHOLE : left(r, result, e);
}

static void write_end(const reading *r)
{
    json v = json_object(), counts = json_object();
    for (size_t i = 0; i < ROUTES; i++)
        if (r->read[i])
            json_set(r->arena, &counts, kind_name(routes[i].kind),
                     json_integer(r->arena, (int64_t)r->counts[i]));
    json_set(r->arena, &v, "type", json_string(r->arena, "End"));
    json_set(r->arena, &v, "project_id", json_string(r->arena, r->project->id));
    json_set(r->arena, &v, "scope", json_string(r->arena, "full"));
    json_set(r->arena, &v, "counts", counts);
    if (r->partial)
        json_set(r->arena, &v, "partial", json_bool(true));
    ndjson_write(&v);
}

static fetch_outcome read_all(reading *r, http_error *e)
{
    fetch_outcome outcome = read_project(r, e);
    if (outcome != FETCH_WHOLE || r->closed)
        return outcome;
    outcome = read_role(r, e);
    for (size_t i = 0; i < ROUTES && outcome == FETCH_WHOLE; i++) {
        r->route = &routes[i];
        if (r->f->wanted[routes[i].kind])
            outcome = read_kind(r, e);
    }
    return outcome == FETCH_WHOLE ? look_again(r, e) : outcome;
}

fetch_outcome fetch_one(fetch *f, fetch_project *project, http_error *e)
{
    reading r = {.f = f, .project = project, .arena = arena_new()};
    fetch_outcome outcome = read_all(&r, e);
    if (outcome == FETCH_WHOLE) {
        write_end(&r);
        project->has_end = true;
        if (r.partial)
            msg_error("%s: a %s sees only a part of it: nothing will be deleted for its sake",
                      project->name, r.role);
        if (r.partial || r.skipped)
            outcome = FETCH_SOME;
    }
    msg_progress(NULL);
    arena_free(r.arena);
    if (ferror(stdout)) {
        http_fail(e, EX_IOERR, "stdout cannot be written");
        return FETCH_LOST;
    }
    return outcome;
}

/* ---- besides ------------------------------------------------------------ */

fetch_outcome fetch_missing(fetch *f, const char *id, const char *name, http_error *e)
{
    arena *a = arena_new();
    json v;
    fetch_outcome outcome = FETCH_SOME;
    const char *path = arena_printf(a, "/data/projects/%s", id);
    switch (zou_get(f->zou, path, a, &v, e)) {
    case ZOU_OK: /* made, or opened to us, after the list was read */ outcome = FETCH_WHOLE; break;
    case ZOU_MISSING:
        v = json_object();
        json_set(a, &v, "type", json_string(a, "Deleted"));
        json_set(a, &v, "entity_type", json_string(a, "Project"));
        json_set(a, &v, "id", json_string(a, id));
        json_set(a, &v, "project_id", json_string(a, id));
        ndjson_write(&v);
        outcome = FETCH_WHOLE;
        break;
    case ZOU_FORBIDDEN:
        msg_error("%s: it is linked to a project of Kitsu that this user may not see", name);
        break;
    case ZOU_LOST: outcome = FETCH_LOST; break;
    default: msg_error("%s: whether Kitsu still has it is not known: %s", name, e->what);
    }
    arena_free(a);
    return outcome;
}

void fetch_checkpoint(fetch *f)
{
    json v = json_object(), projects = json_array();
    for (size_t i = 0; i < f->n_projects; i++)
        if (f->projects[i].has_end)
            json_push(f->arena, &projects, json_string(f->arena, f->projects[i].id));
    json_set(f->arena, &v, "type", json_string(f->arena, "Checkpoint"));
    json_set(f->arena, &v, "server", json_string(f->arena, zou_server(f->zou)));
    json_set(f->arena, &v, "projects", projects);
    json_set(f->arena, &v, "created_at", f->head.created_at);
    json_set(f->arena, &v, "ids", f->head.ids);
    ndjson_write(&v);
}
