#include "fetch/records.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/msg.h"
#include "base/output.h"
#include "record/ndjson.h"
#include "record/zou_record.h"
#include "zou/project_counts.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* The kinds in the order of the stream, their route below /data/projects/ID
 * (NULL: the server's list), and their name in messages. */
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
    {KIND_PERSON, NULL, "people"},
    {KIND_ENTITY_LINK, NULL, "castings"},
};
#define ROUTES (sizeof routes / sizeof *routes)

void fetch_records_init(fetch_records *r, zou_lists *lists, const char *id, const char *name)
{
    *r = (fetch_records){0};
    zou_project_start(&r->project, lists, id, name);
    r->castings.project = &r->project;
}

void fetch_records_free(fetch_records *r)
{
    zou_project_end(&r->project);
}

/* Whether Kitsu lacks the project: the 404 of a list may be another server's, or an older
 * Kitsu's. */
static bool is_gone(const fetch_records *r)
{
    json v;
    error unused;
    arena *a = arena_new();
    const char *path = arena_printf(a, "/data/projects/%s", r->project.id);
    zou_result result = zou_get(r->project.lists->zou, path, JSON_OBJECT, a, &v, &unused);
    arena_free(a);
    return result == ZOU_MISSING;
}

fetch_outcome fetch_records_abandon(const fetch_records *r, zou_result result, const error *e)
{
    if (result == ZOU_LOST)
        return FETCH_LOST;
    if (result == ZOU_MISSING && is_gone(r))
        msg_error("%s: deleted in Kitsu while it was read: %s", r->project.name, e->what);
    else
        msg_error("%s: cannot read the project: %s", r->project.name, e->what);
    return FETCH_ABANDONED;
}

static fetch_outcome stdout_failed(error *e)
{
    error_set(e, EX_IOERR, "cannot write to stdout");
    return FETCH_LOST;
}

/* ---- records ------------------------------------------------------------ */

void fetch_records_write_project(fetch_records *r)
{
    arena *a = r->project.arena;
    json added = json_object();
    json_set(a, &added, "project_status_name", zou_project_status_name(&r->project));
    if (r->scope)
        json_set(a, &added, "scope", json_string(a, r->scope));
    if (!zou_record_write_tree("Project", r->project.id, &r->project.record, &added))
        r->skipped = true;
    output_flush(); /* op-diff reads its documents while Kitsu sends the rest */
}

static void show_progress(const fetch_records *r)
{
    static buf line; /* kept for the next call, never freed */
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

void fetch_records_write(fetch_records *r, kind k, const json_element *e)
{
    json added = json_object();
    bool adds = k == KIND_ASSET_TYPE;
    if (adds)
        json_set(r->project.arena, &added, "project_id",
                 json_string(r->project.arena, r->project.id));
    if (!zou_record_write(kind_name(k), r->project.id, e, adds ? &added : NULL))
        r->skipped = true;
    r->read[k] = true;
    r->counts[k]++;
    show_progress(r);
}

/* What is added to a record of the server's, which the project lists in `own` or not. */
static json membership(const fetch_records *r, const idset *own, const char *id)
{
    json added = json_object();
    json_add(r->project.arena, &added, "project_id", json_string(r->project.arena, r->project.id));
    json_add(r->project.arena, &added, "in_project", json_bool(idset_has_text(own, id)));
    return added;
}

/* Write the server's list, or these of it, and with each record whether the project lists it. */
static void write_shared(fetch_records *r, kind k, const element_list *list, const char *key,
                         const idset *only)
{
    idset *own = json_text_set(json_get(&r->project.record, key));
    for (size_t i = 0; i < list->len; i++) {
        const json_element *e = &list->items[i];
        if (only && !idset_has_text(only, e->id))
            continue;
        json added = membership(r, own, e->id);
        if (!zou_record_write(kind_name(k), r->project.id, e, &added))
            r->skipped = true;
        r->counts[k]++;
    }
    idset_free(own);
    r->read[k] = true;
}

void fetch_records_write_task_types(fetch_records *r)
{
    write_shared(r, KIND_TASK_TYPE, &r->project.lists->task_types, "task_types", NULL);
}

void fetch_records_write_task_statuses(fetch_records *r, const idset *only)
{
    write_shared(r, KIND_TASK_STATUS, &r->project.lists->task_statuses, "task_statuses", only);
}

/* What names them, as far as this user may see it. The rest, such as addresses, is nobody's
 * business who reads a stream. */
static json named_person(arena *a, const json *tree)
{
    static const char *const keys[] = {"id", "first_name", "last_name", "full_name",
                                       "desktop_login"};
    json person = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json *v = json_get(tree, keys[i]);
        if (v)
            json_add(a, &person, keys[i], *v);
    }
    return person;
}

void fetch_records_write_people(fetch_records *r, const idset *only)
{
    element_list *list = &r->project.lists->people;
    idset *team = json_text_set(json_get(&r->project.record, "team"));
    r->read[KIND_PERSON] = list->read || (only && idset_len(only) == 0);
    for (size_t i = 0; i < list->len; i++) {
        const char *id = list->items[i].id;
        const json *tree = element_list_tree(list, i);
        if (!tree || (only && !idset_has_text(only, id)))
            continue;
        json person = named_person(r->project.arena, tree);
        json added = membership(r, team, id);
        if (!zou_record_write_tree("Person", r->project.id, &person, &added))
            r->skipped = true;
        r->counts[KIND_PERSON]++;
    }
    idset_free(team);
}

void fetch_records_write_end(fetch_records *r, end_scope scope, bool whole, const json *judged)
{
    arena *a = r->project.arena;
    end_record end = {.scope = scope,
                      .project_id = r->project.id,
                      .counts = json_object(),
                      .whole = whole,
                      .judged = judged ? *judged : json_null(),
                      .cast = r->castings.read ? r->castings.cast : json_null(),
                      .partial = r->project.partial};
    r->read[KIND_ENTITY_LINK] = r->castings.read;
    r->counts[KIND_ENTITY_LINK] = r->castings.written;
    for (size_t i = 0; i < ROUTES; i++)
        if (r->read[routes[i].kind])
            json_add(a, &end.counts, kind_name(routes[i].kind),
                     json_integer(a, (int64_t)r->counts[routes[i].kind]));
    json v = end_make(a, &end);
    ndjson_write(&v);
}

fetch_outcome fetch_records_outcome(fetch_records *r, error *e)
{
    if (ferror(stdout))
        return stdout_failed(e);
    if (r->project.partial && !r->partial_reported) {
        msg_error("%s: a %s sees only a part of it: nothing is deleted, data.inputLinks stay",
                  r->project.name, r->project.role);
        r->partial_reported = true;
    }
    return r->project.partial || r->skipped || r->castings.given_up ? FETCH_PARTIAL : FETCH_WHOLE;
}

/* ---- a full project ---------------------------------------------------------- */

/* The list of one kind, as it arrives. */
typedef struct listing {
    fetch_records *records;
    kind kind;
} listing;

static bool write_element(void *context, const json_element *e)
{
    listing *l = context;
    fetch_records_write(l->records, l->kind, e);
    if (l->kind == KIND_SHOT)
        castings_note(&l->records->castings, e);
    return ferror(stdout) == 0;
}

static fetch_outcome read_kind(fetch_records *r, const struct route *route, error *e)
{
    r->read[route->kind] = true;
    if (route->kind == KIND_TASK_TYPE)
        fetch_records_write_task_types(r);
    else if (route->kind == KIND_TASK_STATUS)
        fetch_records_write_task_statuses(r, NULL);
    else if (route->kind == KIND_PERSON)
        fetch_records_write_people(r, NULL);
    listing l = {r, route->kind};
    zou_result result = ZOU_OK;
    if (route->kind == KIND_ENTITY_LINK)
        result = castings_write(&r->castings, e);
    else if (route->path)
        result = zou_list(r->project.lists->zou, zou_project_path(&r->project, route->path),
                          write_element, &l, e);
    if (result == ZOU_FORBIDDEN && r->project.partial) {
        msg_warn("%s: a %s may not read its %s", r->project.name, r->project.role, route->word);
        r->read[route->kind] = false;
        return FETCH_WHOLE;
    }
    if (result == ZOU_STOPPED)
        return stdout_failed(e);
    return result == ZOU_OK ? FETCH_WHOLE : fetch_records_abandon(r, result, e);
}

/* Zou answers some routes of an unknown project with an empty list. The list was
 * really empty only if the project still exists afterwards. */
static fetch_outcome check_exists(fetch_records *r, error *e)
{
    json v;
    zou_result result = zou_get(r->project.lists->zou, zou_project_path(&r->project, NULL),
                                JSON_OBJECT, r->project.arena, &v, e);
    return result == ZOU_OK ? FETCH_WHOLE : fetch_records_abandon(r, result, e);
}

bool fetch_records_check_task_types(const fetch_records *r, error *e)
{
    const json *own = json_get(&r->project.record, "task_types");
    return r->project.lists->task_types.len > 0 || !json_is(own, JSON_ARRAY) || own->len == 0 ||
           error_set(e, EX_PROTOCOL, "it has task types, but the server's list of them is empty");
}

/* Whether no empty list is contradicted by another answer. */
static bool check_lists(const fetch_records *r, error *e)
{
    if (r->read[KIND_ASSET_TYPE] && r->counts[KIND_ASSET_TYPE] == 0 && r->counts[KIND_ASSET] > 0)
        return error_set(e, EX_PROTOCOL, "its assets are there, but their types are not");
    return !r->read[KIND_TASK_TYPE] || fetch_records_check_task_types(r, e);
}

/* Whether Kitsu, too, has nothing of the kinds that were listed empty, which `empty` gets: else
 * ZOU_DISPUTED. Who sees a part only deletes nothing, and is not asked. */
static zou_result confirm_empty(fetch_records *r, bool empty[KINDS], error *e)
{
    for (size_t i = 0; i < ROUTES; i++)
        if (routes[i].path && routes[i].kind <= KIND_TASK)
            empty[routes[i].kind] = r->read[routes[i].kind] && r->counts[routes[i].kind] == 0;
    if (!check_lists(r, e))
        return ZOU_DISPUTED;
    return r->project.partial ? ZOU_OK : zou_project_check_empty(&r->project, empty, e);
}

static fetch_outcome read_again(fetch_records *r, const bool empty[KINDS], error *e)
{
    fetch_outcome outcome = FETCH_WHOLE;
    for (size_t i = 0; i < ROUTES && outcome == FETCH_WHOLE; i++)
        if (empty[routes[i].kind])
            outcome = read_kind(r, &routes[i], e);
    return outcome;
}

/* Nothing is deleted because a list was lost on its way. */
static fetch_outcome check_empty(fetch_records *r, error *e)
{
    bool empty[KINDS] = {false};
    zou_result result = confirm_empty(r, empty, e);
    if (result == ZOU_DISPUTED) {
        fetch_outcome outcome = read_again(r, empty, e);
        if (outcome != FETCH_WHOLE)
            return outcome;
        result = confirm_empty(r, empty, e);
    }
    return result == ZOU_OK ? FETCH_WHOLE : fetch_records_abandon(r, result, e);
}

static fetch_outcome read_kinds(fetch_records *r, const bool wanted[KINDS], error *e)
{
    zou_result result = zou_project_find_role(&r->project, e);
    if (result == ZOU_OK)
        result = zou_lists_need_all(r->project.lists, wanted, e);
    if (result != ZOU_OK)
        return fetch_records_abandon(r, result, e);
    for (size_t i = 0; i < ROUTES; i++) {
        if (!wanted[routes[i].kind])
            continue;
        fetch_outcome outcome = read_kind(r, &routes[i], e);
        if (outcome != FETCH_WHOLE)
            return outcome;
    }
    fetch_outcome outcome = check_exists(r, e);
    return outcome == FETCH_WHOLE ? check_empty(r, e) : outcome;
}

fetch_outcome fetch_records_write_full(fetch_records *r, const bool wanted[KINDS], error *e)
{
    fetch_records_write_project(r);
    fetch_outcome outcome = r->skipped ? FETCH_ABANDONED : FETCH_WHOLE;
    if (outcome == FETCH_WHOLE && !r->project.closed)
        outcome = read_kinds(r, wanted, e);
    if (outcome == FETCH_WHOLE) {
        fetch_records_write_end(r, END_FULL, false, NULL);
        outcome = fetch_records_outcome(r, e);
    }
    msg_progress(NULL);
    return ferror(stdout) && outcome != FETCH_LOST ? stdout_failed(e) : outcome;
}
