#include "zou/bulk.h"

#include <string.h>

/* bytes of a path with ids: some 90 of them. Gunicorn, which runs Zou, takes a
 * request's first line of 4094 bytes (nginx before it 8 KiB); a method, a path of
 * the server's own and `HTTP/1.1` are added to this. */
#define MAX_PATH 3900

bool zou_bulk_path(const bulk_query *q, size_t *next, buf *path)
{
    const char *rest = q->rest ? q->rest : "";
    size_t first = *next;
    if (first == q->n)
        return false;
    buf_clear(path);
    buf_addf(path, "%s%%5B", q->path);
    for (; *next < q->n; ++*next) {
        const char *id = q->ids[*next];
        if (*next > first && path->len + strlen(id) + strlen(rest) + 10 > MAX_PATH)
            break;
        buf_addf(path, "%s%%22%s%%22", *next > first ? "," : "", id);
    }
    buf_addf(path, "%%5D%s", rest);
    return true;
}

zou_result zou_bulk_list(zou *z, const bulk_query *query, json_element_fn *fn, void *context,
                         error *e)
{
    buf path = {0};
    zou_result result = ZOU_OK;
    for (size_t next = 0; result == ZOU_OK && zou_bulk_path(query, &next, &path);)
        result = zou_list(z, path.data, fn, context, e);
    buf_free(&path);
    return result;
}

zou_result zou_bulk_trees(zou *z, const bulk_query *query, arena *a, zou_tree_fn *fn, void *context,
                          error *e)
{
    buf path = {0};
    zou_result result = ZOU_OK;
    for (size_t next = 0; result == ZOU_OK && zou_bulk_path(query, &next, &path);)
        result = zou_list_trees(z, path.data, a, fn, context, e);
    buf_free(&path);
    return result;
}

static const char *copy(arena *a, const char *text)
{
    return text ? arena_text(a, text, strlen(text)) : NULL;
}

static const char *member(arena *a, const json *object, const char *key)
{
    return copy(a, json_text(json_get(object, key)));
}

zou_entity *zou_entity_copy(arena *a, const json_element *e, const json *tree)
{
    if (!e->id)
        return NULL;
    zou_entity *r = arena_alloc(a, sizeof *r);
    *r = (zou_entity){.element = *e,
                      .kind = kind_of(e->type),
                      .parent_id = member(a, tree, "parent_id"),
                      .entity_type_id = member(a, tree, "entity_type_id"),
                      .project_id = member(a, tree, "project_id"),
                      .ready_for = member(a, tree, "ready_for"),
                      .canceled = json_true(json_get(tree, "canceled")),
                      .is_substitute = json_true(json_at(tree, "data", "is_substitute", NULL))};
    r->element.text = e->text ? arena_text(a, e->text, e->len) : NULL;
    r->element.id = copy(a, e->id);
    r->element.name = copy(a, e->name);
    r->element.type = copy(a, e->type);
    if (r->kind >= KIND_ENTITIES)
        r->kind = KIND_NONE;
    return r;
}
