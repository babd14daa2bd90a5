#include "model/collection.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

collection *collection_new(arena *a, const char *db, const char *coll)
{
    collection *c = arena_alloc(a, sizeof *c);
    *c = (collection){
        .arena = a, .db = arena_text(a, db, strlen(db)), .coll = arena_text(a, coll, strlen(coll))};
    return c;
}

void collection_free(collection *c)
{
    if (!c)
        return;
    HASH_CLEAR(hh, c->by_key);
    HASH_CLEAR(hh_zou, c->by_zou);
    HASH_CLEAR(hh, c->dependants);
    free(c->assets);
}

static void add_asset(collection *c, const json *document, bool archived)
{
    const json *data = json_get(document, "data"), *id = json_get(document, "_id");
    const char *name = json_text(json_get(document, "name"));
    const char *key = json_id(c->arena, id);
    if (!key || collection_find(c, key))
        return;
    asset *d = arena_alloc(c->arena, sizeof *d);
    *d = (asset){.document = *document,
                 .id = *id,
                 .key = key,
                 .name = name ? name : "",
                 .zou_id = json_text(json_at(data, "zou", "id", NULL)),
                 .kind = kind_of(json_text(json_at(data, "zou", "type", NULL))),
                 .root_of = json_text(json_get(data, "root_of")),
                 .archived = archived,
                 .parent_key = json_id(c->arena, json_get(data, "visualParent"))};
    c->assets = xgrow(c->assets, c->n, &c->cap, sizeof *c->assets);
    c->assets[c->n++] = d;
    HASH_ADD_KEYPTR(hh, c->by_key, d->key, strlen(d->key), d);
}

static void add_dependant(collection *c, const json *document)
{
    const char *key = json_id(c->arena, json_get(document, "_id"));
    const char *parent = json_id(c->arena, json_get(document, "parent"));
    dependant *d = NULL;
    if (key)
        HASH_FIND_STR(c->dependants, key, d);
    if (!key || !parent || d)
        return;
    d = arena_alloc(c->arena, sizeof *d);
    *d = (dependant){.key = key,
                     .parent_key = parent,
                     .is_subset = json_text_is(json_get(document, "type"), "subset")};
    HASH_ADD_KEYPTR(hh, c->dependants, d->key, strlen(d->key), d);
}

void collection_add(collection *c, const json *document)
{
    const char *type = json_text(json_get(document, "type"));
    if (type && strcmp(type, "asset") == 0)
        add_asset(c, document, false);
    else if (type && strcmp(type, "archived_asset") == 0)
        add_asset(c, document, true);
    else if (type && strcmp(type, "project") == 0) {
        if (json_is_null(&c->project))
            c->project = *document;
    } else {
        add_dependant(c, document);
    }
}

asset *collection_find(const collection *c, const char *key)
{
    asset *d = NULL;
    if (key)
        HASH_FIND_STR(c->by_key, key, d);
    return d;
}

static int by_key(const void *x, const void *y)
{
    return strcmp((*(asset *const *)x)->key, (*(asset *const *)y)->key);
}

static void count_dependants(collection *c)
{
    for (size_t i = 0; i < c->n; i++)
        c->assets[i]->dependants = c->assets[i]->publishes = 0;
    for (const dependant *x = c->dependants; x; x = x->hh.next) {
        asset *d = collection_find(c, x->parent_key);
        if (!d)
            continue;
        d->dependants++;
        d->publishes += x->is_subset;
    }
}

/* ---- several documents of one entity ------------------------------------------ */

static bool is_whole(const collection *c, const asset *d)
{
    const json *data = json_get(&d->document, "data");
    return d->name[0] && d->kind != KIND_NONE && json_text(json_at(data, "zou", "name", NULL)) &&
           !json_is_null(json_get(&d->document, "parent")) && collection_find(c, d->parent_key) &&
           json_is(json_get(data, "parents"), JSON_ARRAY) &&
           json_is(json_get(data, "tasks"), JSON_OBJECT);
}

/* Whether `x` is the entity's own rather than `y`. */
static bool goes_before(const collection *c, const asset *x, const asset *y)
{
    bool whole = is_whole(c, x);
    if (x->dependants != y->dependants)
        return x->dependants > y->dependants;
    if (x->archived != y->archived)
        return y->archived;
    return whole != is_whole(c, y) ? whole : strcmp(x->key, y->key) < 0;
}

static void index_by_zou(collection *c, asset *d)
{
    asset *known = NULL;
    d->first = NULL;
    if (!d->zou_id)
        return;
    HASH_FIND(hh_zou, c->by_zou, d->zou_id, strlen(d->zou_id), known);
    if (known)
        d->first = known->first = known; /* for now */
    if (known && goes_before(c, d, known))
        HASH_DELETE(hh_zou, c->by_zou, known);
    else if (known)
        return;
    HASH_ADD_KEYPTR(hh_zou, c->by_zou, d->zou_id, strlen(d->zou_id), d);
}

bool collection_is_second(const asset *d)
{
    return d->first && d->first != d;
}

void collection_end(collection *c)
{
    HASH_CLEAR(hh_zou, c->by_zou);
    if (c->some && c->n)
        qsort(c->assets, c->n, sizeof *c->assets, by_key);
    count_dependants(c);
    c->linked = 0;
    for (size_t i = 0; i < c->n; i++) {
        index_by_zou(c, c->assets[i]);
        c->linked += c->assets[i]->zou_id != NULL;
    }
    for (size_t i = 0; i < c->n; i++)
        if (c->assets[i]->first && c->assets[i]->zou_id) /* always both */
            HASH_FIND(hh_zou, c->by_zou, c->assets[i]->zou_id, strlen(c->assets[i]->zou_id),
                      c->assets[i]->first);
}
