#include "model/location.h"

#include <string.h>

#define MAX_ANCESTORS 64 /* documents could point at each other in a ring */

static asset *above(const location *l, const asset *d)
{
    return collection_find(l->c, d->parent_key);
}

static bool is_linked(const asset *d)
{
    return d->zou_id || d->entity;
}

/* The live entity that a document is of; NULL: none. */
static const entity *live_entity(const asset *d)
{
    const entity *e = d->entity;
    return e && e->asset == d && e->state == ENTITY_LIVE ? e : NULL;
}

/* Folders of the studio's own between it and that do not count. */
const char *location_anchor(const location *l, const asset *d, kind k)
{
    bool below_root = false;
    size_t steps = 0;
    const asset *up = above(l, d);
    for (; up && !is_linked(up); up = above(l, up)) {
        below_root |= naming_is_root(up, root_above(k));
        if (up->archived || ++steps > MAX_ANCESTORS)
            return d->parent_key;
    }
    return up ? up->key : below_root ? l->roots[root_above(k)].key : d->parent_key;
}

const char *location_place(const location *l, const entity *e)
{
    entity *up = e->doc_parent;
    return up && naming_can_have_children(up) ? up->doc_id : l->roots[root_above(e->kind)].key;
}

const char *location_parent(const location *l, const entity *e)
{
    const char *place = location_place(l, e);
    const char *anchor = e->asset ? location_anchor(l, e->asset, e->kind) : NULL;
    return place && anchor && strcmp(place, anchor) == 0 ? e->asset->parent_key : place;
}

bool location_changes(const location *l, const entity *e)
{
    const asset *d = e->asset;
    const char *parent = d ? location_parent(l, e) : NULL;
    return d && (strcmp(d->name, e->doc_name) != 0 || !parent || !d->parent_key ||
                 strcmp(d->parent_key, parent) != 0);
}

/* ---- names ------------------------------------------------------------------ */

/* From the inside out. */
typedef struct path {
    const char *names[MAX_ANCESTORS];
    size_t n;
} path;

static void add_name(path *p, const char *name)
{
    if (p->n < MAX_ANCESTORS)
        p->names[p->n++] = name;
}

static void add_parents(const location *l, const entity *e, path *p);

/* The document and those above it. */
static void add_document(const location *l, const asset *d, path *p)
{
    for (; d && p->n < MAX_ANCESTORS; d = above(l, d)) {
        const entity *e = live_entity(d);
        add_name(p, e ? e->doc_name : d->name);
        if (e) {
            add_parents(l, e, p);
            return;
        }
    }
}

static void add_parents(const location *l, const entity *e, path *p)
{
    const char *key = location_parent(l, e);
    const asset *d = key ? collection_find(l->c, key) : NULL;
    if (p->n >= MAX_ANCESTORS)
        return;
    if (d) {
        add_document(l, d, p);
    } else if (e->doc_parent) { /* it is new */
        add_name(p, e->doc_parent->doc_name);
        add_parents(l, e->doc_parent, p);
    } else {
        add_name(p, root_name(root_above(e->kind)));
    }
}

json location_parents(const location *l, const entity *e, arena *a)
{
    path p = {.n = 0};
    json parents = json_array();
    add_parents(l, e, &p);
    while (p.n-- > 0)
        json_push(a, &parents, json_string(a, p.names[p.n]));
    return parents;
}
