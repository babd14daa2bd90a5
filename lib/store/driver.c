#include "store/driver.h"

#include "json/path.h"

#include <string.h>

bool store_is_asset(const char *type)
{
    static const char *const types[] = {"project", "asset", "archived_asset"};
    for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
        if (strcmp(type, types[i]) == 0)
            return true;
    return false;
}

/* The path, or its beginning that leads to an array. */
static const char *up_to_array(arena *a, const json *document, const char *path)
{
    for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.')) {
        const char *beginning = arena_text(a, path, (size_t)(dot - path));
        if (json_is(path_get(document, beginning), JSON_ARRAY))
            return beginning;
    }
    return path;
}

json store_pick(const driver_sink *out, const json *document)
{
    json picked = json_object();
    const json *id = json_get(document, "_id");
    if (!out->fields)
        return *document;
    if (id)
        json_add(out->arena, &picked, "_id", *id);
    for (const char *const *f = out->fields; *f; f++) {
        const char *path = up_to_array(out->arena, document, *f);
        const json *value = path_get(document, path);
        if (value)
            picked = path_set(out->arena, &picked, path, *value);
    }
    return picked;
}

json store_outline(arena *a, const json *document, bool visual_parent)
{
    json outline = json_object();
    static const char *const keys[] = {"_id", "type", "parent"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json *value = json_get(document, keys[i]);
        if (value)
            json_add(a, &outline, keys[i], *value);
    }
    const json *parent = json_at(document, "data", "visualParent", NULL);
    if (visual_parent && parent) {
        json data = json_object();
        json_add(a, &data, "visualParent", *parent);
        json_add(a, &outline, "data", data);
    }
    return outline;
}
