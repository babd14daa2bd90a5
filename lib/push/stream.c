#include "push/stream.h"

#include "base/mem.h"
#include "base/msg.h"

#include <stdlib.h>
#include <string.h>

struct push_stream {
    push *push;
    ndjson *in;
    arena *arena;  /* owned; of the project being read */
    collection *c; /* owned; NULL: between two projects */
    int64_t n;     /* its documents so far */
    bool is_bad;   /* a record of it was */
    bool trouble;
};

push_stream *push_stream_new(push *p, ndjson *in)
{
    push_stream *s = xmalloc(sizeof *s);
    *s = (push_stream){.push = p, .in = in, .arena = arena_new()};
    return s;
}

static void close_project(push_stream *s)
{
    collection_free(s->c);
    s->c = NULL;
    s->n = 0;
    s->is_bad = false;
}

void push_stream_free(push_stream *s)
{
    if (!s)
        return;
    close_project(s);
    arena_free(s->arena);
    free(s);
}

arena *push_stream_arena(push_stream *s)
{
    if (!s->c)
        arena_reset(s->arena);
    return s->arena;
}

/* A project whose End did not come. */
static void give_up(push_stream *s)
{
    if (!s->c)
        return;
    msg_error("%s:%lu: project \"%s\" has no End: the stream was cut, nothing of it is pushed",
              ndjson_name(s->in), ndjson_line_number(s->in), s->c->coll);
    s->trouble = true;
    close_project(s);
}

static bool is_open(const push_stream *s, const json *ns)
{
    const char *db = json_text(json_get(ns, "db")), *coll = json_text(json_get(ns, "coll"));
    return s->c && db && coll && strcmp(s->c->db, db) == 0 && strcmp(s->c->coll, coll) == 0;
}

bool push_stream_document(push_stream *s, const json *record)
{
    const json *ns = json_get(record, "ns"), *document = json_get(record, "document");
    const char *db = json_text(json_get(ns, "db")), *coll = json_text(json_get(ns, "coll"));
    if (!db || !coll || !json_is(document, JSON_OBJECT) || !json_get(document, "_id")) {
        ndjson_complain(s->in, "a Document without \"ns\" or \"document\"");
        s->is_bad = true;
        return true;
    }
    if (!is_open(s, ns)) {
        give_up(s);
        s->c = collection_new(s->arena, db, coll);
    }
    s->n++;
    collection_add(s->c, document);
    return true;
}

bool push_stream_is_end(const json *record)
{
    const char *type = json_text(json_get(record, "type"));
    const char *scope = json_text(json_get(record, "scope"));
    return strcmp(type, "End") == 0 && scope && strcmp(scope, "documents") == 0;
}

bool push_stream_end(push_stream *s, const json *record, error *e)
{
    int64_t said = -1;
    const json *ns = json_get(record, "ns");
    json_int64(json_at(record, "counts", "Document", NULL), &said);
    if (!is_open(s, ns)) {
        ndjson_complain(s->in, "an End of a project whose documents did not come before it");
        return true;
    }
    if (said != s->n || s->is_bad) {
        msg_error(
            "%s:%lu: project \"%s\": %lld documents came, and End says %lld: nothing of it is "
            "pushed",
            ndjson_name(s->in), ndjson_line_number(s->in), s->c->coll, (long long)s->n,
            (long long)said);
        s->trouble = true;
        close_project(s);
        return true;
    }
    collection_end(s->c);
    push_outcome outcome = push_project(s->push, s->c, s->arena, e);
    s->trouble |= outcome != PUSH_WHOLE;
    close_project(s);
    return outcome != PUSH_STOP;
}

bool push_stream_finish(push_stream *s)
{
    give_up(s);
    return !s->trouble;
}
