#include "listen/outgoing_batch.h"

#include "listen/scope.h"
#include "record/checkpoint.h"
#include "record/event.h"
#include "record/ndjson.h"

static void write_sync(const char *project_id, arena *a)
{
    json sync = sync_make(a, project_id);
    ndjson_write(&sync);
}

void outgoing_batch_write_syncs(const json *ids, arena *a)
{
    for (uint32_t i = 0; i < ids->len; i++)
        write_sync(json_text(&ids->items[i]), a);
}

void outgoing_batch_write_sync_all(const outgoing_batch *b, arena *a)
{
    if (b->projects->type == JSON_ARRAY)
        outgoing_batch_write_syncs(b->projects, a);
    else
        write_sync(NULL, a);
}

size_t outgoing_batch_write_events(const outgoing_batch *b)
{
    size_t n, written = 0;
    if (!b->log) {
        written = b->messages->n;
        messages_write(b->messages);
        return written;
    }
    const event *events = event_log_events(b->log, &n);
    for (size_t i = 0; i < n; i++)
        if (scope_has(b->projects, events[i].project_id)) {
            ndjson_write(&events[i].record);
            written++;
        }
    return written;
}

void outgoing_batch_write_checkpoint(const outgoing_batch *b, size_t events, arena *a)
{
    const event_position *position = outgoing_batch_position(b);
    json checkpoint = checkpoint_make(a, &(checkpoint_record){.server = b->server,
                                                              .projects = *b->projects,
                                                              .created_at = position->created_at,
                                                              .ids = position->ids,
                                                              .events = (int64_t)events,
                                                              .missing = *b->missing});
    ndjson_write(&checkpoint);
}

const event_position *outgoing_batch_position(const outgoing_batch *b)
{
    static const event_position nowhere = {.created_at = {.type = JSON_NULL},
                                           .ids = {.type = JSON_ARRAY}};
    return b->log ? event_log_position(b->log) : &nowhere;
}
