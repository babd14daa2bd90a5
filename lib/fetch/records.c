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

void fetch_reading_start(fetch_reading *r, zou_lists *lists, const char *id, const char *name)
{
    *r = (fetch_reading){0};
    zou_project_start(&r->project, lists, id, name);
}

void fetch_reading_end(fetch_reading *r)
{
    zou_project_end(&r->project);
}

fetch_outcome fetch_reading_abandon(const fetch_reading *r, zou_result result, const error *e)
{
    if (result == ZOU_LOST)
        return FETCH_LOST;
    if (result == ZOU_MISSING)
        msg_error("%s: gone from Kitsu while it was read: %s", r->project.name, e->what);
    else
        msg_error("%s: not read to its end: %s", r->project.name, e->what);
    return FETCH_ABANDONED;
}

/* ---- records ------------------------------------------------------------ */

void fetch_reading_write_project(fetch_reading *r)
{
    arena *a = r->project.arena;
    json added = json_object();
    json_set(a, &added, "project_status_name", zou_project_status_name(&r->project));
    if (r->scope)
        json_set(a, &added, "scope", json_string(a, r->scope));
    if (!zou_record_write_tree("Project", r->project.id, &r->project.record, &added))
        r->skipped = true;
    fflush(stdout); /* op-diff can read its documents, while Kitsu's are on the way */
}

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
    msg_progress("%s%s", r->project.name, line.data);
}

void fetch_reading_write(fetch_reading *r, kind k, const json_element *e)
{
    json added = json_object();
    bool adds = k == KIND_ASSET_TYPE || k == KIND_PERSON;
    if (adds)
        json_set(r->project.arena, &added, "project_id",
                 json_string(r->project.arena, r->project.id));
    if (!zou_record_write(kind_name(k), r->project.id, e, adds ? &added : NULL))
        r->skipped = true;
    r->read[k] = true;
    r->counts[k]++;
    show_progress(r);
}

/* The server's list, each with whether the project has it. */
static void write_shared(fetch_reading *r, kind k, const element_list *list, const char *key)
{
    const json *own = json_get(&r->project.record, key);
    for (size_t i = 0; i < list->len; i++) {
        const json_element *e = &list->items[i];
        bool in_project = false;
        for (uint32_t n = 0; e->id && json_is(own, JSON_ARRAY) && n < own->len; n++)
            in_project |=
                json_text(&own->items[n]) && strcmp(json_text(&own->items[n]), e->id) == 0;
        json added = json_object();
        json_set(r->project.arena, &added, "project_id",
                 json_string(r->project.arena, r->project.id));
        json_set(r->project.arena, &added, "in_project", json_bool(in_project));
        if (!zou_record_write(kind_name(k), r->project.id, e, &added))
            r->skipped = true;
    }
    r->read[k] = true;
    r->counts[k] = list->len;
}

void fetch_reading_write_task_types(fetch_reading *r)
{
    write_shared(r, KIND_TASK_TYPE, &r->project.lists->task_types, "task_types");
}

void fetch_reading_write_end(fetch_reading *r, const char *scope, bool whole)
{
    json v = json_object(), counts = json_object();
    for (size_t i = 0; i < ROUTES; i++)
        if (r->read[routes[i].kind])
            json_set(r->project.arena, &counts, kind_name(routes[i].kind),
                     json_integer(r->project.arena, (int64_t)r->counts[routes[i].kind]));
    json_set(r->project.arena, &v, "type", json_string(r->project.arena, "End"));
    json_set(r->project.arena, &v, "project_id", json_string(r->project.arena, r->project.id));
    json_set(r->project.arena, &v, "scope", json_string(r->project.arena, scope));
    json_set(r->project.arena, &v, "counts", counts);
    if (whole)
        json_set(r->project.arena, &v, "whole", json_bool(true));
    if (r->project.partial)
        json_set(r->project.arena, &v, "partial", json_bool(true));
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
        write_shared(r, KIND_TASK_STATUS, &r->project.lists->task_statuses, "task_statuses");
    if (!route->path)
        return FETCH_WHOLE;
    listing l = {r, route->kind};
    zou_result result = zou_list(r->project.lists->zou, zou_project_path(&r->project, route->path),
                                 write_element, &l, e);
    if (result == ZOU_FORBIDDEN && r->project.partial) {
        msg_warn("%s: a %s may not read its %s", r->project.name, r->project.role, route->word);
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
    zou_result result = zou_get(r->project.lists->zou, zou_project_path(&r->project, NULL),
                                r->project.arena, &v, e);
    return result == ZOU_OK ? FETCH_WHOLE : fetch_reading_abandon(r, result, e);
}

static fetch_outcome read_kinds(fetch_reading *r, error *e)
{
    zou_result result = zou_project_find_role(&r->project, e);
    if (result == ZOU_OK)
        result = zou_lists_need_all(r->project.lists, e);
    if (result != ZOU_OK)
        return fetch_reading_abandon(r, result, e);
    for (size_t i = 0; i < ROUTES; i++) {
        fetch_outcome outcome =
            r->project.lists->wanted[routes[i].kind] ? read_kind(r, &routes[i], e) : FETCH_WHOLE;
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
    if (r->project.partial && !once)
        msg_error("%s: a %s sees only a part of it: nothing will be deleted for its sake",
                  r->project.name, r->project.role);
    return r->project.partial || r->skipped ? FETCH_PARTIAL : FETCH_WHOLE;
}

fetch_outcome fetch_reading_full(fetch_reading *r, bool once, error *e)
{
    fetch_reading_write_project(r);
    fetch_outcome outcome = r->skipped ? FETCH_ABANDONED : FETCH_WHOLE;
    if (outcome == FETCH_WHOLE && !r->project.closed)
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
