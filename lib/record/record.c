#include "record/record.h"

#include "record/kind.h"

#include <string.h>

static const char *const names[RECORD_OTHER] = {
    [RECORD_PROJECT] = "Project",
    [RECORD_DELETED] = "Deleted",
    [RECORD_ASSET_TYPES] = "AssetTypes",
    [RECORD_END] = "End",
    [RECORD_CHECKPOINT] = "Checkpoint",
    [RECORD_EVENT] = "Event",
    [RECORD_SYNC] = "Sync",
    [RECORD_SKIPPED] = "Skipped",
    [RECORD_DOCUMENT] = "Document",
    [RECORD_CHANGE] = "Change",
    [RECORD_RESULT] = "Result",
    [RECORD_SUMMARY] = "Summary",
    [RECORD_PUBLISH] = "Publish",
    [RECORD_COMMENT] = "Comment",
};

record_type record_type_of(const json *record)
{
    const char *type = json_text(json_get(record, "type"));
    if (kind_of(type) != KIND_NONE)
        return RECORD_KIND;
    for (int t = 0; type && t < RECORD_OTHER; t++)
        if (names[t] && strcmp(names[t], type) == 0)
            return (record_type)t;
    return RECORD_OTHER;
}

json record_new(arena *a, record_type type)
{
    json out = json_object();
    json_add(a, &out, "type", json_string(a, names[type]));
    return out;
}

json record_entity(arena *a, const char *type, const char *id, const char *name)
{
    json out = json_object();
    json_add(a, &out, "type", json_string(a, type));
    if (id)
        json_add(a, &out, "id", json_string(a, id));
    json_add(a, &out, "name", name ? json_string(a, name) : json_null());
    return out;
}

json record_ns(arena *a, const char *db, const char *coll)
{
    json out = json_object();
    json_add(a, &out, "db", json_string(a, db));
    json_add(a, &out, "coll", json_string(a, coll));
    return out;
}

const char *record_collection(const json *record)
{
    const json *coll = json_at(record, "ns", "coll", NULL);
    const char *name = json_text(coll);
    bool allowed = name && *name && strlen(name) == coll->len && !strchr(name, '$') &&
                   strncmp(name, "system.", strlen("system.")) != 0;
    return allowed ? name : NULL;
}

bool record_is_texts(const json *list)
{
    bool good = json_is(list, JSON_ARRAY);
    for (uint32_t i = 0; good && i < list->len; i++)
        good = json_text(&list->items[i]) != NULL;
    return good;
}
