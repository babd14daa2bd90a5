#include "fetch/events.h"

#include "base/mem.h"
#include "base/output.h"
#include "fetch/await_deletion.h"
#include "fetch/event_batch.h"
#include "fetch/full.h"
#include "fetch/project_answer.h"
#include "fetch/shared_changes.h"
#include "fetch/unplaced.h"
#include "record/checkpoint.h"
#include "record/ndjson.h"

#include <stdlib.h>
#include <sysexits.h>

struct fetch_events {
    event_batch batch;
};

fetch_events *fetch_events_new(zou *z, store *s, const char *address, project_filter *filter,
                               const bool wanted[KINDS])
{
    fetch_events *f = xmalloc(sizeof *f);
    *f = (fetch_events){{.store = s,
                         .address = address,
                         .filter = filter,
                         .wanted = wanted,
                         .affected = affected_new(),
                         .arena = arena_new(),
                         .abandoned = json_array(),
                         .abandoned_ids = idset_new()}};

    zou_lists_init(&f->batch.lists, z);
    return f;
}

void fetch_events_free(fetch_events *f)
{
    if (!f)
        return;
    known_projects_free(&f->batch.known);
    seen_people_free(&f->batch.people);
    store_close(f->batch.store);
    project_links_free(&f->batch.links);
    zou_lists_free(&f->batch.lists);
    affected_free(f->batch.affected);
    idset_free(f->batch.abandoned_ids);
    arena_free(f->batch.arena);
    free(f);
}

/* ---- the events -------------------------------------------------------------- */

void fetch_events_event(fetch_events *f, const json *event)
{
    affected_event(f->batch.affected, event);
}

void fetch_events_sync(fetch_events *f, const json *sync)
{
    affected_sync(f->batch.affected, sync);
}

void fetch_events_bad_line(fetch_events *f)
{
    f->batch.affected->all = true;
    event_batch_set_incomplete(&f->batch);
}

bool fetch_events_is_pending(const fetch_events *f)
{
    const affected *t = f->batch.affected;
    return t->events > 0 || t->projects || t->all;
}

int fetch_events_status(const fetch_events *f)
{
    return f->batch.status;
}

/* ---- the answer -------------------------------------------------------------- */

static bool answer_all(event_batch *b)
{
    fetch_full full = {.lists = &b->lists,
                       .wanted = b->wanted,
                       .filter = event_batch_filter(b),
                       .links = &b->links,
                       .arena = b->arena};
    if (!project_links_read(&b->links, b->store, zou_server(b->lists.zou), b->e) ||
        !fetch_full_write(&full, b->e))
        return false;
    if (full.status != EX_OK)
        event_batch_set_incomplete(b);
    for (uint32_t i = 0; i < full.abandoned.len; i++)
        event_batch_abandon(b, json_text(&full.abandoned.items[i]));
    return true;
}

/* Answer those that are not answered yet; `*any` if there was one. */
static bool answer_remaining(event_batch *b, bool *any)
{
    *any = false;
    for (affected_project *p = b->affected->projects; p; p = p->hh.next) {
        if (p->answered)
            continue;
        *any = true;
        if (!project_answer_write(b, p))
            return false;
    }
    return true;
}

static bool answer_projects(event_batch *b)
{
    if (!unplaced_find(b) || !shared_changes_spread(b))
        return false;
    if (b->affected->all) /* too many ids without a project */
        return answer_all(b);
    bool more = true;
    while (more) /* an answer may affect a project before it */
        if (!answer_remaining(b, &more))
            return false;
    return true;
}

static bool answer_batch(event_batch *b)
{
    shared_changes_forget(b);
    if (!event_batch_need_links(b) || !fetch_await_deletion(b->lists.zou, b->affected, b->e))
        return false;
    return b->affected->all ? answer_all(b) : answer_projects(b);
}

/* The Checkpoint does not hold for what could not be read. */
static void write_checkpoint(event_batch *b, const json *checkpoint)
{
    arena *a = b->arena;
    json v = json_copy_shallow(a, checkpoint);
    json full_sync = checkpoint_unite(a, json_get(checkpoint, "full_sync"), &b->abandoned);
    if (full_sync.len > 0)
        json_set(a, &v, "full_sync", full_sync);
    ndjson_write(&v);
    output_flush();
}

/* Who has listened to some projects only has ids in its Checkpoint. */
static void set_scope(event_batch *b, const json *projects)
{
    for (uint32_t i = 0; json_is(projects, JSON_ARRAY) && i < projects->len; i++) {
        const char *id = json_text(&projects->items[i]);
        if (!id)
            continue;
        project_filter_add(&b->scope, id);
        project_filter_find_lost(&b->scope, id, id);
    }
}

bool fetch_events_checkpoint(fetch_events *f, const json *checkpoint, error *e)
{
    event_batch *b = &f->batch;
    b->e = e;
    set_scope(b, json_get(checkpoint, "projects"));
    bool ok = !fetch_events_is_pending(f) || answer_batch(b);
    project_filter_free(&b->scope);
    if (!ok)
        return false;
    write_checkpoint(b, checkpoint);
    affected_clear(b->affected);
    arena_reset(b->arena);
    b->abandoned = json_array();
    idset_clear(b->abandoned_ids);
    return true;
}
