#include "fetch/await_deletion.h"

#include "base/clock.h"
#include "zou/bulk.h"

#include <string.h>

#define DELETION_SECONDS 10.0 /* to wait; what Zou has not deleted by then stays */

/* The assets that Kitsu still has. */
typedef struct remaining {
    arena *arena;     /* borrowed */
    const char **ids; /* in the arena */
    size_t n, cap;
} remaining;

static bool take_remaining(void *context, const json_element *e, const json *asset)
{
    remaining *r = context;
    bool canceled = json_true(json_get(asset, "canceled"));
    if (e->id && !canceled && r->n < r->cap)
        r->ids[r->n++] = arena_text(r->arena, e->id, strlen(e->id));
    return true;
}

/* The assets that events of the batch call deleted. */
static remaining list_deleted(arena *scratch, const affected *a)
{
    remaining r = {.arena = scratch};
    for (const affected_project *p = a->projects; p; p = p->hh.next)
        r.cap += HASH_COUNT(p->entities);
    r.ids = arena_alloc(scratch, (r.cap + 1) * sizeof *r.ids);
    for (const affected_project *p = a->projects; p; p = p->hh.next)
        for (const affected_id *i = p->entities; i; i = i->hh.next)
            if (i->deleted && i->kind == KIND_ASSET)
                r.ids[r.n++] = i->id;
    return r;
}

/* Ask for the remaining ones again. */
static zou_result ask_for_remaining(zou *z, remaining *r, error *e)
{
    bulk_query query = {.path = "/data/entities?id=", .ids = r->ids, .n = r->n};
    *r = (remaining){
        .arena = r->arena, .ids = arena_alloc(r->arena, query.n * sizeof *r->ids), .cap = query.n};
    return zou_bulk_trees(z, &query, NULL, take_remaining, r, e);
}

bool fetch_await_deletion(zou *z, const affected *a, error *e)
{
    zou_result result = ZOU_OK;
    arena *scratch = arena_new();
    remaining r = list_deleted(scratch, a);
    double waited = 0, longest = clock_setting("OPKITSU_DELETION_SECONDS", DELETION_SECONDS);
    for (double wait = 0.1; r.n > 0; wait *= 2) {
        result = ask_for_remaining(z, &r, e);
        if (result != ZOU_OK || r.n == 0 || waited >= longest)
            break;
        clock_sleep(wait);
        waited += wait;
    }
    arena_free(scratch);
    return result != ZOU_LOST;
}
