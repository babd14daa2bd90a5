#include "diff/closure.h"

#include "base/idset.h"
#include "base/mem.h"
#include "model/task_types.h"

#include <stdlib.h>
#include <string.h>

typedef struct closure {
    documents *documents;
    mapping *m;
    production *p;       /* the mapping's */
    collection *c;       /* the mapping's */
    idset *asked;        /* owned: what the store was asked for */
    size_t recalled;     /* of the collection's documents */
    const char **values; /* owned list, borrowed texts: to be asked for */
    const json **ids;    /* owned list: likewise */
    size_t n, cap, n_ids, cap_ids;
} closure;

/* ---- asking ---------------------------------------------------------------- */

/* Whether this is asked for the first time. */
static bool is_new(closure *r, char key, const char *value)
{
    const char *text = arena_printf(r->p->arena, "%c%s", key, value);
    return idset_add(r->asked, text, strlen(text));
}

static void want(closure *r, store_key key, const char *value)
{
    if (!value || !*value || !is_new(r, (char)('0' + key), value))
        return;
    r->values = xgrow(r->values, r->n, &r->cap, sizeof *r->values);
    r->values[r->n++] = value;
}

/* `how`: 'i' for the document, 'b' for what is below it. */
static void want_id(closure *r, char how, const json *id)
{
    const char *key = json_id(r->p->arena, id);
    if (!key || !is_new(r, how, key) || (how == 'i' && collection_find(r->c, key)))
        return;
    r->ids = xgrow(r->ids, r->n_ids, &r->cap_ids, sizeof *r->ids);
    json *copy = arena_alloc(r->p->arena, sizeof *copy);
    *copy = *id;
    r->ids[r->n_ids++] = copy;
}

/* The sequence that stands in for the parent that OpenPype's shot lacks has no
 * document; the shot's has its record. */
static void recall_substitute(closure *r, const asset *d)
{
    const json *list = json_at(&d->document, "data", "parent_substitutes", NULL);
    const char *parent = json_text(json_at(&d->document, "data", "zou", "parent_id", NULL));
    const json *record = json_is(list, JSON_ARRAY) && list->len ? &list->items[0] : NULL;
    const char *id = json_text(json_get(record, "id"));
    if (d->kind != KIND_SHOT || !id || !parent || strcmp(id, parent) != 0)
        return;
    entity *e = production_recall(r->p, record, NULL);
    if (e)
        e->substitute = true;
}

/* Of each document that came, the entity. */
static void recall(closure *r)
{
    for (; r->recalled < r->c->n; r->recalled++) {
        const asset *d = r->c->assets[r->recalled];
        const json *data = json_get(&d->document, "data");
        if (d->archived || !d->zou_id)
            continue;
        if (production_recall(r->p, json_get(data, "zou"), json_get(data, "tasks")))
            recall_substitute(r, d);
    }
}

static bool find(closure *r, store_key key, error *e)
{
    bool ok =
        r->n == 0 || documents_find(r->documents, r->c, (store_query){key, r->values, r->n}, e);
    r->n = 0;
    recall(r);
    return ok;
}

static bool get(closure *r, error *e)
{
    bool ok = r->n_ids == 0 || documents_get(r->documents, r->c, (store_ids){r->ids, r->n_ids}, e);
    r->n_ids = 0;
    recall(r);
    return ok;
}

static bool below(closure *r, error *e)
{
    bool ok =
        r->n_ids == 0 || documents_children(r->documents, r->c, (store_ids){r->ids, r->n_ids}, e);
    r->n_ids = 0;
    recall(r);
    return ok;
}

/* ---- what is needed ---------------------------------------------------------- */

/* Before anything else: what was touched, and the roots. */
static bool load_touched(closure *r, error *e)
{
    for (size_t i = 0; i < r->p->n; i++)
        want(r, STORE_ZOU_ID, r->p->entities[i]->id);
    if (!find(r, STORE_ZOU_ID, e))
        return false;
    for (int k = 0; k < ROOTS; k++)
        want(r, STORE_ROOT_OF, root_name((root)k));
    if (!find(r, STORE_ROOT_OF, e))
        return false;
    for (int k = 0; k < ROOTS; k++)
        want(r, STORE_NAME, root_name((root)k));
    return find(r, STORE_NAME, e);
}

static bool load_above(closure *r, error *e)
{
    for (size_t i = 0; i < r->p->n; i++) {
        const char *parent_id = r->p->entities[i]->parent_id;
        if (parent_id && !production_find(r->p, parent_id))
            want(r, STORE_ZOU_ID, parent_id);
    }
    return find(r, STORE_ZOU_ID, e);
}

/* Whether what is below an entity may have to follow it: it was touched, or is
 * below something that was. (Whether its own document still has to change says
 * nothing: a plan may have been carried out half before a program was killed.) */
static bool leads(const closure *r, const entity *e)
{
    if (e->kind != KIND_EPISODE && e->kind != KIND_SEQUENCE && e->kind != KIND_ASSET_TYPE)
        return false;
    while (e) {
        if (!e->recalled)
            return true;
        const entity *up = production_find(r->p, e->parent_id);
        e = up && up->kind < e->kind ? up : NULL;
    }
    return false;
}

static bool load_led(closure *r, error *e)
{
    for (size_t i = 0; i < r->p->n; i++)
        if (leads(r, r->p->entities[i]))
            want(r, STORE_ZOU_PARENT, r->p->entities[i]->id);
    return find(r, STORE_ZOU_PARENT, e);
}

static bool is_listed(const json *ids, const char *id)
{
    for (uint32_t i = 0; i < ids->len; i++)
        if (strcmp(ids->items[i].text, id) == 0)
            return true;
    return false;
}

/* With the list of the project's asset types: those that are none any more. Their
 * documents are among those right below the root. */
static bool load_asset_types(closure *r, error *e)
{
    const json *ids = &r->p->asset_types;
    if (!json_is(ids, JSON_ARRAY))
        return true;
    for (size_t i = 0; i < r->c->n && r->c->some; i++) {
        const asset *d = r->c->assets[i];
        if (d->root_of && strcmp(d->root_of, root_name(ROOT_ASSETS)) == 0)
            want_id(r, 'b', &d->id);
    }
    if (!below(r, e))
        return false;
    for (size_t i = 0; i < r->p->n; i++) {
        entity *x = r->p->entities[i];
        if (x->kind == KIND_ASSET_TYPE && x->given == ENTITY_LIVE && !is_listed(ids, x->id))
            x->given = ENTITY_GONE;
    }
    return true;
}

/* Documents with the names that are wanted, and with the ids that new ones would
 * get. Names must be resolved as far as that goes by now. */
static bool load_wanted(closure *r, error *e)
{
    for (size_t i = 0; i < r->p->n; i++)
        want(r, STORE_NAME, r->p->entities[i]->doc_name);
    if (!find(r, STORE_NAME, e))
        return false;
    arena *a = r->p->arena;
    for (size_t i = 0; i < r->p->n; i++) {
        const entity *x = r->p->entities[i];
        if (x->state == ENTITY_GONE || x->asset || !x->doc_id) /* recalled just now */
            continue;
        json own = json_oid(a, naming_id(a, r->p->id, x->id)), next = json_oid(a, x->doc_id);
        want_id(r, 'i', &own);
        want_id(r, 'i', &next);
    }
    for (int k = 0; k < ROOTS; k++)
        if (r->m->roots[k].key)
            want_id(r, 'i', &r->m->roots[k].id);
    return get(r, e);
}

/* Around documents that go: what lies below them, and what they lie below. */
static bool load_around_leaving(closure *r, error *e)
{
    for (size_t i = 0; i < r->c->n; i++) {
        const asset *d = r->c->assets[i];
        if (!d->archived && naming_is_obsolete(r->p, d, r->m->chosen))
            want_id(r, 'b', &d->id);
    }
    if (!below(r, e))
        return false;
    for (size_t i = 0; i < r->c->n; i++) {
        const asset *d = r->c->assets[i];
        if (!d->archived && naming_is_obsolete(r->p, d, r->m->chosen))
            want_id(r, 'i', json_at(&d->document, "data", "visualParent", NULL));
    }
    return get(r, e);
}

static void resolve(closure *r)
{
    collection_end(r->c);
    production_link(r->p);
    naming_resolve(r->p, r->c, r->m->chosen, r->m->roots);
}

/* ---- all of it ----------------------------------------------------------------- */

/* The documents come in turns: each may bring an entity that needs others. */
static bool fill_some(closure *r, error *e)
{
    if (!load_touched(r, e))
        return false;
    for (;;) {
        size_t before;
        do {
            before = r->c->n;
            if (!load_above(r, e) || !load_led(r, e) || !load_asset_types(r, e))
                return false;
        } while (r->c->n > before);
        resolve(r);
        if (!load_wanted(r, e) || !load_around_leaving(r, e))
            return false;
        if (r->c->n > before)
            continue;
        resolve(r); /* once more, for the subsets that came */
        return true;
    }
}

static bool fill_whole(closure *r, error *e)
{
    if (r->c->some) {
        collection *all = documents_collection(r->documents, r->c->coll, true, r->p->arena, e);
        if (!all)
            return false;
        collection_free(r->c);
        r->c = r->m->collection = all;
    }
    r->recalled = 0;
    recall(r);
    if (!load_asset_types(r, e))
        return false;
    resolve(r);
    return true;
}

bool closure_load(documents *b, mapping *m, bool whole, error *e)
{
    closure r = {
        .documents = b, .m = m, .p = m->production, .c = m->collection, .asked = idset_new()};
    bool ok = true, some = r.c->some && documents_is_store(b) && !whole && !r.p->whole;
    if (some)
        ok = fill_some(&r, e);
    if (ok && (!some || task_types_need_whole(m->production, m->collection, m->chosen)))
        ok = fill_whole(&r, e);
    idset_free(r.asked);
    free(r.values);
    free(r.ids);
    return ok;
}
