#include "record/skipped.h"

#include "record/record.h"

json skipped_make(arena *a, json entity, const char *project_id, const char *code,
                  const char *reason)
{
    json out = record_new(a, RECORD_SKIPPED);
    json_add(a, &out, "entity", entity);
    json_add(a, &out, "project_id", json_string(a, project_id));
    json_add(a, &out, "reason", json_string(a, reason));
    json_add(a, &out, "code", json_string(a, code));
    return out;
}

void skipped_read(const json *record, skipped_record *skipped)
{
    const json *entity = json_get(record, "entity");
    *skipped = (skipped_record){.entity = entity,
                                .type = json_text(json_get(entity, "type")),
                                .id = json_text(json_get(entity, "id")),
                                .name = json_text(json_get(entity, "name")),
                                .path = json_get(entity, "path"),
                                .with = json_text(json_get(record, "with")),
                                .code = json_text(json_get(record, "code")),
                                .reason = json_text(json_get(record, "reason")),
                                .parent_id = json_text(json_get(record, "parent_id")),
                                .taken_by = json_text(json_get(record, "taken_by"))};
    json_count(json_get(record, "below"), &skipped->below);
}

const char *skipped_place(arena *a, const skipped_record *skipped)
{
    const json *path = skipped->path;
    const char *place = NULL;
    if (!record_is_texts(path) || path->len == 0)
        return skipped->name ? skipped->name : "";
    for (uint32_t i = 0; i < path->len; i++)
        place = place ? arena_printf(a, "%s/%s", place, path->items[i].text) : path->items[i].text;
    return place;
}
