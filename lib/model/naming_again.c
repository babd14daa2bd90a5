/* naming_again.c - entities that were deleted in Kitsu and made again.
 *
 * To people the new entity is the old one: its publishes go on counting from the last
 * version only if it has the old one's document. (OpenPype's ExtractHierarchyToAvalon
 * brings archived documents back for the same reason.) */
#include "model/naming.h"

#include "model/location.h"
#include "model/names.h"

#include <stdlib.h>
#include <string.h>

/* The documents of one kind, place and old name. */
typedef struct group {
    const char *key;
    asset **assets; /* in the arena, in the order of the collection */
    size_t n, cap;
    UT_hash_handle hh;
} group;

/* Names are compared as documents can have them. */
static const char *key_of(const production *p, kind k, const char *place, const char *name)
{
    const char *usable = name_usable(p->arena, name, false, p->converts_names);
    return arena_printf(p->arena, "%d\n%s\n%s", k, place, usable ? usable : name);
}

/* Kitsu's asset types have unique names: one whose name another has now is lost or
 * renamed, though the project alone does not tell. */
static bool is_free(const production *p, const asset *d, const bool chosen[KINDS])
{
    if (d->kind != KIND_ASSET_TYPE)
        return naming_is_lost(p, d, chosen);
    const entity *e = d->zou_id ? production_find(p, d->zou_id) : NULL;
    return d->zou_id && !p->partial && p->read[KIND_ASSET_TYPE] &&
           (!e || e->state == ENTITY_GONE) && (d->archived || !p->events || e);
}

static void add(group **all, const production *p, const location *l, asset *d)
{
    arena *a = p->arena;
    const char *name = json_text(json_at(&d->document, "data", "zou", "name", NULL));
    const char *place = location_anchor(l, d, d->kind);
    if (!name || !place)
        return;
    const char *key = key_of(p, d->kind, place, name);
    group *g;
    HASH_FIND_STR(*all, key, g);
    if (!g) {
        g = arena_alloc(a, sizeof *g);
        *g = (group){.key = key};
        HASH_ADD_KEYPTR(hh, *all, g->key, strlen(g->key), g);
    }
    if (g->n == g->cap) {
        asset **more = arena_alloc(a, (g->cap * 2 + 1) * sizeof *more);
        if (g->n)
            memcpy(more, g->assets, g->n * sizeof *more);
        g->assets = more;
        g->cap = g->cap * 2 + 1;
    }
    g->assets[g->n++] = d;
}

static const char *created_at(const asset *d)
{
    const char *text = json_text(json_at(&d->document, "data", "zou", "created_at", NULL));
    return text ? text : "";
}

/* Whether `a` is the better choice. */
static bool is_better(const asset *a, const asset *b)
{
    if ((a->dependants > 0) != (b->dependants > 0))
        return a->dependants > 0;
    int order = strcmp(created_at(a), created_at(b));
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): each asset has a key */
    return order ? order > 0 : strcmp(a->key, b->key) < 0;
}

/* Take the best of a group out of it; NULL: it is empty. */
static asset *take_best(group *g, arena *a, const char **rivals)
{
    size_t best = 0;
    buf keys = {0};
    for (size_t i = 0; i < g->n && g->n > 1; i++) {
        buf_addf(&keys, "%s%s", i ? ", " : "", g->assets[i]->key);
        if (is_better(g->assets[i], g->assets[best]))
            best = i;
    }
    *rivals = keys.len ? arena_text(a, keys.data, keys.len) : NULL;
    buf_free(&keys);
    asset *d = g->n ? g->assets[best] : NULL;
    if (d)
        g->assets[best] = g->assets[--g->n];
    return d;
}

static void bind(entity *e, asset *d)
{
    e->asset = d;
    e->doc_id = d->key;
    e->made_again = true;
    d->entity = e;
}

void naming_bind_again(production *p, const collection *c, const bool chosen[KINDS],
                       const root_place roots[ROOTS])
{
    const location l = {c, roots};
    group *all = NULL;
    for (size_t i = 0; i < c->n; i++)
        if (is_free(p, c->assets[i], chosen))
            add(&all, p, &l, c->assets[i]);
    for (size_t i = 0; i < p->n && all; i++) { /* parents come before their children */
        entity *e = p->entities[i];
        group *g = NULL;
        if (e->state != ENTITY_LIVE || e->asset || e->no_document)
            continue;
        const char *place = location_place(&l, e);
        if (!place)
            continue;
        const char *key = key_of(p, e->kind, place, e->name);
        HASH_FIND_STR(all, key, g);
        asset *d = g ? take_best(g, p->arena, &e->rivals) : NULL;
        if (d)
            bind(e, d);
    }
    HASH_CLEAR(hh, all);
}
