#include "diff/closure.h"

#include "base/idset.h"
#include "base/mem.h"
#include "model/input_links.h"
#include "model/location.h"
#include "model/task_types.h"
#include "record/skipped.h"

#include <stdlib.h>
#include <string.h>

struct closure {
    documents *documents; /* borrowed */
    arena *arena;         /* borrowed */
    collection *c;        /* owned */
};

/* Extending it, for one mapping. */
typedef struct loading {
    documents *documents;
    mapping *m;
    production *p;       /* the mapping's */
    collection *c;       /* the closure's */
    idset *asked;        /* owned: what the store was asked for */
    size_t n_recalled;   /* of the collection's documents */
    const char **values; /* owned list, borrowed texts: to be asked for */
    const json **ids;    /* owned list: likewise */
    size_t n, cap, n_ids, cap_ids;
} loading;

/* ---- asking ---------------------------------------------------------------- */

/* Whether the store was not asked for this yet. */
static bool is_new(loading *r, char key, const char *value)
{
    const char *text = arena_printf(r->p->arena, "%c%s", key, value);
    return idset_add(r->asked, text, strlen(text));
}

static void want(loading *r, store_key key, const char *value)
{
    if (!value || !*value || !is_new(r, (char)('0' + key), value))
        return;
    r->values = xgrow(r->values, r->n, &r->cap, sizeof *r->values);
    r->values[r->n++] = value;
}

/* `how`: 'i' for the document, 'b' for its children. */
static void want_id(loading *r, char how, const json *id)
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
static void recall_substitute(loading *r, const asset *d)
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

/* A state_skipped_fn: the entity's own record tells, not those of its tasks. */
static void recall_skipped(void *context, const char *entity_id, const json *records)
{
    loading *r = context;
    entity *e = production_find(r->p, entity_id);
    for (uint32_t i = 0; e && e->recalled && i < records->len; i++) {
        skipped_record s;
        skipped_read(&records->items[i], &s);
        if (s.id && strcmp(s.id, entity_id) == 0)
            production_recall_skipped(e, &records->items[i]);
    }
}

typedef bool asset_test(const loading *r, const asset *d);

/* Load what depends on the documents that pass; `*more` if the store was asked for any. A
 * dump has all of it. */
static bool load_dependants(loading *r, asset_test *needs, bool *more, error *e)
{
    for (size_t i = 0; i < r->c->n && documents_is_store(r->documents); i++)
        if (needs(r, r->c->assets[i]))
            want_id(r, 'd', &r->c->assets[i]->id);
    *more = r->n_ids > 0;
    bool ok = documents_dependants(r->documents, r->c, (store_ids){r->ids, r->n_ids}, e);
    r->n_ids = 0;
    return ok;
}

static bool is_one_of_several(const loading *r, const asset *d)
{
    (void)r;
    return d->first;
}

/* Load the other documents of the entities whose documents came and, of several, what
 * decides which is the entity's own (model/collection.h). A dump has all of it. */
static bool load_seconds(loading *r, error *e)
{
    size_t before, from = r->n_recalled;
    bool more;
    do {
        before = r->c->n;
        for (size_t i = from; i < before && r->c->some; i++)
            want(r, STORE_ZOU_ID, r->c->assets[i]->zou_id);
        if (!documents_find(r->documents, r->c, (store_query){STORE_ZOU_ID, r->values, r->n}, e))
            return false;
        r->n = 0;
        collection_end(r->c);
        for (size_t i = 0; i < r->c->n && r->c->some; i++)
            if (r->c->assets[i]->first)
                want_id(r, 'i', json_at(&r->c->assets[i]->document, "data", "visualParent", NULL));
        if (!documents_get(r->documents, r->c, (store_ids){r->ids, r->n_ids}, e))
            return false;
        r->n_ids = 0;
        from = 0;
    } while (r->c->n > before);
    return load_dependants(r, is_one_of_several, &more, e);
}

/* Take in the entity of each document that came; was it skipped, its document does not
 * tell what Kitsu has. */
static bool recall(loading *r, error *e)
{
    store_texts ids = {0};
    if (r->n_recalled == r->c->n)
        return true;
    if (documents_is_store(r->documents) && !load_seconds(r, e))
        return false;
    collection_end(r->c);
    r->n_recalled = r->c->n;
    const char **recalled = arena_alloc(r->p->arena, (r->c->n + 1) * sizeof *recalled);
    for (size_t i = 0; i < r->c->n; i++) {
        const asset *d = r->c->assets[i];
        const json *data = json_get(&d->document, "data");
        if (d->archived || !d->zou_id || collection_is_second(d))
            continue;
        const entity *x = production_recall(r->p, json_get(data, "zou"), json_get(data, "tasks"));
        if (!x)
            continue;
        recalled[ids.n++] = x->id;
        recall_substitute(r, d);
    }
    ids.items = recalled;
    return ids.n == 0 ||
           documents_skipped(r->documents, r->p->id, ids, r->p->arena, recall_skipped, r, e);
}

static bool find(loading *r, store_key key, error *e)
{
    bool ok =
        r->n == 0 || documents_find(r->documents, r->c, (store_query){key, r->values, r->n}, e);
    r->n = 0;
    return ok && recall(r, e);
}

static bool get(loading *r, error *e)
{
    bool ok = r->n_ids == 0 || documents_get(r->documents, r->c, (store_ids){r->ids, r->n_ids}, e);
    r->n_ids = 0;
    return ok && recall(r, e);
}

static bool get_children(loading *r, error *e)
{
    bool ok =
        r->n_ids == 0 || documents_children(r->documents, r->c, (store_ids){r->ids, r->n_ids}, e);
    r->n_ids = 0;
    return ok && recall(r, e);
}

/* ---- what is needed ---------------------------------------------------------- */

/* Before anything else: what the events affect, what is cast in it, and the roots. */
static bool load_affected(loading *r, error *e)
{
    for (size_t i = 0; i < r->p->n; i++)
        want(r, STORE_ZOU_ID, r->p->entities[i]->id);
    for (size_t i = 0; i < r->p->casting.n; i++)
        want(r, STORE_ZOU_ID, r->p->casting.links[i].out);
    if (!find(r, STORE_ZOU_ID, e))
        return false;
    for (int k = 0; k < ROOTS; k++)
        want(r, STORE_ROOT_OF, root_name((root)k));
    if (!find(r, STORE_ROOT_OF, e))
        return false;
    for (int k = 0; k < ROOTS; k++)
        want(r, STORE_NAME, root_name((root)k));
    want(r, STORE_NAME, "assets"); /* as OpenPype's editorial tools make them */
    want(r, STORE_NAME, "shots");
    return find(r, STORE_NAME, e);
}

/* Kitsu's parents; and the documents above those that are there, which may be folders of
 * the studio's. */
static bool load_parents(loading *r, error *e)
{
    for (size_t i = 0; i < r->p->n; i++) {
        const char *parent_id = r->p->entities[i]->parent_id;
        if (parent_id && !production_find(r->p, parent_id))
            want(r, STORE_ZOU_ID, parent_id);
    }
    if (!find(r, STORE_ZOU_ID, e))
        return false;
    for (size_t i = 0; i < r->c->n; i++)
        want_id(r, 'i', json_at(&r->c->assets[i]->document, "data", "visualParent", NULL));
    return get(r, e);
}

/* Whether the children of an entity may have to follow it: the events affect it or an
 * ancestor of it. (Whether its own document still has to change says
 * nothing: a program may have been killed halfway through a plan.) */
static bool leads_children(const loading *r, const entity *e)
{
    if (e->kind != KIND_EPISODE && e->kind != KIND_SEQUENCE && e->kind != KIND_ASSET_TYPE)
        return false;
    while (e) {
        if (!e->recalled)
            return true;
        const entity *parent = production_find(r->p, e->parent_id);
        e = parent && parent->kind < e->kind ? parent : NULL;
    }
    return false;
}

static bool load_children(loading *r, error *e)
{
    for (size_t i = 0; i < r->p->n; i++)
        if (leads_children(r, r->p->entities[i]))
            want(r, STORE_ZOU_PARENT, r->p->entities[i]->id);
    return find(r, STORE_ZOU_PARENT, e);
}

/* With the list of the project's asset types: those that it no longer uses, skipped ones,
 * too. Their documents are among the children of the root. */
static bool load_asset_types(loading *r, error *e)
{
    const json *ids = &r->p->asset_types;
    if (!json_is(ids, JSON_ARRAY))
        return true;
    for (size_t i = 0; i < r->c->n && r->c->some; i++) {
        const asset *d = r->c->assets[i];
        if (naming_is_root(d, ROOT_ASSETS))
            want_id(r, 'b', &d->id);
    }
    if (!get_children(r, e))
        return false;
    idset *listed = json_text_set(ids);
    for (size_t i = 0; i < r->p->n; i++) {
        entity *x = r->p->entities[i];
        if (x->kind == KIND_ASSET_TYPE && !idset_has_text(listed, x->id))
            x->given = ENTITY_GONE;
    }
    idset_free(listed);
    return true;
}

/* Documents with the names that are wanted, and with the ids that new ones would
 * get. Names must be resolved as far as that goes by now. */
static bool load_wanted(loading *r, error *e)
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

/* The children of documents that may be deleted, and the parents of those that are
 * obsolete. */
static bool load_around_obsolete(loading *r, error *e)
{
    for (size_t i = 0; i < r->c->n; i++) {
        const asset *d = r->c->assets[i];
        if (naming_is_lost(r->p, d, r->m->chosen))
            want_id(r, 'b', &d->id);
    }
    if (!get_children(r, e))
        return false;
    for (size_t i = 0; i < r->c->n; i++) {
        const asset *d = r->c->assets[i];
        if (naming_is_lost(r->p, d, r->m->chosen) || naming_is_obsolete(r->p, d, r->m->chosen))
            want_id(r, 'i', json_at(&d->document, "data", "visualParent", NULL));
    }
    return get(r, e);
}

/* The documents that link to those that go, or become another entity's. A dump has them. */
static bool load_linking(loading *r, error *e)
{
    for (size_t i = 0; i < r->c->n && r->c->some; i++)
        if (input_links_end(r->p, r->c->assets[i], r->m->chosen))
            want_id(r, 'l', &r->c->assets[i]->id);
    bool ok =
        r->n_ids == 0 || documents_linking(r->documents, r->c, (store_ids){r->ids, r->n_ids}, e);
    r->n_ids = 0;
    return ok && recall(r, e);
}

/* Whether it matters what depends on a document: it may be deleted, another may take its
 * name, it gets another name or place itself, or it is one of several of an entity. */
static bool needs_dependants(const loading *r, const asset *d)
{
    const entity *e = d->entity;
    bool is_live = e && e->state == ENTITY_LIVE && !e->no_document && !d->archived;
    return naming_is_lost(r->p, d, r->m->chosen) || (d->archived && d->zou_id) || d->first ||
           naming_is_obsolete(r->p, d, r->m->chosen) ||
           (is_live && location_changes(&(location){r->c, r->m->roots}, e));
}

static void resolve(loading *r)
{
    collection_end(r->c);
    production_link(r->p);
    naming_resolve(r->p, r->c, r->m->chosen, r->m->roots);
}

/* ---- all of it ----------------------------------------------------------------- */

/* The documents come in turns: each may bring an entity that needs others. */
static bool fill_some(loading *r, error *e)
{
    if (!load_affected(r, e))
        return false;
    for (;;) {
        size_t before;
        do {
            before = r->c->n;
            if (!load_parents(r, e) || !load_children(r, e) || !load_asset_types(r, e))
                return false;
        } while (r->c->n > before);
        resolve(r);
        if (!load_wanted(r, e) || !load_around_obsolete(r, e) || !load_linking(r, e))
            return false;
        bool more = false;
        if (r->c->n == before && !load_dependants(r, needs_dependants, &more, e))
            return false;
        if (r->c->n > before || more)
            continue;
        resolve(r); /* once more, for what came with children */
        return true;
    }
}

/* Names decide which documents matter, and what depends on these may change the names. */
static bool settle(loading *r, error *e)
{
    bool more = true;
    while (more) {
        resolve(r);
        if (!load_dependants(r, needs_dependants, &more, e))
            return false;
    }
    return true;
}

/* All of the collection is loaded. */
static bool fill_whole(loading *r, error *e)
{
    r->n_recalled = 0;
    return recall(r, e) && load_asset_types(r, e) && settle(r, e);
}

static void loading_free(loading *r)
{
    idset_free(r->asked);
    free(r->values);
    free(r->ids);
}

static bool load_whole(closure *c, error *e)
{
    if (!c->c->some)
        return true;
    collection *all = documents_collection(c->documents, c->c->coll, true, c->arena, e);
    if (!all)
        return false;
    collection_free(c->c);
    c->c = all;
    return true;
}

bool closure_extend(closure *c, mapping *m, closure_scope scope, error *e)
{
    loading r = {
        .documents = c->documents, .m = m, .p = m->production, .c = c->c, .asked = idset_new()};
    bool some =
        c->c->some && documents_is_store(c->documents) && scope == CLOSURE_NEEDED && !r.p->whole;
    bool ok = !some || fill_some(&r, e);
    if (ok && (!some || task_types_need_whole(r.p, r.c, m->chosen))) {
        ok = load_whole(c, e);
        idset_free(r.asked);
        r.asked = idset_new(); /* what it was asked for is in a collection that was freed */
        r.c = c->c;
        m->collection = c->c;
        ok = ok && fill_whole(&r, e);
    }
    loading_free(&r);
    return ok;
}

void closure_resolve(closure *c, mapping *m)
{
    resolve(&(loading){.m = m, .p = m->production, .c = c->c});
}

bool closure_settle(closure *c, mapping *m, error *e)
{
    loading r = {
        .documents = c->documents, .m = m, .p = m->production, .c = c->c, .asked = idset_new()};
    bool ok = settle(&r, e);
    loading_free(&r);
    return ok;
}

/* ---- the closure --------------------------------------------------------------- */

closure *closure_new(documents *b, const char *coll, closure_scope scope, arena *a, error *e)
{
    collection *loaded = documents_collection(b, coll, scope == CLOSURE_WHOLE, a, e);
    if (!loaded)
        return NULL;
    closure *c = xmalloc(sizeof *c);
    *c = (closure){.documents = b, .arena = a, .c = loaded};
    return c;
}

void closure_free(closure *c)
{
    if (!c)
        return;
    collection_free(c->c);
    free(c);
}

collection *closure_collection(const closure *c)
{
    return c->c;
}
