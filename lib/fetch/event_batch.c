#include "fetch/event_batch.h"

#include "base/clock.h"

#include <sysexits.h>

#define LINKS_SECONDS 60 /* for which the links are trusted */
#define STORE_SECONDS 30 /* to wait for a program that writes to the store */

void event_batch_set_incomplete(event_batch *b)
{
    if (b->status == EX_OK)
        b->status = 1;
}

void event_batch_abandon(event_batch *b, const char *project_id)
{
    event_batch_set_incomplete(b);
    if (idset_add_text(b->abandoned_ids, project_id))
        json_push(b->arena, &b->abandoned, json_string(b->arena, project_id));
}

project_filter *event_batch_filter(event_batch *b)
{
    return b->filter->n ? b->filter : &b->scope;
}

/* Open the store again: an SQLite file may have been made since. */
static bool reopen_store(event_batch *b)
{
    store *again = store_open(b->address, STORE_READ, STORE_SECONDS, b->e);
    if (!again)
        return false;
    store_close(b->store);
    b->store = again;
    return true;
}

static bool read_links(event_batch *b)
{
    if (b->links.len == 0 && b->links_read_at > 0 && !reopen_store(b))
        return false;
    b->links_read_at = clock_now();
    return project_links_read(&b->links, b->store, NULL, b->e);
}

/* Whether the links may be wrong about a project that the batch affects. */
static bool is_stale_for(const event_batch *b, const affected_project *p)
{
    const project_link *link = project_links_find(&b->links, p->id, NULL);
    if (!*p->id) /* may be any */
        return true;
    return !link || !link->active || p->named || p->synced;
}

static bool links_are_stale(const event_batch *b)
{
    const affected *t = b->affected;
    if (b->links_read_at <= 0 || clock_now() - b->links_read_at > LINKS_SECONDS || t->all ||
        t->task_types || t->task_statuses || t->project_statuses || t->asset_types)
        return true;
    for (const affected_project *p = t->projects; p; p = p->hh.next)
        if (is_stale_for(b, p))
            return true;
    return false;
}

bool event_batch_need_links(event_batch *b)
{
    return !links_are_stale(b) || read_links(b);
}
