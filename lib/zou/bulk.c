#include "zou/bulk.h"

#include "base/buf.h"

#include <string.h>

/* bytes of a path with ids: some 90 of them. Gunicorn, which runs Zou, takes a
 * request's first line of 4094 bytes (nginx before it 8 KiB), and a method, a
 * prefix of the server's and `HTTP/1.1` are still to come. */
#define MAX_PATH 3900

zou_result zou_bulk(zou *z, const char *path, const char *const *ids, size_t n, const char *rest,
                    json_element_fn *fn, void *context, error *e)
{
    buf url = {0};
    zou_result result = ZOU_OK;
    for (size_t i = 0; i < n && result == ZOU_OK;) {
        buf_clear(&url);
        buf_addf(&url, "%s%%5B", path);
        for (size_t first = i; i < n; i++) {
            if (i > first && url.len + strlen(ids[i]) + strlen(rest) + 10 > MAX_PATH)
                break;
            buf_addf(&url, "%s%%22%s%%22", i > first ? "," : "", ids[i]);
        }
        buf_addf(&url, "%%5D%s", rest);
        result = zou_list(z, url.data, fn, context, e);
    }
    buf_free(&url);
    return result;
}

static const char *member(arena *a, const json *object, const char *key)
{
    const char *text = json_text(json_get(object, key));
    return text ? arena_text(a, text, strlen(text)) : NULL;
}

const char *zou_member(arena *a, const json_element *e, const char *key)
{
    json v;
    arena *scratch = arena_new();
    const char *text = NULL;
    if (e->text && json_parse(scratch, e->text, e->len, &v, NULL, NULL))
        text = member(a, &v, key);
    arena_free(scratch);
    return text;
}

zou_entity *zou_entity_new(arena *a, const json_element *e)
{
    json v;
    if (!e->id)
        return NULL;
    zou_entity *r = arena_alloc(a, sizeof *r);
    *r = (zou_entity){.element = *e, .kind = kind_of(e->type)};
    r->element.text = e->text ? arena_text(a, e->text, e->len) : NULL;
    r->element.id = arena_text(a, e->id, strlen(e->id));
    r->element.name = e->name ? arena_text(a, e->name, strlen(e->name)) : NULL;
    r->element.type = e->type ? arena_text(a, e->type, strlen(e->type)) : NULL;
    if (r->kind >= KIND_ENTITIES)
        r->kind = KIND_NONE;
    arena *scratch = arena_new();
    if (e->text && json_parse(scratch, e->text, e->len, &v, NULL, NULL)) {
        r->parent_id = member(a, &v, "parent_id");
        r->entity_type_id = member(a, &v, "entity_type_id");
        r->project_id = member(a, &v, "project_id");
        r->ready_for = member(a, &v, "ready_for");
        r->canceled = json_true(json_get(&v, "canceled"));
    }
    arena_free(scratch);
    return r;
}
