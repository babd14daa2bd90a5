#include "fetch/await_deletion.h"

#include "base/clock.h"
#include "zou/bulk.h"

#include <string.h>

#define MAX_SECONDS 10.0

typedef struct going {
    arena *arena;
    const char **ids;
    size_t n, all;
} going;

static bool take_going(void *context, const json_element *e)
{
    going *g = context;
    const zou_entity *r = zou_entity_new(g->arena, e);
    if (r && !r->canceled && g->n < g->all)
        g->ids[g->n++] = r->element.id;
    return true;
}

static void list_deleted(going *g, const affected *t)
{
    for (const affected_project *p = t->projects; p; p = p->hh.next)
        g->all += HASH_COUNT(p->entities);
    g->ids = arena_alloc(g->arena, (g->all + 1) * sizeof *g->ids);
    for (const affected_project *p = t->projects; p; p = p->hh.next)
        for (const affected_id *i = p->entities; i; i = i->hh.next)
            if (i->deleted && i->kind == KIND_ASSET)
                g->ids[g->n++] = i->id;
}

bool fetch_await_deletion(zou *z, const affected *t, error *e)
{
    zou_result result = ZOU_OK;
    going g = {.arena = arena_new()};
    list_deleted(&g, t);
    double waited = 0;
    for (double wait = 0.1; g.n > 0; wait *= 2) {
        const char **asked = arena_alloc(g.arena, g.n * sizeof *asked);
        size_t n = g.n;
        memcpy(asked, g.ids, n * sizeof *asked);
        g.n = 0;
        result = zou_bulk(z, "/data/entities?id=", asked, n, "", take_going, &g, e);
        if (result != ZOU_OK || g.n == 0 || waited >= MAX_SECONDS)
            break;
        clock_sleep(wait);
        waited += wait;
    }
    arena_free(g.arena);
    return result != ZOU_LOST;
}
