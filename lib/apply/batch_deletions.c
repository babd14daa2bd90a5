#include "apply/batch_deletions.h"

#include <string.h>

/* A document that lies below one that is to be deleted. */
typedef struct child {
    UT_hash_handle hh; /* by `key` */
    const char *key;
    item *parent;
    bool is_deleted;
} child;

typedef struct children {
    batch *batch;
    child *table; /* in the batch's arena */
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
    child *x = arena_alloc(c->batch->arena, sizeof *x);
    *x = (child){.key = key, .parent = parent};
    HASH_ADD_KEYPTR(hh, c->table, key, strlen(key), x);
    return true;
}

/* The document of this key as one that lies below another; NULL: it does not. */
static child *find_child(const children *c, const char *key)
{
    child *x;
    HASH_FIND_STR(c->table, key, x);
    return x && !x->is_deleted ? x : NULL;
}

/* Take a deleted document from its parent, which is returned if nothing lies below it any
 * more, and it waits for that. */
static item *forget_child(children *c, const item *deleted)
{
    child *x = find_child(c, deleted->key);
    if (!x)
        return NULL;
    x->is_deleted = true;
    return --x->parent->n_children == 0 && x->parent->pending ? x->parent : NULL;
}

/* Something stays below an item, and so below all that it lies below. */
static void block(children *c, item *i)
{
    for (child *x; i && !i->is_blocked; i = x ? x->parent : NULL) {
        i->is_blocked = true;
        x = find_child(c, i->key);
    }
}

/* Note below which items something stays: what depends on them, or a document that is not
 * (or no longer) to be deleted here. `failures`: one whose own change failed counts, too. */
static void note_blocked(children *c, item **list, size_t n, bool failures)
{
    for (size_t i = 0; i < n; i++)
        list[i]->is_blocked = false;
    for (size_t i = 0; i < n; i++)
        if (list[i]->pending && list[i]->has_dependants)
            block(c, list[i]);
    for (child *x = c->table; x; x = x->hh.next) {
        const item *below;
        HASH_FIND_STR(c->batch->table, x->key, below);
        if (!x->is_deleted && !(below && below->pending) &&
            (failures || !batch_is_refused(c->batch, x->key)))
            block(c, x->parent);
    }
}

/* Documents that lie below each other in a ring, and nothing else below them, are deleted
 * together. */
static size_t find_rings(children *c, item **list, size_t n, item **round)
{
    size_t m = 0;
    note_blocked(c, list, n, true);
    for (size_t i = 0; i < n; i++)
        if (list[i]->pending && !list[i]->is_blocked)
            round[m++] = list[i];
    return m;
}

/* Delete a round. Returns the next: what nothing lies below any more. False: `*e`. */
static bool delete_round(batch *b, children *c, item **round, size_t *n, error *e)
{
    size_t m = *n;
    *n = 0;
    if (!batch_write_items(b, round, m, e))
        return false;
    for (size_t i = 0; i < m; i++)
        round[i]->pending = false;
    for (size_t i = 0; i < m; i++) {
        bool stays = round[i]->status == RESULT_CONFLICT || round[i]->status == RESULT_FAILED;
        item *parent = stays ? NULL : forget_child(c, round[i]);
        if (parent)
            round[(*n)++] = parent; /* at most as many as were looked at */
    }
    return true;
}

/* From the lowest upwards, so that nothing is deleted whose children, for
 * whatever reason, stay. */
static bool delete_rounds(batch *b, children *c, item **list, size_t n, error *e)
{
    item **round = arena_alloc(b->arena, n * sizeof(item *));
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (list[i]->pending && list[i]->n_children == 0)
            round[m++] = list[i];
    while (m > 0 || (m = find_rings(c, list, n, round)) > 0)
        if (!delete_round(b, c, round, &m, e))
            return false;
    return true;
}

/* A document below one may be deleted by what is still to come: of a ring that is longer than
 * a batch no part can go first. */
static void settle_pending(batch *b, children *c, item **list, size_t n)
{
    note_blocked(c, list, n, false); /* by what may be another the next time */
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
    HASH_CLEAR(hh, c.table);
    return ok;
}
