#include "record/event.h"

#include "record/record.h"

static json copy_of(arena *a, const json *v)
{
    return v ? json_copy(a, v) : json_null();
}

static json text_or_null(arena *a, const char *text)
{
    return text ? json_string(a, text) : json_null();
}

json event_make(arena *a, const event_record *event)
{
    json out = record_new(a, RECORD_EVENT);
    const char *project_id = event->project_id;
    if (!project_id)
        project_id = json_text(json_get(event->data, "project_id"));
    json_add(a, &out, "id", copy_of(a, event->id));
    json_add(a, &out, "created_at", copy_of(a, event->created_at));
    json_add(a, &out, "name", json_string(a, event->name));
    json_add(a, &out, "project_id", text_or_null(a, project_id));
    json_add(a, &out, "data", copy_of(a, event->data));
    return out;
}

void event_read(const json *record, event_record *event)
{
    const char *name = json_text(json_get(record, "name"));
    *event = (event_record){.id = json_get(record, "id"),
                            .created_at = json_get(record, "created_at"),
                            .name = name ? name : "",
                            .project_id = json_text(json_get(record, "project_id")),
                            .data = json_get(record, "data")};
}

json sync_make(arena *a, const char *project_id)
{
    json out = record_new(a, RECORD_SYNC);
    json_add(a, &out, "project_id", text_or_null(a, project_id));
    return out;
}

const char *sync_read(const json *record)
{
    return json_text(json_get(record, "project_id"));
}
