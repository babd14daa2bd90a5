#include "listen/messages.h"

#include "base/output.h"
#include "listen/scope.h"
#include "record/event.h"

/* bytes; of messages that wait. */
#define MAX_MESSAGES ((size_t)16 * 1024 * 1024)

bool messages_add(messages *m, const json *projects, const char *name, const json *data)
{
    arena *a = arena_new();
    json record = event_make(a, &(event_record){.name = name, .data = data});
    if (scope_has(projects, json_text(json_get(&record, "project_id")))) {
        json_write(&m->lines, &record);
        buf_addc(&m->lines, '\n');
        m->n++;
    }
    arena_free(a);
    if (m->lines.len <= MAX_MESSAGES)
        return true;
    messages_free(m);
    return false;
}

void messages_write(messages *m)
{
    if (m->n)
        output_write(m->lines.data, m->lines.len);
    buf_clear(&m->lines);
    m->n = 0;
}

void messages_free(messages *m)
{
    buf_free(&m->lines);
    *m = (messages){0};
}
