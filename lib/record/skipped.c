#include "record/skipped.h"

json skipped_entity(arena *a, const char *type, const char *id, const char *name)
{
    json out = json_object();
    json_add(a, &out, "type", json_string(a, type));
    json_add(a, &out, "id", json_string(a, id));
    json_add(a, &out, "name", json_string(a, name));
    return out;
}

json skipped_record(arena *a, json entity, const char *project_id, const char *code,
                    const char *reason)
{
    json out = json_object();
    json_add(a, &out, "type", json_string(a, "Skipped"));
    json_add(a, &out, "entity", entity);
    json_add(a, &out, "project_id", json_string(a, project_id));
    json_add(a, &out, "reason", json_string(a, reason));
    json_add(a, &out, "code", json_string(a, code));
    return out;
}
