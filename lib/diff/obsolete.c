#include "diff/obsolete.h"

#include "base/mem.h"
#include "base/msg.h"
#include "model/location.h"
#include "record/record.h"

#include <stdlib.h>

/* ---- which -------------------------------------------------------------------- */

/* The parent of a document once the plan is carried out; NULL: it has none. */
static asset *parent_of(const mapping *m, const asset *doc)
{
    const char *key = doc->parent_key;
    const entity *e = doc->entity;
    if (e && e->state == ENTITY_LIVE && !doc->removed)
        key = location_parent(&(location){m->collection, m->roots}, e);
    return collection_find(m->collection, key);
}

static size_t depth_of(const mapping *m, const asset *doc)
{
    enum { MAX_ANCESTORS = 64 }; /* documents could point at each other in a ring */
    size_t depth = 0;
    while ((doc = parent_of(m, doc)) && depth < MAX_ANCESTORS)
        depth++;
    return depth;
}

/* A document that stays keeps its ancestors: those that would be deleted are
 * archived. */
static void keep_ancestors(const mapping *m, const asset *doc)
{
    for (asset *p = parent_of(m, doc); p && p->removed; p = parent_of(m, p))
        p->removed = false;
}

/* What Kitsu has lost is deleted where nothing depends on it, everything else archived. */
obsolete_list obsolete_find(const mapping *m)
{
    const collection *c = m->collection;
    obsolete_list l = {.assets = xmalloc((c->n + 1) * sizeof(asset *))};
    if (m->production->keeps_all)
        return l;
    for (size_t i = 0; i < c->n; i++)
        c->assets[i]->removed = naming_is_lost(m->production, c->assets[i], m->chosen);
    for (size_t i = 0; i < c->n; i++) {
        asset *doc = c->assets[i];
        if (doc->removed && doc->dependants == 0)
            continue;
        keep_ancestors(m, doc);
        doc->removed = false;
    }
    for (size_t i = 0; i < c->n; i++) {
        asset *doc = c->assets[i];
        if (doc->removed || naming_is_obsolete(m->production, doc, m->chosen))
            l.assets[l.n++] = doc;
    }
    return l;
}

void obsolete_free(obsolete_list *l)
{
    free(l->assets);
    *l = (obsolete_list){0};
}

/* ---- how many ---------------------------------------------------------------- */

static bool anything_came(const mapping *m)
{
    for (size_t i = 0; i < m->production->n; i++)
        if (m->chosen[m->production->entities[i]->kind])
            return true;
    return false;
}

bool obsolete_allowed(const obsolete_list *l, const mapping *m, const delete_limit *limit,
                      const char **why)
{
    const collection *c = m->collection;
    if (l->n == 0)
        return true;
    if (!limit->given && m->production->events)
        return true; /* each by its id, none for being absent */
    /* Zou answers `[]` where it should say that it does not know. */
    bool empty = !limit->given && !anything_came(m);
    if (!empty && delete_limit_allows(limit, l->n, c->linked))
        return true;
    *why = arena_printf(m->arena, "%zu of %zu documents would be deleted or archived", l->n,
                        c->linked);
    if (limit->given)
        msg_error("%s: %s, more than --max-delete %ld%s: they stay for now, the rest goes on",
                  c->coll, *why, limit->limit, limit->percent ? "%" : "");
    else
        msg_error("%s: %s%s: they stay for now, the rest goes on. If that is right, run again with "
                  "--max-delete %zu",
                  c->coll, empty ? "Kitsu lists nothing at all, and " : "", *why, l->n);
    return false;
}

/* ---- the changes --------------------------------------------------------------- */

typedef struct at_depth {
    asset *asset;
    size_t depth, place;
} at_depth;

static int deepest_first(const void *x, const void *y)
{
    const at_depth *a = x, *b = y;
    if (a->depth != b->depth)
        return a->depth > b->depth ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

static json entity_of(arena *a, const asset *doc)
{
    return record_entity(a, kind_name(doc->kind), doc->zou_id, doc->name);
}

static void write_archive(change_output *out, const mapping *m, const asset *doc)
{
    const collection *c = m->collection;
    change_builder x = change_builder_new(m->arena, &doc->document);
    change_builder_set(&x, json_string(m->arena, "archived_asset"), "type", NULL);
    if (change_builder_changes(&x))
        changes_write(
            out, m->arena, m->production->id,
            change_builder_change(&x, c->db, c->coll, &doc->id, entity_of(m->arena, doc)));
}

/* One too long for a line, which has the whole document, stays, archived, and what is above. */
static void write_delete(change_output *out, const mapping *m, asset *doc)
{
    const collection *c = m->collection;
    change_obstacle unused;
    if (doc->removed && changes_try(out, m->arena,
                                    change_builder_delete(m->arena, c->db, c->coll, &doc->document,
                                                          entity_of(m->arena, doc)),
                                    &unused))
        return;
    doc->removed = false;
    keep_ancestors(m, doc);
    write_archive(out, m, doc);
}

void obsolete_write(const obsolete_list *l, const mapping *m, change_output *out)
{
    at_depth *order = xmalloc((l->n + 1) * sizeof *order);
    for (size_t i = 0; i < l->n; i++)
        order[i] = (at_depth){l->assets[i], depth_of(m, l->assets[i]), i};
    qsort(order, l->n, sizeof *order, deepest_first);
    bool *is_deletion = xmalloc(l->n + 1); /* before any of them turns out too long */
    for (size_t i = 0; i < l->n; i++)
        is_deletion[i] = order[i].asset->removed;
    for (size_t i = l->n; i-- > 0;) /* parents first */
        if (!order[i].asset->removed)
            write_archive(out, m, order[i].asset);
    for (size_t i = 0; i < l->n; i++) /* children first */
        if (is_deletion[i])
            write_delete(out, m, order[i].asset);
    free(is_deletion);
    free(order);
}
