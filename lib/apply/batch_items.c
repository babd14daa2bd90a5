#include "apply/batch_items.h"

#include "apply/canonical.h"
#include "base/mem.h"
#include "store/state.h"

#include <stdlib.h>
#include <string.h>

store_ns batch_ns(const batch *b)
{
    return (store_ns){b->items[0].c.db, b->items[0].c.coll};
}

/* ---- reading and judging ------------------------------------------------ */

item *batch_find(const batch *b, const json *id)
{
    item *i = NULL;
    const char *key = json_id(b->arena, id);
    if (key)
        HASH_FIND_STR(b->table, key, i);
    return i;
}

static bool take_document(void *context, store_ns ns, const json *document)
{
    (void)ns;
    batch *b = context;
    item *i = batch_find(b, json_get(document, "_id"));
    if (i) {
        json *copy = arena_alloc(b->arena, sizeof *copy);
        *copy = *document;
        i->document = copy;
    }
    return true;
}

bool batch_read(batch *b, item *const *list, size_t n, error *e)
{
    const json **ids = arena_alloc(b->arena, n * sizeof *ids);
    for (size_t i = 0; i < n; i++) {
        ids[i] = list[i]->c.id;
        list[i]->document = NULL;
    }
    return store_get_many(b->store, batch_ns(b), (store_ids){ids, n},
                          &(store_sink){b->arena, take_document, b}, e);
}

void item_settle(batch *b, item *i, result_status status, const char *what)
{
    i->status = status;
    i->what = what ? arena_text(b->arena, what, strlen(what)) : NULL;
    if (status != RESULT_FAILED || !i->key)
        return;
    idset_add_text(b->refused, i->key);
    if (i->c.op == CHANGE_INSERT)
        idset_add_text(b->absent, i->key);
}

bool batch_is_refused(const batch *b, const char *key)
{
    return idset_has_text(b->refused, key);
}

bool batch_is_absent(const batch *b, const char *key)
{
    return idset_has_text(b->absent, key);
}

/* Of a type that op-diff does not see, so that planning again would not help. */
static bool is_unknown_type(const json *document)
{
    const char *type = json_text(json_get(document, "type"));
    return !type || (strcmp(type, "project") != 0 && strcmp(type, "asset") != 0 &&
                     strcmp(type, "archived_asset") != 0);
}

change_verdict item_judge(batch *b, item *i)
{
    error why;
    change_verdict verdict = change_judge(&i->c, i->document, &why);
    if (verdict == CHANGE_CONFLICT && i->document) {
        change_canonical(b->arena, &i->c);
        verdict = change_judge(&i->c, i->document, &why);
    }
    if (verdict == CHANGE_CONFLICT && i->c.op == CHANGE_INSERT && is_unknown_type(i->document))
        item_settle(b, i, RESULT_FAILED, "a document of another type has this _id");
    else if (verdict == CHANGE_CONFLICT)
        item_settle(b, i, RESULT_CONFLICT, why.what);
    else if (verdict == CHANGE_DONE)
        item_settle(b, i, RESULT_UNCHANGED, NULL);
    return verdict;
}

/* ---- writing ------------------------------------------------------------ */

void batch_note_project(batch *b, const char *key)
{
    free(b->project);
    b->project = key ? xstrdup(key) : NULL;
}

/* With -n. */
static void note_planned(batch *b, const item *i)
{
    if (i->c.op == CHANGE_INSERT) {
        const char *type = json_text(json_get(i->c.after, "type"));
        if (type && strcmp(type, "project") == 0)
            batch_note_project(b, i->key);
        return;
    }
    const json *parent =
        i->c.op == CHANGE_UPDATE ? json_at(&i->after, "data", "visualParent", NULL) : NULL;
    planned_parent *m;
    HASH_FIND_STR(b->planned, i->key, m);
    if (!m) {
        size_t len = strlen(i->key) + 1;
        m = arena_alloc(b->planned_arena, sizeof *m + len);
        memcpy(m->key, i->key, len);
        HASH_ADD_STR(b->planned, key, m);
    }
    const char *key = json_id(b->arena, parent);
    m->parent =
        key ? arena_text(b->planned_arena, key, strlen(key)) : NULL; /* outlives the batch */
}

static bool make_indexes(batch *b, error *e)
{
    static const char *const type = "type";
    store_ns ns = batch_ns(b);
    if (strcmp(ns.db, store_avalon(b->store)) != 0 ||
        (b->indexed && strcmp(b->indexed, ns.coll) == 0))
        return true;
    if (!b->indexed && !store_index(b->store, state_ns(b->store), (store_texts){&type, 1}, e))
        return false;
    free(b->indexed);
    b->indexed = xstrdup(ns.coll);
    return store_index(b->store, ns, (store_texts){0}, e);
}

static store_write write_of(batch *b, item *i)
{
    static const store_op ops[] = {[CHANGE_INSERT] = STORE_INSERT,
                                   [CHANGE_UPDATE] = STORE_UPDATE,
                                   [CHANGE_DELETE] = STORE_DELETE};
    if (i->c.op == CHANGE_INSERT)
        i->after = *i->c.after;
    else if (i->c.op == CHANGE_UPDATE)
        i->after = change_apply(b->arena, &i->c, i->document);
    return (store_write){.op = ops[i->c.op],
                         .id = i->c.id,
                         .before = i->document,
                         .after = &i->after,
                         .paths = i->c.paths,
                         .n_paths = i->c.n_fields};
}

/* With -n: all of them would be applied. */
static void plan_items(batch *b, item *const *list, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        item_settle(b, list[k], RESULT_PLANNED, NULL);
        note_planned(b, list[k]);
    }
}

/* Settle what was written or refused. Returns how many were missed: they are in `missed`. */
static size_t settle_written(batch *b, item *const *list, const store_write *writes, size_t n,
                             item **missed)
{
    size_t n_missed = 0;
    for (size_t k = 0; k < n; k++)
        switch (writes[k].outcome) {
        case STORE_DONE: item_settle(b, list[k], RESULT_APPLIED, NULL); break;
        case STORE_REFUSED: item_settle(b, list[k], RESULT_FAILED, writes[k].what); break;
        case STORE_MISSED: missed[n_missed++] = list[k]; break;
        }
    return n_missed;
}

/* Another writer was faster: look again. Returns how many are needed still, and are what the
 * plan was made from. */
static bool judge_again(batch *b, item **missed, size_t *n, error *e)
{
    size_t needed = 0;
    if (*n && !batch_read(b, missed, *n, e))
        return false;
    for (size_t i = 0; i < *n; i++)
        if (item_judge(b, missed[i]) == CHANGE_NEEDED)
            missed[needed++] = missed[i];
    *n = needed;
    return true;
}

/* Write those of the list that are needed; those that the store missed are left in it. */
static bool write_once(batch *b, item **list, size_t *n, error *e)
{
    store_write *writes = arena_alloc(b->arena, *n * sizeof *writes);
    for (size_t k = 0; k < *n; k++)
        writes[k] = write_of(b, list[k]);
    if (!store_write_all(b->store, batch_ns(b), writes, *n, b->arena, e))
        return false;
    *n = settle_written(b, list, writes, *n, list);
    return judge_again(b, list, n, e);
}

bool batch_write_items(batch *b, item *const *list, size_t n, error *e)
{
    bool inserts = false;
    item **needed = arena_alloc(b->arena, n * sizeof(item *));
    for (size_t k = 0; k < n; k++) {
        needed[k] = list[k];
        inserts = inserts || list[k]->c.op == CHANGE_INSERT;
        if (b->dry)
            write_of(b, list[k]); /* its document, as it should be */
    }
    if (b->dry) {
        plan_items(b, list, n);
        return true;
    }
    if (inserts && !make_indexes(b, e))
        return false;
    /* What the store misses though it is what the plan was made from may have changed to and
     * fro. The second time it is one that the store cannot tell, and never will. */
    if (!write_once(b, needed, &n, e) || (n > 0 && !write_once(b, needed, &n, e)))
        return false;
    for (size_t k = 0; k < n; k++)
        item_settle(b, needed[k], RESULT_FAILED,
                    "the store does not find the document as it is, or not its place");
    return true;
}
