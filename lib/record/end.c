#include "record/end.h"

#include "record/record.h"

#include <string.h>

static const char *const scopes[END_UNKNOWN] = {
    [END_FULL] = "full", [END_EVENTS] = "events", [END_DOCUMENTS] = "documents"};

json end_make(arena *a, const end_record *end)
{
    json out = record_new(a, RECORD_END);
    if (end->project_id)
        json_add(a, &out, "project_id", json_string(a, end->project_id));
    if (end->coll)
        json_add(a, &out, "ns", record_ns(a, end->db, end->coll));
    json_add(a, &out, "scope", json_string(a, scopes[end->scope]));
    json_add(a, &out, "counts", end->counts);
    if (end->whole)
        json_add(a, &out, "whole", json_bool(true));
    if (end->partial)
        json_add(a, &out, "partial", json_bool(true));
    if (end->full_sync)
        json_add(a, &out, "full_sync", json_string(a, end->full_sync));
    if (json_is(&end->judged, JSON_ARRAY))
        json_add(a, &out, "judged", end->judged);
    if (!json_is_null(&end->cast))
        json_add(a, &out, "cast", end->cast);
    if (json_is(&end->project, JSON_OBJECT))
        json_add(a, &out, "project", end->project);
    if (json_is(&end->settings, JSON_OBJECT))
        json_add(a, &out, "settings", end->settings);
    return out;
}

void end_read(const json *record, end_record *end)
{
    const char *scope = json_text(json_get(record, "scope"));
    const json *counts = json_get(record, "counts"), *settings = json_get(record, "settings"),
               *judged = json_get(record, "judged"), *project = json_get(record, "project"),
               *cast = json_get(record, "cast");
    *end = (end_record){.scope = END_UNKNOWN,
                        .project_id = json_text(json_get(record, "project_id")),
                        .db = json_text(json_at(record, "ns", "db", NULL)),
                        .coll = record_collection(record),
                        .name = json_text(json_get(record, "name")),
                        .counts = counts ? *counts : json_null(),
                        .whole = json_true(json_get(record, "whole")),
                        .partial = json_true(json_get(record, "partial")),
                        .full_sync = json_text(json_get(record, "full_sync")),
                        .judged = json_is(judged, JSON_ARRAY) ? *judged : json_null(),
                        .cast = cast ? *cast : json_null(),
                        .project = json_is(project, JSON_OBJECT) ? *project : json_null(),
                        .settings = json_is(settings, JSON_OBJECT) ? *settings : json_null()};
    if (!end->db || !end->coll) /* half a namespace is none */
        end->db = end->coll = NULL;
    for (int s = 0; scope && s < END_UNKNOWN; s++)
        if (strcmp(scope, scopes[s]) == 0)
            end->scope = (end_scope)s;
}

bool end_count(const end_record *end, const char *key, int64_t *n)
{
    return json_int64(json_get(&end->counts, key), n);
}
