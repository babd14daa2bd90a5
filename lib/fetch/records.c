#include "fetch/records.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/msg.h"
#include "record/ndjson.h"
#include "record/zou_record.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* The kinds in the order of the stream, where they come from, below
 * /data/projects/ID (NULL: the server's list), and their name in messages. */
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

void fetch_reading_start(fetch_reading *r, zou_lists *shared, const char *id, const char *name)
{
    *r = (fetch_reading){.shared = shared, .id = id, .name = name, .arena = arena_new()};
}

void fetch_reading_end(fetch_reading *r)
{
    arena_free(r->arena);
    r->arena = NULL;
}

fetch_outcome fetch_reading_abandon(const fetch_reading *r, zou_result result, const error *e)
{
    if (result == ZOU_LOST)
        return FETCH_LOST;
    if (result == ZOU_MISSING)
        msg_error("%s: gone from Kitsu while it was read: %s", r->name, e->what);
    else
        msg_error("%s: not read to its end: %s", r->name, e->what);
    return FETCH_ABANDONED;
}

const char *fetch_reading_path(fetch_reading *r, const char *below)
{
    return arena_printf(r->arena, "/data/projects/%s%s%s", r->id, below ? "/" : "",
                        below ? below : "");
}

/* ---- the project -------------------------------------------------------- */

/* A non-admin's project lacks the name of its status: always look it up. */
static json status_name(const fetch_reading *r)
{
    const char *id = json_text(json_get(&r->record, "project_status_id"));
    const json_element *status = element_list_find(&r->shared->project_statuses, id);
    if (status && status->name)
        return json_string(r->arena, status->name);
    const json *own = json_get(&r->record, "project_status_name");
    return own ? *own : json_null();
}

/* The list of statuses, once more when it lacks the project's. */
static zou_result read_status(fetch_reading *r, error *e)
{
    element_list *list = &r->shared->project_statuses;
    bool fresh = !list->read;
    zou_result result = zou_lists_need(r->shared, list, e);
    const char *id = json_text(json_get(&r->record, "project_status_id"));
    if (result == ZOU_OK && id && !fresh && !element_list_find(list, id)) {
        element_list_clear(list);
        result = zou_lists_need(r->shared, list, e);
    }
    json name = status_name(r);
    r->closed = json_text(&name) && strcmp(json_text(&name), "Closed") == 0;
    return result;
}

zou_result fetch_reading_project(fetch_reading *r, error *e)
{
    const char *path = fetch_reading_path(r, NULL);
    zou_result result = zou_get(r->shared->zou, path, r->arena, &r->record, e);
    if (result != ZOU_OK)
        return result;
    const char *id = json_text(json_get(&r->record, "id"));
    const char *name = json_text(json_get(&r->record, "name"));
    if (!id || strcmp(id, r->id) != 0) {
        error_set(e, EX_PROTOCOL, "GET %s: not that project", path);
        return ZOU_FAILED;
    }
    r->name = name ? name : r->name;
    return read_status(r, e);
}

static bool write_project(void *context, const json_element *e)
{
    fetch_reading *r = context;
    json added = json_object();
    json_set(r->arena, &added, "project_status_name", status_name(r));
    if (r->scope)
        json_set(r->arena, &added, "scope", json_string(r->arena, r->scope));
    r->skipped |= !zou_record_write("Project", r->id, e, &added);
    return true;
}

void fetch_reading_write_project(fetch_reading *r)
{
    buf text = {0};
    json_splitter *s = json_splitter_new(write_project, r);
    json_write(&text, &r->record);
    json_splitter_feed(s, text.data, text.len);
    json_splitter_free(s);
    buf_free(&text);
    fflush(stdout); /* op-diff can read its documents, while Kitsu's are on the way */
}

static bool find_my_role(void *context, const json_element *e)
{
    fetch_reading *r = context;
    if (!e->id || !e->text || strcmp(e->id, r->shared->me) != 0)
        return true;
    json v;
    if (json_parse(r->arena, e->text, e->len, &v, NULL, NULL)) {
        const char *role = json_text(json_get(&v, "project_role"));
        if (role && strcmp(role, "admin") != 0) /* which Zou leaves aside as well */
            r->role = role;
    }
    return true;
}

/* Of Zou's five roles, vendors and clients see a part of a project; so may what
 * we don't know. */
void fetch_reading_set_role(fetch_reading *r, const char *role)
{
    static const char *const seeing[] = {"admin", "manager", "supervisor", "user"};
    r->role = role;
    r->partial = true;
    for (size_t i = 0; i < sizeof seeing / sizeof *seeing; i++)
        if (strcmp(role, seeing[i]) == 0)
            r->partial = false;
}

/* As Zou's permissions_service finds it: a team member's role in the project
 * goes before the own. */
zou_result fetch_reading_role(fetch_reading *r, error *e)
{
    if (r->role)
        return ZOU_OK;
    zou_result result = zou_lists_user(r->shared, e);
    if (result != ZOU_OK)
        return result;
    r->role = r->shared->role;
    if (!zou_lists_sees_all(r->shared))
        result = zou_list(r->shared->zou, fetch_reading_path(r, "team"), find_my_role, r, e);
    fetch_reading_set_role(r, r->role);
    return result;
}

/* ---- records ------------------------------------------------------------ */

static void show_progress(const fetch_reading *r)
{
    static buf line; /* kept for the next call, for good */
    static double shown;
    if (!msg_progress_wanted() || clock_now() - shown < 0.1)
        return; /* ten times a second */
    shown = clock_now();
    buf_clear(&line);
    for (size_t i = 0; i < ROUTES; i++)
        if (r->counts[routes[i].kind] > 0)
            buf_addf(&line, "%s %lu %s", line.len ? "," : ":", r->counts[routes[i].kind],
                     routes[i].word);
    msg_progress("%s%s", r->name, line.data);
}

void fetch_reading_write(fetch_reading *r, kind k, const json_element *e)
{
    json added = json_object();
    bool adds = k == KIND_ASSET_TYPE || k == KIND_PERSON;
    if (adds)
        json_set(r->arena, &added, "project_id", json_string(r->arena, r->id));
    if (!zou_record_write(kind_name(k), r->id, e, adds ? &added : NULL))
        r->skipped = true;
    r->read[k] = true;
    r->counts[k]++;
    show_progress(r);
}

/* The server's list, each with whether the project has it. */
static void write_shared(fetch_reading *r, kind k, const element_list *list, const char *key)
{
    const json *own = json_get(&r->record, key);
    for (size_t i = 0; i < list->len; i++) {
        const json_element *e = &list->items[i];
        bool in_project = false;
        for (uint32_t n = 0; e->id && json_is(own, JSON_ARRAY) && n < own->len; n++)
            in_project |=
                json_text(&own->items[n]) && strcmp(json_text(&own->items[n]), e->id) == 0;
        json added = json_object();
        json_set(r->arena, &added, "project_id", json_string(r->arena, r->id));
        json_set(r->arena, &added, "in_project", json_bool(in_project));
        if (!zou_record_write(kind_name(k), r->id, e, &added))
            r->skipped = true;
    }
    r->read[k] = true;
    r->counts[k] = list->len;
}

void fetch_reading_write_task_types(fetch_reading *r)
{
    write_shared(r, KIND_TASK_TYPE, &r->shared->task_types, "task_types");
}

void fetch_reading_write_end(fetch_reading *r, const char *scope, bool whole)
{
    json v = json_object(), counts = json_object();
    for (size_t i = 0; i < ROUTES; i++)
        if (r->read[routes[i].kind])
            json_set(r->arena, &counts, kind_name(routes[i].kind),
                     json_integer(r->arena, (int64_t)r->counts[routes[i].kind]));
    json_set(r->arena, &v, "type", json_string(r->arena, "End"));
    json_set(r->arena, &v, "project_id", json_string(r->arena, r->id));
    json_set(r->arena, &v, "scope", json_string(r->arena, scope));
    json_set(r->arena, &v, "counts", counts);
    if (whole)
        json_set(r->arena, &v, "whole", json_bool(true));
    if (r->partial)
        json_set(r->arena, &v, "partial", json_bool(true));
    ndjson_write(&v);
}

/* ---- all of it ---------------------------------------------------------- */

/* One kind while its list arrives. */
typedef struct listing {
    fetch_reading *reading;
    kind kind;
} listing;

static bool write_element(void *context, const json_element *e)
{
    listing *l = context;
    fetch_reading_write(l->reading, l->kind, e);
    return ferror(stdout) == 0;
}

static fetch_outcome read_kind(fetch_reading *r, const struct route *route, error *e)
{
    r->read[route->kind] = true;
    if (route->kind == KIND_TASK_TYPE)
        fetch_reading_write_task_types(r);
    else if (route->kind == KIND_TASK_STATUS)
        write_shared(r, KIND_TASK_STATUS, &r->shared->task_statuses, "task_statuses");
    if (!route->path)
        return FETCH_WHOLE;
    listing l = {r, route->kind};
    zou_result result =
        zou_list(r->shared->zou, fetch_reading_path(r, route->path), write_element, &l, e);
    if (result == ZOU_FORBIDDEN && r->partial) {
        msg_warn("%s: a %s may not read its %s", r->name, r->role, route->word);
        r->read[route->kind] = false;
        return FETCH_WHOLE;
    }
    if (result == ZOU_STOPPED) {
        error_set(e, EX_IOERR, "stdout cannot be written");
        return FETCH_LOST;
    }
    return result == ZOU_OK ? FETCH_WHOLE : fetch_reading_abandon(r, result, e);
}

/* Zou answers some routes of an unknown project with an empty list: that it
 * was empty is known only if it still is there afterwards. */
static fetch_outcome look_again(fetch_reading *r, error *e)
{
    json v;
    zou_result result = zou_get(r->shared->zou, fetch_reading_path(r, NULL), r->arena, &v, e);
    return result == ZOU_OK ? FETCH_WHOLE : fetch_reading_abandon(r, result, e);
}

static fetch_outcome read_kinds(fetch_reading *r, error *e)
{
    zou_result result = fetch_reading_role(r, e);
    if (result == ZOU_OK)
        result = zou_lists_need_all(r->shared, e);
    if (result != ZOU_OK)
        return fetch_reading_abandon(r, result, e);
    for (size_t i = 0; i < ROUTES; i++) {
        fetch_outcome outcome =
            r->shared->wanted[routes[i].kind] ? read_kind(r, &routes[i], e) : FETCH_WHOLE;
        if (outcome != FETCH_WHOLE)
            return outcome;
    }
    return look_again(r, e);
}

fetch_outcome fetch_reading_outcome(const fetch_reading *r, bool once, error *e)
{
    if (ferror(stdout)) {
        error_set(e, EX_IOERR, "stdout cannot be written");
        return FETCH_LOST;
    }
    if (r->partial && !once)
        msg_error("%s: a %s sees only a part of it: nothing will be deleted for its sake", r->name,
                  r->role);
    return r->partial || r->skipped ? FETCH_PARTIAL : FETCH_WHOLE;
}

fetch_outcome fetch_reading_full(fetch_reading *r, bool once, error *e)
{
    fetch_reading_write_project(r);
    fetch_outcome outcome = r->skipped ? FETCH_ABANDONED : FETCH_WHOLE;
    if (outcome == FETCH_WHOLE && !r->closed)
        outcome = read_kinds(r, e);
    if (outcome == FETCH_WHOLE) {
        fetch_reading_write_end(r, "full", false);
        outcome = fetch_reading_outcome(r, once, e);
    }
    msg_progress(NULL);
    if (ferror(stdout) && outcome != FETCH_LOST) {
        error_set(e, EX_IOERR, "stdout cannot be written");
        outcome = FETCH_LOST;
    }
    return outcome;
}
