#include "record/deleted.h"

#include "record/record.h"

#include <string.h>

json deleted_make(arena *a, const deleted_record *deleted)
{
    json out = record_new(a, RECORD_DELETED);
    const char *type = deleted->project ? "Project" : kind_name(deleted->kind);
    json_add(a, &out, "entity_type", json_string(a, type));
    json_add(a, &out, "id", json_string(a, deleted->id));
    json_add(a, &out, "project_id", json_string(a, deleted->project_id));
    return out;
}

void deleted_read(const json *record, deleted_record *deleted)
{
    const char *type = json_text(json_get(record, "entity_type"));
    *deleted = (deleted_record){.project = type && strcmp(type, "Project") == 0,
                                .kind = kind_of(type),
                                .id = json_text(json_get(record, "id")),
                                .project_id = json_text(json_get(record, "project_id"))};
}

json asset_types_make(arena *a, const char *project_id, json ids)
{
    json out = record_new(a, RECORD_ASSET_TYPES);
    json_add(a, &out, "project_id", json_string(a, project_id));
    json_add(a, &out, "ids", ids);
    return out;
}

const json *asset_types_read(const json *record)
{
    const json *ids = json_get(record, "ids");
    return record_is_texts(ids) ? ids : NULL;
}
