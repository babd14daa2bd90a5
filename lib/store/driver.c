#include "store/driver.h"

#include <string.h>

bool store_is_asset(const char *type)
{
    static const char *const types[] = {"project", "asset", "archived_asset"};
    for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
        if (strcmp(type, types[i]) == 0)
            return true;
    return false;
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
