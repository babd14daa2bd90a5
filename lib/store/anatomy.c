#include "store/anatomy.h"

#include "store/settings_merge.h"

#include <string.h>

/* Whether `config` may have this, by config-2.0. */
static bool fits_config(const char *key, const json *value)
{
    static const struct {
        const char *key;
        json_type type;
    } rows[] = {{"templates", JSON_OBJECT},       {"roots", JSON_OBJECT}, {"imageio", JSON_OBJECT},
                {"tasks", JSON_OBJECT},           {"copy", JSON_OBJECT},  {"apps", JSON_ARRAY},
                {"families", JSON_ARRAY},         {"groups", JSON_ARRAY}, {"schema", JSON_STRING},
                {SETTINGS_OVERRIDDEN, JSON_ARRAY}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].key, key) == 0)
            return json_is(value, rows[i].type);
    return false;
}

static json apps_of(arena *a, const json *names)
{
    json apps = json_array();
    for (uint32_t i = 0; i < names->len; i++) {
        json app = json_object();
        if (!json_text(&names->items[i]) || !names->items[i].len)
            continue;
        json_set(a, &app, "name", names->items[i]);
        json_push(a, &apps, app);
    }
    return apps;
}

json anatomy_from_settings(arena *a, const json *settings)
{
    json ours = json_object(), config = json_object();
    const json *attributes = json_get(settings, "attributes");
    const json *names = json_get(attributes, "applications");
    for (uint32_t i = 0; i < settings->len; i++)
        if (fits_config(settings->members[i].key, &settings->members[i].value))
            json_add(a, &config, settings->members[i].key, settings->members[i].value);
    if (json_is(names, JSON_ARRAY))
        json_set(a, &config, "apps", apps_of(a, names));
    if (json_is(attributes, JSON_OBJECT)) {
        json rest = json_copy_shallow(a, attributes);
        json_unset(&rest, "applications");
        json_set(a, &ours, "attributes", rest);
    }
    if (json_get(settings, SETTINGS_OVERRIDDEN))
        json_set(a, &ours, SETTINGS_OVERRIDDEN, *json_get(settings, SETTINGS_OVERRIDDEN));
    json_set(a, &ours, "config", config);
    return ours;
}
