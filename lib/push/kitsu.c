#include "push/kitsu.h"

#include "base/idset.h"
#include "base/limits.h"
#include "model/names.h"
#include "record/record.h"
#include "record/skipped.h"
#include "zou/bulk.h"
#include "zou/id.h"
#include "zou/project_counts.h"

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
    size_t before; /* bytes of the arena */
} list;

static bool list_add(void *context, const json_element *e, const json *tree)
{
    list *l = context;
    if (tree && e->id)
        json_push(l->arena, l->out, *tree);
    return arena_size(l->arena) - l->before <= MAX_HELD;
}

static const char *age_of(const json *v)
{
    const char *at = json_text(json_get(v, "created_at"));
    return at ? at : "";
}

/* The project's before others, then by age. */
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
    list l = {a, &k->asset_types, arena_size(a)};
    zou_result result = zou_list_trees(k->lists->zou, "/data/asset-types", a, list_add, &l, e);
    if (result == ZOU_STOPPED) {
        error_set(e, EX_PROTOCOL, "GET /data/asset-types: the list is larger than %zu MiB",
                  MAX_HELD / 1024 / 1024);
        return ZOU_FAILED;
    }
    if (k->asset_types.len)
        qsort(k->asset_types.items, k->asset_types.len, sizeof(json), by_age);
    return result;
}

idset *push_kitsu_lists(const push_kitsu *k, const char *key)
{
    return json_text_set(json_get(&k->production->project, key));
}

/* Add the server's task types as records of this project. They are copied, as the list is
 * read again once the push has made a type. */
static void add_task_types(push_kitsu *k, arena *a)
{
    element_list *types = &k->lists->task_types;
    idset *own = push_kitsu_lists(k, "task_types");
    k->task_types = json_array();
    for (size_t i = 0; i < types->len; i++) {
        const json *tree = element_list_tree(types, i);
        const char *id = types->items[i].id, *why;
        if (!id || !tree)
            continue;
        json v = json_copy(a, tree);
        json_set(a, &v, "type", json_string(a, "TaskType"));
        json_set(a, &v, "in_project", json_bool(idset_has_text(own, id)));
        production_add(k->production, &v, &why);
        json_push(a, &k->task_types, v);
    }
    idset_free(own);
    if (k->task_types.len)
        qsort(k->task_types.items, k->task_types.len, sizeof(json), by_age);
}

/* ---- the project ---------------------------------------------------------- */

typedef struct by_name {
    const char *name;
    bool convert;
    arena *arena, *scratch; /* of the id, and of one project's name */
    const char *id;
    bool exact; /* its name needed no conversion */
} by_name;

static bool match_project(void *context, const json_element *e)
{
    by_name *b = context;
    arena_reset(b->scratch);
    const char *usable = zou_is_id(e->id) && e->name && !b->exact
                             ? name_usable(b->scratch, e->name, true, b->convert)
                             : NULL;
    if (!usable || strcmp(usable, b->name) != 0)
        return true;
    b->exact = strcmp(e->name, b->name) == 0;
    if (b->exact || !b->id)
        b->id = arena_text(b->arena, e->id, strlen(e->id));
    return true;
}

/* The id of Kitsu's project that has the collection's name; NULL: none. */
static zou_result find_by_name(push_kitsu *k, const collection *c, arena *a, const char **id,
                               error *e)
{
    by_name b = {.name = c->coll, .convert = k->convert, .arena = a, .scratch = arena_new()};
    zou_result result = zou_list(k->lists->zou, "/data/projects/all", match_project, &b, e);
    arena_free(b.scratch);
    *id = b.id;
    return result;
}

/* Find its id: `data.zou_id`, else the id of the project of its name. */
static push_found find_id(push_kitsu *k, const collection *c, arena *a, const char **id, error *e)
{
    *id = json_text(json_at(&c->project, "data", "zou_id", NULL));
    if (*id && zou_is_id(*id))
        return PUSH_FOUND;
    if (*id) {
        error_set(e, 1, "its data.zou_id \"%.60s\" is not a Kitsu id", *id);
        return PUSH_NOT_FOUND;
    }
    if (find_by_name(k, c, a, id, e) != ZOU_OK)
        return PUSH_LOST;
    if (*id)
        return PUSH_FOUND;
    error_set(e, 1,
              "Kitsu has no such project, or this user may not see it: create it in Kitsu and "
              "add the user to its team");
    return PUSH_NOT_FOUND;
}

/* What a failed request means, with an error that says what to do. */
static push_found explain_failure(zou_result result, error *e)
{
    if (result == ZOU_LOST)
        return PUSH_LOST;
    char what[sizeof e->what];
    memcpy(what, e->what, sizeof what);
    if (result == ZOU_FORBIDDEN)
        error_set(e, 1, "this user may not see it in Kitsu: add the user to its team (%.200s)",
                  what);
    else
        e->status = 1;
    return PUSH_NOT_FOUND;
}

/* Zou lets managers and administrators make entities. It refuses each request of others, or
 * shows them less. */
static push_found check_role(zou_project *project, error *e)
{
    zou_result result = zou_project_find_role(project, e);
    if (result != ZOU_OK)
        return explain_failure(result, e);
    if (strcmp(project->role, "admin") == 0 || strcmp(project->role, "manager") == 0)
        return PUSH_FOUND;
    error_set(e, 1,
              "this user is a %.40s of the project in Kitsu: only a manager or an "
              "administrator may push to it",
              project->role);
    return PUSH_NOT_FOUND;
}

/* ---- its entities --------------------------------------------------------- */

typedef struct reading {
    push_kitsu *kitsu;
    arena *arena;
    kind kind;
    size_t n;      /* records, so far */
    size_t before; /* bytes of the arena */
} reading;

static zou_result too_large(const push_kitsu *k, error *e)
{
    error_set(e, EX_PROTOCOL, "Kitsu gives more of the project \"%.100s\" than %zu MiB of memory",
              k->production->name, MAX_PROJECT / 1024 / 1024);
    return ZOU_FAILED;
}

bool push_kitsu_keep(push_kitsu *k, const json *record, arena *a, json *out, error *e)
{
    size_t before = arena_size(a);
    *out = json_copy(a, record);
    k->held += arena_size(a) - before;
    return k->held <= MAX_PROJECT || too_large(k, e) == ZOU_OK;
}

static bool is_longer(const char *text, size_t most)
{
    return text && strlen(text) > most;
}

/* Each is part of a place, and of what is said of others. */
static bool has_long_name(const json *tree)
{
    return is_longer(json_text(json_get(tree, "name")), MAX_NAME) ||
           is_longer(json_text(json_get(tree, "parent_id")), MAX_ID) ||
           is_longer(json_text(json_get(tree, "entity_type_id")), MAX_ID);
}

/* One too large to be read is a Skipped: that it is there is all that matters here. */
static json unread_record(arena *a, const push_kitsu *k, kind of, const json_element *e)
{
    json what = record_entity(a, kind_name(of), e->id, e->name ? e->name : "");
    return skipped_make(a, what, k->production->id, "size", "it is too large to be read");
}

static bool add_record(void *context, const json_element *e, const json *tree)
{
    reading *r = context;
    json v;
    const char *why;
    r->n++;
    if (zou_id_fits(e->id)) {
        if (!tree || has_long_name(tree)) {
            v = unread_record(r->arena, r->kitsu, r->kind, e);
        } else if (json_text_is(json_get(tree, "type"), kind_name(r->kind))) {
            v = *tree;
        } else {
            v = json_copy_shallow(r->arena, tree);
            json_set(r->arena, &v, "type", json_string(r->arena, kind_name(r->kind)));
        }
        production_add(r->kitsu->production, &v, &why);
    }
    return r->kitsu->held + arena_size(r->arena) - r->before <= MAX_PROJECT;
}

/* The linked documents' ids that the project's lists lack. */
typedef struct sought {
    push_kitsu *kitsu;
    arena *arena;
    idset *ids; /* owned */
} sought;

static bool add_stranger(void *context, const json_element *e)
{
    sought *s = context;
    if (zou_is_id(e->id) && idset_has(s->ids, e->id, strlen(e->id)))
        json_set(s->arena, &s->kitsu->strangers, arena_text(s->arena, e->id, strlen(e->id)),
                 json_bool(true));
    return true;
}

/* Look for the linked documents that the project's lists lack. */
static zou_result find_strangers(push_kitsu *k, const collection *c, arena *a, error *e)
{
    const char **ids = arena_alloc(a, (c->n + 1) * sizeof *ids);
    size_t n = 0;
    sought s = {k, a, idset_new()};
    k->strangers = json_object();
    for (size_t i = 0; i < c->n; i++) {
        const asset *d = c->assets[i];
        if (zou_is_id(d->zou_id) && d->kind != KIND_ASSET_TYPE &&
            !production_find(k->production, d->zou_id)) {
            ids[n++] = d->zou_id;
            idset_add(s.ids, d->zou_id, strlen(d->zou_id));
        }
    }
    bulk_query query = {.path = "/data/entities?id=", .ids = ids, .n = n};
    zou_result result = zou_bulk_list(k->lists->zou, &query, add_stranger, &s, e);
    idset_free(s.ids);
    return result;
}

/* List the kinds that are `empty` so far. */
static zou_result read_kinds(push_kitsu *k, zou_project *project, bool empty[KINDS], arena *a,
                             error *e)
{
    zou_result result = ZOU_OK;
    for (size_t i = 0; i < ROUTES && result == ZOU_OK; i++) {
        reading r = {k, a, routes[i].kind, 0, arena_size(a)};
        if (!empty[r.kind])
            continue;
        result = zou_list_trees(k->lists->zou, zou_project_path(project, routes[i].path), a,
                                add_record, &r, e);
        empty[r.kind] = r.n == 0;
        k->held += arena_size(a) - r.before;
        if (result == ZOU_STOPPED)
            result = too_large(k, e);
    }
    return result;
}

/* Likewise; what stays empty Kitsu does not count either. */
static zou_result read_confirmed(push_kitsu *k, zou_project *project, bool empty[KINDS], arena *a,
                                 error *e)
{
    zou_result result = ZOU_DISPUTED;
    for (int tries = 0; tries < 2 && result == ZOU_DISPUTED; tries++) {
        result = read_kinds(k, project, empty, a, e);
        if (result == ZOU_OK)
            result = zou_project_check_empty(project, empty, e);
    }
    return result;
}

static push_found read_lists(push_kitsu *k, zou_project *project, const collection *c, arena *a,
                             error *e)
{
    bool empty[KINDS] = {false};
    for (size_t i = 0; i < ROUTES; i++)
        empty[routes[i].kind] = true;
    zou_result result = read_confirmed(k, project, empty, a, e);
    if (result == ZOU_OK)
        result = zou_lists_need(k->lists, &k->lists->task_types, e);
    if (result == ZOU_OK)
        result = push_kitsu_asset_types(k, a, e);
    if (result != ZOU_OK)
        return explain_failure(result, e);
    add_task_types(k, a);
    production_link(k->production);
    result = find_strangers(k, c, a, e);
    return result == ZOU_OK ? PUSH_FOUND : explain_failure(result, e);
}

/* Kitsu has lost the project of this id; perhaps it was made again. */
static push_found explain_lost(push_kitsu *k, const collection *c, const char *id, arena *a,
                               error *e)
{
    const char *other;
    if (find_by_name(k, c, a, &other, e) != ZOU_OK)
        return PUSH_LOST;
    error_set(e, 1,
              "it is linked to a project that Kitsu no longer has (%.40s); %s: "
              "op-link %.200s %s | op-apply",
              id, other ? "if it was made again" : "create it in Kitsu, then link it to that",
              c->coll, other ? other : "KITSU_ID");
    return PUSH_NOT_FOUND;
}

static push_found read_project(push_kitsu *k, zou_project *project, const collection *c, arena *a,
                               error *e)
{
    const char *why;
    zou_result result = zou_project_read(project, e);
    if (result == ZOU_MISSING)
        return explain_lost(k, c, project->id, a, e);
    if (result != ZOU_OK)
        return explain_failure(result, e);
    json record = json_copy(a, &project->record);
    k->closed = project->closed;
    k->production = production_new(a, &record, &why);
    if (k->closed)
        return PUSH_FOUND;
    push_found found = check_role(project, e);
    return found == PUSH_FOUND ? read_lists(k, project, c, a, e) : found;
}

push_found push_kitsu_read(push_kitsu *k, const collection *c, arena *a, error *e)
{
    const char *id;
    zou_project project;
    push_found found = find_id(k, c, a, &id, e);
    if (found != PUSH_FOUND)
        return found;
    zou_project_start(&project, k->lists, id, c->coll);
    found = read_project(k, &project, c, a, e);
    zou_project_end(&project);
    return found;
}

void push_kitsu_free(push_kitsu *k)
{
    production_free(k->production);
    k->production = NULL;
}
