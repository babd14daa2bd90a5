#include "push/kitsu.h"

#include "zou/bulk.h"
#include "zou/id.h"
#include "zou/project.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const struct {
    kind kind;
    const char *path;
} routes[] = {
    {KIND_ASSET_TYPE, "asset-types"}, {KIND_EPISODE, "episodes"},
    {KIND_SEQUENCE, "sequences"},     {KIND_SHOT, "shots"},
    {KIND_ASSET, "assets"},           {KIND_EDIT, "edits"},
    {KIND_CONCEPT, "concepts"},       {KIND_TASK, "tasks"},
};
#define ROUTES (sizeof routes / sizeof *routes)

/* ---- lists ---------------------------------------------------------------- */

typedef struct list {
    arena *arena;
    json *out;
} list;

static bool keep(void *context, const json_element *e)
{
    list *l = context;
    json v;
    if (e->text && json_parse(l->arena, e->text, e->len, &v, NULL, NULL))
        json_push(l->arena, l->out, v);
    return true;
}

static const char *age_of(const json *v)
{
    const char *at = json_text(json_get(v, "created_at"));
    return at ? at : "";
}

/* The project's before others. */
static int by_age(const void *x, const void *y)
{
    const json *a = x, *b = y;
    int order =
        (int)json_true(json_get(b, "in_project")) - (int)json_true(json_get(a, "in_project"));
    if (order == 0)
        order = strcmp(age_of(a), age_of(b));
    const char *i = json_text(json_get(a, "id")), *j = json_text(json_get(b, "id"));
    return order ? order : strcmp(i ? i : "", j ? j : "");
}

zou_result push_kitsu_asset_types(push_kitsu *k, arena *a, error *e)
{
    k->asset_types = json_array();
    zou_result result =
        zou_list(k->shared->zou, "/data/asset-types", keep, &(list){a, &k->asset_types}, e);
    if (k->asset_types.len)
        qsort(k->asset_types.items, k->asset_types.len, sizeof(json), by_age);
    return result;
}

bool push_kitsu_lists(const push_kitsu *k, const char *key, const char *id)
{
    return json_has_text(json_get(&k->production->project, key), id);
}

/* The server's task types as records of this project. */
static void take_task_types(push_kitsu *k, arena *a)
{
    const element_list *types = &k->shared->task_types;
    k->task_types = json_array();
    for (size_t i = 0; i < types->len; i++) {
        const json_element *e = &types->items[i];
        json v;
        const char *why;
        if (!e->id || !e->text || !json_parse(a, e->text, e->len, &v, NULL, NULL))
            continue;
        v = json_copy_shallow(a, &v);
        json_set(a, &v, "type", json_string(a, "TaskType"));
        json_set(a, &v, "in_project", json_bool(push_kitsu_lists(k, "task_types", e->id)));
        production_add(k->production, &v, &why);
        json_push(a, &k->task_types, v);
    }
    if (k->task_types.len)
        qsort(k->task_types.items, k->task_types.len, sizeof(json), by_age);
}

/* ---- the project ---------------------------------------------------------- */

typedef struct by_name {
    const char *name;
    arena *arena;
    const char *id;
} by_name;

static bool note_name(void *context, const json_element *e)
{
    by_name *b = context;
    if (e->id && e->name && strcmp(e->name, b->name) == 0)
        b->id = arena_text(b->arena, e->id, strlen(e->id));
    return true;
}

/* Its id: of the link, or found by the name. */
static push_found find_id(push_kitsu *k, const collection *c, arena *a, const char **id, error *e)
{
    *id = json_text(json_at(&c->project, "data", "zou_id", NULL));
    if (*id && zou_is_id(*id))
        return PUSH_FOUND;
    if (*id) {
        error_set(e, 1, "its data.zou_id \"%.60s\" is no id of Kitsu's", *id);
        return PUSH_NOT_FOUND;
    }
    by_name b = {.name = c->coll, .arena = a};
    zou_result result = zou_list(k->shared->zou, "/data/projects/all", note_name, &b, e);
    if (result != ZOU_OK)
        return PUSH_LOST;
    *id = b.id;
    if (b.id)
        return PUSH_FOUND;
    error_set(e, 1,
              "Kitsu has no such project, or this user may not see it: create it in Kitsu and "
              "add the user to its team");
    return PUSH_NOT_FOUND;
}

static push_found not_read(zou_result result, error *e)
{
    if (result == ZOU_LOST)
        return PUSH_LOST;
    char what[sizeof e->what];
    memcpy(what, e->what, sizeof what);
    if (result == ZOU_MISSING)
        error_set(e, 1,
                  "it is linked to a project that Kitsu no longer has: create it in Kitsu, and "
                  "take data.zou_id out of the project's document (%.200s)",
                  what);
    else if (result == ZOU_FORBIDDEN)
        error_set(e, 1, "this user may not see it in Kitsu: add the user to its team (%.200s)",
                  what);
    else
        e->status = 1;
    return PUSH_NOT_FOUND;
}

/* Zou lets managers and above make entities, and shows others less or refuses
 * each request. */
static push_found check_role(zou_project *r, error *e)
{
    zou_result result = zou_project_find_role(r, e);
    if (result != ZOU_OK)
        return not_read(result, e);
    if (strcmp(r->role, "admin") == 0 || strcmp(r->role, "manager") == 0)
        return PUSH_FOUND;
    error_set(e, 1,
              "in this project the user is a %.40s in Kitsu: only a manager or an "
              "administrator may push to it",
              r->role);
    return PUSH_NOT_FOUND;
}

/* ---- its entities --------------------------------------------------------- */

typedef struct taking {
    push_kitsu *kitsu;
    arena *arena;
    kind kind;
} taking;

static bool take(void *context, const json_element *e)
{
    taking *t = context;
    json v;
    const char *why;
    arena *a = t->arena;
    if (!e->id)
        return true;
    if (!e->text || !json_parse(a, e->text, e->len, &v, NULL, NULL)) {
        /* Too large to be read: it is there, which is all that matters here. */
        json what = json_object();
        json_add(a, &what, "type", json_string(a, kind_name(t->kind)));
        json_add(a, &what, "id", json_string(a, e->id));
        json_add(a, &what, "name", json_string(a, e->name ? e->name : ""));
        v = json_object();
        json_add(a, &v, "type", json_string(a, "Skipped"));
        json_add(a, &v, "entity", what);
        json_add(a, &v, "code", json_string(a, "size"));
        production_add(t->kitsu->production, &v, &why);
        return true;
    }
    v = json_copy_shallow(a, &v);
    json_set(a, &v, "type", json_string(a, kind_name(t->kind)));
    production_add(t->kitsu->production, &v, &why);
    return true;
}

/* Ids of documents that Kitsu's lists lack. */
static bool note_stranger(void *context, const json_element *e)
{
    taking *t = context;
    if (e->id)
        json_set(t->arena, &t->kitsu->strangers, arena_text(t->arena, e->id, strlen(e->id)),
                 json_bool(true));
    return true;
}

static zou_result ask_for_strangers(push_kitsu *k, const collection *c, arena *a, error *e)
{
    const char **ids = arena_alloc(a, (c->n + 1) * sizeof *ids);
    size_t n = 0;
    k->strangers = json_object();
    for (size_t i = 0; i < c->n; i++) {
        const asset *d = c->assets[i];
        if (zou_is_id(d->zou_id) && d->kind != KIND_ASSET_TYPE &&
            !production_find(k->production, d->zou_id))
            ids[n++] = d->zou_id;
    }
    taking t = {k, a, KIND_NONE};
    return zou_bulk(k->shared->zou, "/data/entities?id=", ids, n, "", note_stranger, &t, e);
}

static push_found read_lists(push_kitsu *k, zou_project *r, const collection *c, arena *a, error *e)
{
    zou_result result = ZOU_OK;
    for (size_t i = 0; i < ROUTES && result == ZOU_OK; i++) {
        taking t = {k, a, routes[i].kind};
        result = zou_list(k->shared->zou, zou_project_path(r, routes[i].path), take, &t, e);
    }
    if (result == ZOU_OK)
        result = zou_lists_need(k->shared, &k->shared->task_types, e);
    if (result == ZOU_OK)
        result = push_kitsu_asset_types(k, a, e);
    if (result != ZOU_OK)
        return not_read(result, e);
    take_task_types(k, a);
    production_link(k->production);
    result = ask_for_strangers(k, c, a, e);
    return result == ZOU_OK ? PUSH_FOUND : not_read(result, e);
}

push_found push_kitsu_read(push_kitsu *k, const collection *c, arena *a, error *e)
{
    const char *id, *why;
    zou_project r;
    push_found found = find_id(k, c, a, &id, e);
    if (found != PUSH_FOUND)
        return found;
    zou_project_start(&r, k->shared, id, c->coll);
    zou_result result = zou_project_read(&r, e);
    found = result == ZOU_OK ? PUSH_FOUND : not_read(result, e);
    if (found == PUSH_FOUND) {
        json record = json_copy(a, &r.record);
        k->closed = r.closed;
        k->production = production_new(a, &record, &why);
        if (!k->closed)
            found = check_role(&r, e);
        if (found == PUSH_FOUND && !k->closed)
            found = read_lists(k, &r, c, a, e);
    }
    zou_project_end(&r);
    return found;
}

void push_kitsu_free(push_kitsu *k)
{
    production_free(k->production);
    k->production = NULL;
}
