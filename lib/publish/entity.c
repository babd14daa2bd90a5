#include "publish/entity.h"

#include "base/limits.h"
#include "base/mem.h"
#include "model/naming.h"
#include "zou/bulk.h"
#include "zou/id.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct search {
    zou *zou;
    store *store;
    const publish_place *place;
    arena *a;
    error *e;
    const char *project_id;     /* NULL: not known yet */
    publish_entity whole, part; /* the last of either kind that was found */
    int n_whole, n_part;
    buf names; /* of all of them */
} search;

static publish_found not_read(zou_result result)
{
    return result == ZOU_OK ? PUBLISH_FOUND : result == ZOU_LOST ? PUBLISH_LOST : PUBLISH_NOT_FOUND;
}

/* As a part of a URL's query. */
static const char *escaped(arena *a, const char *text)
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

static bool note_project(void *context, store_ns ns, const json *document)
{
    search *s = context;
    const char *id = json_text(json_at(document, "data", "zou_id", NULL));
    if (strcmp(ns.coll, s->place->project) != 0)
        return true;
    if (zou_is_id(id))
        s->project_id = arena_text(s->a, id, strlen(id));
    return false;
}

static bool note_name(void *context, const json_element *element)
{
    search *s = context;
    if (element->id && element->name && strcmp(element->name, s->place->project) == 0)
        s->project_id = arena_text(s->a, element->id, strlen(element->id));
    return !s->project_id;
}

static publish_found find_project(search *s)
{
    if (!store_projects(s->store, s->a, note_project, s, s->e))
        return PUBLISH_LOST;
    if (s->project_id)
        return PUBLISH_FOUND;
    zou_result result = zou_list(s->zou, "/data/projects/all", note_name, s, s->e);
    if (result != ZOU_OK && result != ZOU_STOPPED)
        return not_read(result);
    if (s->project_id)
        return PUBLISH_FOUND;
    error_set(s->e, 1, "Kitsu has no project \"%.100s\" that this user sees", s->place->project);
    return PUBLISH_NOT_FOUND;
}

/* ---- entities ------------------------------------------------------------------ */

/* What its document is called: a shot's and a sequence's is below its parent's. NULL:
 * that could not be asked, `*r` says why. */
static const char *document_name(search *s, const char *name, const char *parent_id, kind k,
                                 zou_result *r)
{
    *r = ZOU_OK;
    for (int up = 0; up < 2 && parent_id && (k == KIND_SHOT || k == KIND_SEQUENCE); up++) {
        json v;
        const char *path = arena_printf(s->a, "/data/entities/%s", parent_id);
        *r = zou_get(s->zou, path, s->a, &v, s->e);
        if (*r != ZOU_OK)
            return NULL;
        const char *above = json_text(json_get(&v, "name"));
        name = arena_printf(s->a, "%s_%s", above ? above : "", name);
        parent_id = json_text(json_get(&v, "parent_id"));
        k = KIND_SEQUENCE;
    }
    return name;
}

typedef struct founds {
    arena *a;
    json_element *list; /* owned; the texts in the arena */
    size_t n, cap;
} founds;

static bool keep(void *context, const json_element *element)
{
    founds *f = context;
    if (!element->text || !element->id || !zou_is_id(element->id) || !element->name)
        return true;
    f->list = xgrow(f->list, f->n, &f->cap, sizeof *f->list);
    json_element kept = *element;
    kept.text = arena_text(f->a, element->text, element->len);
    kept.id = arena_text(f->a, element->id, strlen(element->id));
    kept.name = arena_text(f->a, element->name, strlen(element->name));
    kept.type = element->type ? arena_text(f->a, element->type, strlen(element->type)) : NULL;
    f->list[f->n++] = kept;
    return true;
}

static zou_result judge(search *s, const json_element *element)
{
    zou_result r;
    const zou_entity *record = zou_entity_new(s->a, element);
    if (!record || record->canceled || record->kind == KIND_NONE ||
        record->kind == KIND_ASSET_TYPE || record->kind >= KIND_ENTITIES)
        return ZOU_OK;
    const char *name = document_name(s, element->name, record->parent_id, record->kind, &r);
    if (!name)
        return r;
    publish_entity one = {.id = element->id,
                          .text = arena_printf(s->a, "%s \"%s\"", element->type, name)};
    bool whole = strcmp(name, s->place->asset) == 0;
    bool part = !whole && strcmp(element->name, s->place->asset) == 0;
    if (whole || part)
        buf_addf(&s->names, "%s%s", s->names.len ? ", " : "", one.text);
    if (whole) {
        s->whole = one;
        s->n_whole++;
    } else if (part) {
        s->part = one;
        s->n_part++;
    }
    return ZOU_OK;
}

/* All entities of one name. */
static zou_result look(search *s, const char *name)
{
    founds f = {.a = s->a};
    const char *path = arena_printf(s->a, "/data/entities?project_id=%s&name=%s", s->project_id,
                                    escaped(s->a, name));
    zou_result result = zou_list(s->zou, path, keep, &f, s->e);
    for (size_t i = 0; i < f.n && result == ZOU_OK; i++)
        result = judge(s, &f.list[i]);
    free(f.list);
    return result;
}

/* The entity's own name is the asset's, or its end behind some `_`. */
static publish_found find_by_name(search *s, publish_entity *out)
{
    const char *name = s->place->asset;
    zou_result result = ZOU_OK;
    for (int i = 0; i < MAX_NAME_PARTS && result == ZOU_OK; i++) {
        result = look(s, name);
        name = strchr(name, '_');
        if (!name || !*++name)
            break;
    }
    if (result != ZOU_OK)
        return not_read(result);
    int n = s->n_whole ? s->n_whole : s->n_part;
    if (n == 1) {
        *out = s->n_whole ? s->whole : s->part;
        return PUBLISH_FOUND;
    }
    if (n == 0)
        error_set(s->e, 1, "Kitsu has no \"%.100s\" in the project \"%.100s\" that this user sees",
                  s->place->asset, s->place->project);
    else
        error_set(s->e, 1, "Kitsu has %d of the name \"%.100s\" in the project \"%.100s\": %.200s",
                  n, s->place->asset, s->place->project, s->names.data);
    return PUBLISH_NOT_FOUND;
}

publish_found publish_entity_find(zou *z, store *s, const publish_place *place,
                                  const json *document, arena *a, publish_entity *out, error *e)
{
    const json *record = json_at(document, "data", "zou", NULL);
    const char *id = json_text(json_get(record, "id"));
    search look_up = {.zou = z, .store = s, .place = place, .a = a, .e = e};
    if (zou_is_id(id)) {
        const char *type = json_text(json_get(record, "type"));
        *out = (publish_entity){
            .id = id, .text = arena_printf(a, "%s \"%s\"", type ? type : "entity", place->asset)};
        return PUBLISH_FOUND;
    }
    publish_found found = find_project(&look_up);
    if (found == PUBLISH_FOUND)
        found = find_by_name(&look_up, out);
    buf_free(&look_up.names);
    return found;
}
