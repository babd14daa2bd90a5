#include "apply/batch_deletions.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A document that lies below one that is to be deleted. */
typedef struct child {
    const char *key;
    item *parent;
    bool is_deleted;
} child;

typedef struct children {
    batch *batch;
    child *list; /* owned */
    size_t n, cap;
} children;

/* With -n: whether the plan has moved or deleted it by then. */
static bool is_planned_away(const batch *b, const char *key, const char *parent)
{
    planned_parent *m;
    HASH_FIND_STR(b->planned, key, m);
    return m && (!m->parent || strcmp(m->parent, parent) != 0);
}

static bool take_child(void *context, store_ns ns, const json *document)
{
    (void)ns;
    children *c = context;
    const json *type = json_get(document, "type");
    bool is_asset = json_text_is(type, "asset") || json_text_is(type, "archived_asset");
    item *parent = batch_find(c->batch, is_asset ? json_at(document, "data", "visualParent", NULL)
                                                 : json_get(document, "parent"));
    if (!parent)
        return true;
    const char *key = json_id(c->batch->arena, json_get(document, "_id"));
    if (is_planned_away(c->batch, key, parent->key))
        return true;
    parent->n_children++;
    if (!is_asset) {
        parent->has_dependants = true;
        return true;
    }
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 64;
        c->list = xrealloc(c->list, c->cap * sizeof *c->list);
    }
    c->list[c->n++] = (child){.key = key, .parent = parent};
    return true;
}

static void forget_child(children *c, const item *deleted)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->list[i].key, deleted->key) == 0) {
            c->list[i].parent->n_children--;
            c->list[i].is_deleted = true;
        }
}

/* Whether something stays below an item: what depends on it, a document that is not
 * deleted here, or one that was refused. */
static void note_blocked(children *c, item **list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        list[i]->is_blocked = list[i]->has_dependants;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < c->n; i++) {
            const item *below = NULL;
            HASH_FIND_STR(c->batch->table, c->list[i].key, below);
            bool stays = !c->list[i].is_deleted && (!below || !below->pending || below->is_blocked);
            if (stays && !c->list[i].parent->is_blocked)
                c->list[i].parent->is_blocked = more = true;
        }
    }
}

/* Documents that lie below each other in a ring, and nothing else below them, are deleted
 * together. */
static size_t find_rings(children *c, item **list, size_t n, item **round)
{
    size_t m = 0;
    note_blocked(c, list, n);
    for (size_t i = 0; i < n; i++)
        if (list[i]->pending && !list[i]->is_blocked)
            round[m++] = list[i];
    return m;
}

/* From the lowest upwards, so that nothing is deleted whose children, for
 * whatever reason, stay. */
static bool delete_rounds(batch *b, children *c, item **list, size_t n, error *e)
{
    item **round = arena_alloc(b->arena, n * sizeof(item *));
    for (;;) {
        size_t m = 0;
        for (size_t i = 0; i < n; i++)
            if (list[i]->pending && list[i]->n_children == 0)
                round[m++] = list[i];
        if (m == 0 && (m = find_rings(c, list, n, round)) == 0)
            return true;
        if (!batch_write_items(b, round, m, e))
            return false;
        for (size_t i = 0; i < m; i++) {
            round[i]->pending = false;
            if (round[i]->status != RESULT_CONFLICT && round[i]->status != RESULT_FAILED)
                forget_child(c, round[i]);
        }
    }
}

/* Whether something keeps an item that may be another the next time: what depends on it, or
 * a document below it whose own change did not fail. */
static void note_conflicts(children *c, item **list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        list[i]->is_blocked = list[i]->has_dependants;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < c->n; i++) {
            const child *x = &c->list[i];
            const item *below = NULL;
            HASH_FIND_STR(c->batch->table, x->key, below);
            bool passes =
                below && below->pending ? below->is_blocked : !batch_is_refused(c->batch, x->key);
            if (passes && !x->is_deleted && !x->parent->is_blocked)
                x->parent->is_blocked = more = true;
        }
    }
}

/* A document below one may be deleted by what is still to come: of a ring that is longer than
 * a batch no part can go first. */
static void settle_pending(batch *b, children *c, item **list, size_t n)
{
    note_conflicts(c, list, n);
    for (size_t i = 0; i < n; i++) {
        if (!list[i]->pending)
            continue;
        if (!list[i]->is_blocked) {
            item_settle(b, list[i], RESULT_FAILED,
                        "the change of a document that lies below it failed");
        } else {
            item_settle(b, list[i], RESULT_CONFLICT,
                        list[i]->has_dependants ? "something was published below it"
                                                : "another document lies below it");
            list[i]->is_deferred = !list[i]->has_dependants && !b->is_rest;
        }
    }
}

bool batch_delete(batch *b, item **list, size_t n, error *e)
{
    if (!batch_read(b, list, n, e))
        return false;
    const json **ids = arena_alloc(b->arena, n * sizeof *ids);
    size_t needed = 0;
    for (size_t i = 0; i < n; i++) {
        list[i]->pending = item_judge(b, list[i]) == CHANGE_NEEDED;
        if (list[i]->pending)
            ids[needed++] = list[i]->c.id;
    }
    children c = {.batch = b};
    bool ok = store_children(b->store, batch_ns(b), (store_ids){ids, needed},
                             &(store_sink){b->arena, take_child, &c}, e) &&
              delete_rounds(b, &c, list, n, e);
    if (ok)
        settle_pending(b, &c, list, n);
    free(c.list);
    return ok;
}
