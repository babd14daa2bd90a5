#include "apply/batch_deletions.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A document that lies below one that is to be deleted. */
typedef struct child {
    const char *key;
    item *parent;
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
    const char *type = json_text(json_get(document, "type"));
    bool subset = type && strcmp(type, "subset") == 0;
    item *parent = batch_find(c->batch, subset ? json_get(document, "parent")
                                               : json_at(document, "data", "visualParent", NULL));
    if (!parent)
        return true;
    const char *key = json_id(c->batch->arena, json_get(document, "_id"));
    if (is_planned_away(c->batch, key, parent->key))
        return true;
    parent->n_children++;
    if (!parent->child_type || subset)
        parent->child_type = subset ? "subset" : "document";
    if (subset)
        return true;
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 64;
        c->list = xrealloc(c->list, c->cap * sizeof *c->list);
    }
    c->list[c->n++] = (child){key, parent};
    return true;
}

static void forget_child(children *c, const item *deleted)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->list[i].key, deleted->key) == 0)
            c->list[i].parent->n_children--;
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
        if (m == 0)
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
    free(c.list);
    for (size_t i = 0; ok && i < n; i++)
        if (list[i]->pending)
            item_settle(b, list[i], RESULT_CONFLICT,
                        strcmp(list[i]->child_type, "subset") == 0
                            ? "something was published below it"
                            : "another document lies below it");
    return ok;
}
