#include "push/stream.h"

#include "base/mem.h"
#include "base/msg.h"
#include "record/document.h"

#include <stdlib.h>
#include <string.h>

struct push_stream {
    push_context *context; /* borrowed */
    ndjson *in;            /* borrowed */
    arena *arena;          /* owned; of the project being read */
    collection *c;         /* owned; NULL: between two projects */
    int64_t n;             /* its documents so far */
    bool is_bad;           /* one of its records was invalid */
    bool trouble;          /* with any project */
};

push_stream *push_stream_new(push_context *x, ndjson *in)
{
    push_stream *s = xmalloc(sizeof *s);
    *s = (push_stream){.context = x, .in = in, .arena = arena_new()};
    return s;
}

static void close_project(push_stream *s)
{
    collection_free(s->c);
    s->c = NULL;
    s->n = 0;
    s->is_bad = false;
    arena_reset(s->arena);
}

void push_stream_free(push_stream *s)
{
    if (!s)
        return;
    close_project(s);
    arena_free(s->arena);
    free(s);
}

/* Close a project whose End did not come. */
static void drop_project(push_stream *s)
{
    if (!s->c)
        return;
    msg_error("%s:%lu: project \"%s\" has no End: the stream was cut, nothing of it is pushed",
              ndjson_name(s->in), ndjson_line_number(s->in), s->c->coll);
    s->trouble = true;
    close_project(s);
}

static bool is_open(const push_stream *s, const char *db, const char *coll)
{
    return s->c && db && coll && strcmp(s->c->db, db) == 0 && strcmp(s->c->coll, coll) == 0;
}

void push_stream_document(push_stream *s, const json *record)
{
    document_record d;
    if (!document_read(record, &d)) {
        ndjson_complain(s->in, "a Document without \"ns\" or \"document\" with an \"_id\"");
        s->is_bad = true;
        return;
    }
    if (!is_open(s, d.db, d.coll)) {
        drop_project(s);
        s->c = collection_new(s->arena, d.db, d.coll);
    }
    json document = json_copy(s->arena, d.document);
    s->n++;
    collection_add(s->c, &document);
}

/* Whether all documents of the project came. If not, that is reported. */
static bool is_complete(push_stream *s, const end_record *end)
{
    int64_t counted = -1;
    end_count(end, "Document", &counted);
    if (counted == s->n && !s->is_bad)
        return true;
    msg_error("%s:%lu: project \"%s\": %lld documents came, but its End counts %lld: nothing of "
              "it is pushed",
              ndjson_name(s->in), ndjson_line_number(s->in), s->c->coll, (long long)s->n,
              (long long)counted);
    return false;
}

bool push_stream_end(push_stream *s, const end_record *end, error *e)
{
    if (!is_open(s, end->db, end->coll)) {
        ndjson_complain(s->in, "an End of a project whose documents did not come before it");
        return true;
    }
    push_outcome outcome = PUSH_PARTIAL;
    if (is_complete(s, end)) {
        collection_end(s->c);
        outcome = push_project(s->context, s->c, s->arena, e);
    }
    s->trouble |= outcome != PUSH_WHOLE;
    close_project(s);
    return outcome != PUSH_STOP;
}

bool push_stream_finish(push_stream *s)
{
    drop_project(s);
    return !s->trouble;
}
