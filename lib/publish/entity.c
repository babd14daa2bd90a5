#include "publish/entity.h"

#include "base/limits.h"
#include "base/mem.h"
#include "model/names.h"
#include "zou/bulk.h"
#include "zou/id.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMES 1000 /* bytes; the entities that a message lists, or some more */

typedef struct entity_search {
    zou *zou;
    store *store;
    const publish_place *place;
    arena *a;       /* owned, as the next one */
    arena *scratch; /* of one entity or project at a time */
    error *e;
    const char *project_id;          /* the last match; NULL: not known yet */
    int n_projects;                  /* of Kitsu's that match */
    bool converts;                   /* compare Kitsu's names converted */
    publish_entity by_path, by_name; /* the last match of either sort */
    int n_by_path, n_by_name;
    buf names; /* owned: of all matches, for a message */
} entity_search;

/* As a part of a URL's query. */
static const char *url_escaped(arena *a, const char *text)
{
    buf out = {0};
    for (const char *c = text; *c; c++) {
        if (isalnum((unsigned char)*c) || strchr("-._~", *c))
            buf_addc(&out, *c);
        else
            buf_addf(&out, "%%%02X", (unsigned char)*c);
    }
    const char *result = arena_printf(a, "%s", out.len ? out.data : "");
    buf_free(&out);
    return result;
}

/* ---- the project ------------------------------------------------------------ */

static bool match_project_document(void *context, store_ns ns, const json *document)
{
    entity_search *s = context;
    const char *id = json_text(json_at(document, "data", "zou_id", NULL));
    if (strcmp(ns.coll, s->place->project) != 0)
        return true;
    if (zou_is_id(id))
        s->project_id = arena_text(s->a, id, strlen(id));
    return false;
}

/* The true name goes first; of those that convert to the wanted one it must be the only. */
static bool match_project_name(void *context, const json_element *element)
{
    entity_search *s = context;
    const char *name = element->name, *wanted = s->place->project;
    if (!name || !zou_id_fits(element->id))
        return true;
    arena_reset(s->scratch);
    bool is_true = strcmp(name, wanted) == 0;
    const char *converted = s->place->converted ? name_usable(s->scratch, name, true, true) : NULL;
    if (is_true || (converted && strcmp(converted, wanted) == 0))
        s->project_id = arena_text(s->a, element->id, strlen(element->id));
    s->n_projects = is_true ? 1 : s->n_projects + (converted && strcmp(converted, wanted) == 0);
    return !is_true;
}

static publish_found find_project(entity_search *s)
{
    if (!store_projects(s->store, &(store_sink){s->a, match_project_document, s}, s->e))
        return PUBLISH_LOST;
    if (s->project_id)
        return PUBLISH_FOUND;
    zou_result result = zou_list(s->zou, "/data/projects/all", match_project_name, s, s->e);
    if (result != ZOU_OK && result != ZOU_STOPPED)
        return publish_found_of(result);
    if (s->n_projects == 1)
        return PUBLISH_FOUND;
    error_set(s->e, 1, "Kitsu has no project \"%.100s\" that this user can see", s->place->project);
    return PUBLISH_NOT_FOUND;
}

/* ---- entities ------------------------------------------------------------------ */

/* A name as a document has it; in the scratch. */
static const char *usable(const entity_search *s, const char *name)
{
    const char *converted = s->converts ? name_usable(s->scratch, name, false, true) : NULL;
    return converted ? converted : name;
}

/* The name of the entity's document, in the scratch: a shot's begins with its sequence's
 * name, a sequence's with its episode's. NULL: the request failed, `*r` says how. */
static const char *document_name(entity_search *s, const zou_entity *entity, zou_result *r)
{
    const char *name = usable(s, entity->element.name), *parent_id = entity->parent_id;
    int levels = entity->kind == KIND_SHOT ? 2 : entity->kind == KIND_SEQUENCE ? 1 : 0;
    *r = ZOU_OK;
    for (; levels > 0 && parent_id; levels--) {
        json parent;
        const char *path = arena_printf(s->scratch, "/data/entities/%s", parent_id);
        *r = zou_get(s->zou, path, JSON_OBJECT, s->scratch, &parent, s->e);
        if (*r != ZOU_OK)
            return NULL;
        const char *parent_name = json_text(json_get(&parent, "name"));
        name = arena_printf(s->scratch, "%s_%s", parent_name ? usable(s, parent_name) : "", name);
        parent_id = json_text(json_get(&parent, "parent_id"));
    }
    return name;
}

typedef struct entity_list {
    arena *a;                    /* owned */
    const entity_search *search; /* borrowed; of keep_part */
    zou_entity **list;           /* owned; the entities are in the arena */
    size_t n, cap;
} entity_list;

/* Whether OpenPype has documents of such entities. */
static bool has_document(const zou_entity *entity)
{
    return !entity->canceled && entity->kind > KIND_ASSET_TYPE && entity->kind < KIND_ENTITIES;
}

/* Without its text. False: they are too many to be kept. */
static bool keep_entity(void *context, const json_element *element, const json *tree)
{
    entity_list *l = context;
    json_element named = {.id = element->id, .name = element->name, .type = element->type};
    if (!tree || !element->name || !zou_is_id(element->id))
        return true;
    l->list = xgrow(l->list, l->n, &l->cap, sizeof *l->list);
    l->list[l->n] = zou_entity_copy(l->a, &named, tree);
    l->n += has_document(l->list[l->n]);
    return arena_size(l->a) + l->cap * sizeof *l->list <= MAX_HELD;
}

/* Take note of the entity if the place means it. */
static zou_result match_entity(entity_search *s, const zou_entity *entity)
{
    zou_result r;
    if (!has_document(entity))
        return ZOU_OK;
    const char *name = document_name(s, entity, &r);
    if (!name)
        return r;
    bool by_path = strcmp(name, s->place->asset) == 0;
    if (!by_path && strcmp(usable(s, entity->element.name), s->place->asset) != 0)
        return ZOU_OK;
    const char *id = entity->element.id;
    publish_entity found = {.id = arena_text(s->a, id, strlen(id)),
                            .text =
                                arena_printf(s->a, "%s \"%.200s\"", entity->element.type, name)};
    *(by_path ? &s->by_path : &s->by_name) = found;
    ++*(by_path ? &s->n_by_path : &s->n_by_name);
    if (s->names.len < MAX_NAMES)
        buf_addf(&s->names, "%s%s", s->names.len ? ", " : "", found.text);
    return ZOU_OK;
}

/* The entities of a path that `keep` takes, matched. */
static zou_result match_list(entity_search *s, const char *path, zou_tree_fn *keep)
{
    entity_list l = {.a = arena_new(), .search = s};
    zou_result result = zou_list_trees(s->zou, path, NULL, keep, &l, s->e);
    if (result == ZOU_STOPPED) {
        error_set(s->e, 1, "Kitsu gives more than %zu MiB of entities named \"%.100s\"",
                  MAX_HELD / 1024 / 1024, s->place->asset);
        result = ZOU_FAILED;
    }
    for (size_t i = 0; i < l.n && result == ZOU_OK; i++) {
        arena_reset(s->scratch);
        result = match_entity(s, l.list[i]);
    }
    free(l.list);
    arena_free(l.a);
    return result;
}

/* All entities of one name. */
static zou_result match_entities(entity_search *s, const char *name)
{
    const char *path = arena_printf(s->a, "/data/entities?project_id=%s&name=%s", s->project_id,
                                    url_escaped(s->a, name));
    return match_list(s, path, keep_entity);
}

/* The entity's own name is the asset's, or its end after some `_`. */
static zou_result match_parts(entity_search *s)
{
    const char *name = s->place->asset;
    zou_result result = ZOU_OK;
    for (int i = 0; i < MAX_NAME_PARTS && result == ZOU_OK; i++) {
        result = match_entities(s, name);
        name = strchr(name, '_');
        if (!name || !*++name)
            break;
    }
    return result;
}

/* Whether a name is the asset's, or its end after a `_`. */
static bool is_part(const entity_search *s, const char *name)
{
    const char *asset = s->place->asset;
    size_t len = strlen(name), all = strlen(asset);
    return len <= all && strcmp(asset + all - len, name) == 0 &&
           (len == all || asset[all - len - 1] == '_');
}

static bool keep_part(void *context, const json_element *element, const json *tree)
{
    entity_list *l = context;
    arena_reset(l->search->scratch);
    if (!element->name || !is_part(l->search, usable(l->search, element->name)))
        return true;
    return keep_entity(context, element, tree);
}

/* Kitsu finds whole names only: of the project's entities, those whose name converted is
 * one. If there are none, what was found before stays. */
static zou_result match_converted(entity_search *s)
{
    entity_search again = *s;
    again.converts = true;
    again.n_by_path = again.n_by_name = 0;
    again.names = (buf){0};
    const char *path = arena_printf(s->a, "/data/entities?project_id=%s", s->project_id);
    zou_result result = match_list(&again, path, keep_part);
    bool found = again.n_by_path || again.n_by_name;
    buf_free(found ? &s->names : &again.names);
    if (found)
        *s = again;
    return result;
}

static publish_found find_by_name(entity_search *s, publish_entity *out)
{
    zou_result result = match_parts(s);
    if (result == ZOU_OK && s->n_by_path == 0 && s->place->converted)
        result = match_converted(s);
    if (result != ZOU_OK)
        return publish_found_of(result);
    int n = s->n_by_path ? s->n_by_path : s->n_by_name;
    if (n == 1) {
        *out = s->n_by_path ? s->by_path : s->by_name;
        return PUBLISH_FOUND;
    }
    if (n == 0)
        error_set(s->e, 1,
                  "Kitsu has no \"%.100s\" in the project \"%.100s\" that this user can see",
                  s->place->asset, s->place->project);
    else
        error_set(s->e, 1,
                  "Kitsu has %d entities named \"%.100s\" in the project \"%.100s\": %.200s", n,
                  s->place->asset, s->place->project, s->names.data);
    return PUBLISH_NOT_FOUND;
}

publish_found publish_entity_find(zou *z, store *s, const publish_place *place,
                                  const json *document, arena *a, publish_entity *out, error *e)
{
    const json *linked = json_at(document, "data", "zou", NULL);
    const char *id = json_text(json_get(linked, "id"));
    if (zou_is_id(id)) {
        const char *type = json_text(json_get(linked, "type"));
        *out = (publish_entity){
            .id = id, .text = arena_printf(a, "%s \"%s\"", type ? type : "entity", place->asset)};
        return PUBLISH_FOUND;
    }
    entity_search search = {
        .zou = z, .store = s, .place = place, .a = arena_new(), .scratch = arena_new(), .e = e};
    publish_entity match = {0};
    publish_found found = find_project(&search);
    if (found == PUBLISH_FOUND)
        found = find_by_name(&search, &match);
    if (found == PUBLISH_FOUND)
        *out = (publish_entity){.id = arena_text(a, match.id, strlen(match.id)),
                                .text = arena_text(a, match.text, strlen(match.text))};
    buf_free(&search.names);
    arena_free(search.scratch);
    arena_free(search.a);
    return found;
}

zou_result publish_entity_name(zou *z, const char *id, bool converted, arena *a, const char **name,
                               error *e)
{
    entity_search s = {.zou = z, .scratch = arena_new(), .e = e, .converts = converted};
    json record;
    *name = NULL;
    zou_result result = zou_get(z, arena_printf(s.scratch, "/data/entities/%s", id), JSON_OBJECT,
                                s.scratch, &record, e);
    const char *own = result == ZOU_OK ? json_text(json_get(&record, "name")) : NULL;
    if (own) {
        zou_entity entity = {.element = {.name = own},
                             .kind = kind_of(json_text(json_get(&record, "type"))),
                             .parent_id = json_text(json_get(&record, "parent_id"))};
        const char *found = document_name(&s, &entity, &result);
        if (found && strlen(found) <= MAX_NAME)
            *name = arena_text(a, found, strlen(found));
    }
    arena_free(s.scratch);
    return result;
}
