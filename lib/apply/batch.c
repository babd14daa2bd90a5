#include "apply/batch.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define MAX_CHANGES 500                       /* a batch; what MongoDB takes in one breath */
#define MAX_BYTES   ((size_t)2 * 1024 * 1024) /* of their lines; five times that as trees */

typedef struct item {
    UT_hash_handle hh; /* in `table`, by `key` */
    change c;
    const char *key;      /* the text of its _id */
    const json *document; /* as it is in the store; NULL: it is not */
    json after;           /* as it shall be */
    batch_status status;
    const char *what;
    bool pending;      /* a delete that is needed and was not tried */
    size_t below;      /* what lies below it and is not deleted yet */
    const char *lower; /* the type of one of those */
} item;

/* With -n: where an asset would lie after what is planned so far. */
typedef struct moved {
    UT_hash_handle hh;
    const char *parent; /* the text of an id, or NULL: deleted */
    char key[];
} moved;

struct batch {
    store *store; /* borrowed */
    bool dry;
    arena *arena;       /* owned: the changes, and what is read for them */
    arena *last_arena;  /* owned: that of the batch before */
    arena *moved_arena; /* owned */
    moved *moved;       /* a hash table */
    item *items;        /* owned */
    size_t n, bytes;
    item *table;   /* the items at work, by the text of their _id */
    char *parent;  /* owned: a parent that is there, of this collection */
    char *indexed; /* owned: the collection whose indexes were made last */
};

batch *batch_new(store *s, bool dry)
{
    batch *b = xmalloc(sizeof *b);
    *b = (batch){.store = s,
                 .dry = dry,
                 .arena = arena_new(),
                 .last_arena = arena_new(),
                 .moved_arena = arena_new()};
    b->items = xmalloc(MAX_CHANGES * sizeof *b->items);
    return b;
}

void batch_free(batch *b)
{
    if (!b)
        return;
    HASH_CLEAR(hh, b->table);
    HASH_CLEAR(hh, b->moved);
    arena_free(b->arena);
    arena_free(b->last_arena);
    arena_free(b->moved_arena);
    free(b->items);
    free(b->indexed);
    free(b->parent);
    free(b);
}

arena *batch_arena(batch *b)
{
    if (b->n == 0)
        arena_reset(b->arena);
    return b->arena;
}

bool batch_is_empty(const batch *b)
{
    return b->n == 0;
}

static store_ns ns_of(const batch *b)
{
    return (store_ns){b->items[0].c.db, b->items[0].c.coll};
}

bool batch_is_other(const batch *b, const change *c)
{
    return b->n > 0 && (strcmp(c->db, ns_of(b).db) != 0 || strcmp(c->coll, ns_of(b).coll) != 0);
}

bool batch_add(batch *b, const change *c, size_t size)
{
    item *i = &b->items[b->n++];
    *i = (item){.c = *c};
    i->key = json_id(b->arena, c->id);
    b->bytes += size;
    return b->n == MAX_CHANGES || b->bytes >= MAX_BYTES;
}

/* ---- reading and judging ------------------------------------------------ */

static item *find(const batch *b, const json *id)
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
    item *i = find(b, json_get(document, "_id"));
    if (i) {
        json *copy = arena_alloc(b->arena, sizeof *copy);
        *copy = *document;
        i->document = copy;
    }
    return true;
}

static bool read_documents(batch *b, item *const *list, size_t n, error *e)
{
    const json **ids = arena_alloc(b->arena, n * sizeof *ids);
    for (size_t i = 0; i < n; i++) {
        ids[i] = list[i]->c.id;
        list[i]->document = NULL;
    }
    return store_get_many(b->store, ns_of(b), ids, n, b->arena, take_document, b, e);
}

static void settle(batch *b, item *i, batch_status status, const char *what)
{
    i->status = status;
    i->what = what ? arena_text(b->arena, what, strlen(what)) : NULL;
}

/* Of a type that op-diff does not see, so that planning again would not help. */
static bool is_strange(const json *document)
{
    const char *type = json_text(json_get(document, "type"));
    return !type || (strcmp(type, "project") != 0 && strcmp(type, "asset") != 0 &&
                     strcmp(type, "archived_asset") != 0);
}

static change_verdict judge(batch *b, item *i)
{
    error why;
    change_verdict verdict = change_judge(&i->c, i->document, &why);
    if (verdict == CHANGE_CONFLICT && i->document) {
        change_canonical(b->arena, &i->c);
        verdict = change_judge(&i->c, i->document, &why);
    }
    if (verdict == CHANGE_CONFLICT && i->c.op == CHANGE_INSERT && is_strange(i->document))
        settle(b, i, BATCH_FAILED, "a document of another type has this _id");
    else if (verdict == CHANGE_CONFLICT)
        settle(b, i, BATCH_CONFLICT, why.what);
    else if (verdict == CHANGE_DONE)
        settle(b, i, BATCH_UNCHANGED, NULL);
    return verdict;
}

/* ---- writing ------------------------------------------------------------ */

static void note_parent(batch *b, const char *key)
{
    free(b->parent);
    b->parent = key ? xstrdup(key) : NULL;
}

/* With -n. */
static void note_planned(batch *b, const item *i)
{
    if (i->c.op == CHANGE_INSERT) {
        const char *type = json_text(json_get(i->c.after, "type"));
        if (type && strcmp(type, "project") == 0)
            note_parent(b, i->key);
        return;
    }
    const json *parent =
        i->c.op == CHANGE_UPDATE ? json_at(&i->after, "data", "visualParent", NULL) : NULL;
    moved *m;
    HASH_FIND_STR(b->moved, i->key, m);
    if (!m) {
        size_t len = strlen(i->key) + 1;
        m = arena_alloc(b->moved_arena, sizeof *m + len);
        memcpy(m->key, i->key, len);
        HASH_ADD_STR(b->moved, key, m);
    }
    const char *key = json_id(b->arena, parent);
    m->parent = key ? arena_text(b->moved_arena, key, strlen(key)) : NULL; /* outlives the batch */
}

/* Somebody was faster, or the store found it so: look again. */
static bool judge_again(batch *b, item *const *missed, size_t n, const char *const *whats, error *e)
{
    if (n && !read_documents(b, missed, n, e))
        return false;
    for (size_t i = 0; i < n; i++)
        if (judge(b, missed[i]) == CHANGE_NEEDED)
            settle(b, missed[i], BATCH_CONFLICT,
                   whats[i][0] ? whats[i] : "the document changed while it was written");
    return true;
}

static bool make_indexes(batch *b, error *e)
{
    store_ns ns = ns_of(b);
    if (strcmp(ns.db, store_avalon(b->store)) != 0 ||
        (b->indexed && strcmp(b->indexed, ns.coll) == 0))
        return true;
    free(b->indexed);
    b->indexed = xstrdup(ns.coll);
    return store_index(b->store, ns, e);
}

static bool write_items(batch *b, item *const *list, size_t n, error *e)
{
    static const store_op ops[] = {[CHANGE_INSERT] = STORE_INSERT,
                                   [CHANGE_UPDATE] = STORE_UPDATE,
                                   [CHANGE_DELETE] = STORE_DELETE};
    store_write *writes = arena_alloc(b->arena, n * sizeof *writes);
    item **missed = arena_alloc(b->arena, n * sizeof(item *));
    const char **whats = arena_alloc(b->arena, n * sizeof *whats);
    size_t n_missed = 0;
    bool inserts = false;
    for (size_t k = 0; k < n; k++) {
        item *i = list[k];
        if (i->c.op != CHANGE_DELETE)
            i->after =
                i->c.op == CHANGE_INSERT ? *i->c.after : change_apply(b->arena, &i->c, i->document);
        inserts = inserts || i->c.op == CHANGE_INSERT;
        writes[k] = (store_write){.op = ops[i->c.op],
                                  .id = i->c.id,
                                  .before = i->document,
                                  .after = &i->after,
                                  .paths = i->c.paths,
                                  .n_paths = i->c.n_fields};
        if (b->dry) {
            settle(b, i, BATCH_PLANNED, NULL);
            note_planned(b, i);
        }
    }
    if (b->dry)
        return true;
    if (inserts && !make_indexes(b, e))
        return false;
    if (!store_write_all(b->store, ns_of(b), writes, n, b->arena, e))
        return false;
    for (size_t k = 0; k < n; k++)
        switch (writes[k].outcome) {
        case STORE_DONE: settle(b, list[k], BATCH_APPLIED, NULL); break;
        case STORE_REFUSED: settle(b, list[k], BATCH_FAILED, writes[k].what); break;
        case STORE_MISSED:
            missed[n_missed] = list[k];
            whats[n_missed++] = writes[k].what;
            break;
        }
    return judge_again(b, missed, n_missed, whats, e);
}

/* ---- deletes ------------------------------------------------------------ */

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
static bool planned_away(const batch *b, const char *key, const char *parent)
{
    moved *m;
    HASH_FIND_STR(b->moved, key, m);
    return m && (!m->parent || strcmp(m->parent, parent) != 0);
}

static bool take_child(void *context, store_ns ns, const json *document)
{
    (void)ns;
    children *c = context;
    const char *type = json_text(json_get(document, "type"));
    bool subset = type && strcmp(type, "subset") == 0;
    item *parent = find(c->batch, subset ? json_get(document, "parent")
                                         : json_at(document, "data", "visualParent", NULL));
    if (!parent)
        return true;
    const char *key = json_id(c->batch->arena, json_get(document, "_id"));
    if (planned_away(c->batch, key, parent->key))
        return true;
    parent->below++;
    if (!parent->lower || subset)
        parent->lower = subset ? "subset" : "document";
    if (subset)
        return true;
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 64;
        c->list = xrealloc(c->list, c->cap * sizeof *c->list);
    }
    c->list[c->n++] = (child){key, parent};
    return true;
}

static void child_is_gone(children *c, const item *gone)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->list[i].key, gone->key) == 0)
            c->list[i].parent->below--;
}

/* From the lowest upwards, so that nothing is deleted whose children, for
 * whatever reason, stay. */
static bool delete_rounds(batch *b, children *c, item **list, size_t n, error *e)
{
    item **round = arena_alloc(b->arena, n * sizeof(item *));
    for (;;) {
        size_t m = 0;
        for (size_t i = 0; i < n; i++)
            if (list[i]->pending && list[i]->below == 0)
                round[m++] = list[i];
        if (m == 0)
            return true;
        if (!write_items(b, round, m, e))
            return false;
        for (size_t i = 0; i < m; i++) {
            round[i]->pending = false;
            if (round[i]->status != BATCH_CONFLICT && round[i]->status != BATCH_FAILED)
                child_is_gone(c, round[i]);
        }
    }
}

static bool run_deletes(batch *b, item **list, size_t n, error *e)
{
    if (!read_documents(b, list, n, e))
        return false;
    const json **ids = arena_alloc(b->arena, n * sizeof *ids);
    size_t needed = 0;
    for (size_t i = 0; i < n; i++) {
        list[i]->pending = judge(b, list[i]) == CHANGE_NEEDED;
        if (list[i]->pending)
            ids[needed++] = list[i]->c.id;
    }
    children c = {.batch = b};
    bool ok = store_below(b->store, ns_of(b), ids, needed, b->arena, take_child, &c, e) &&
              delete_rounds(b, &c, list, n, e);
    free(c.list);
    for (size_t i = 0; ok && i < n; i++)
        if (list[i]->pending)
            settle(b, list[i], BATCH_CONFLICT,
                   strcmp(list[i]->lower, "subset") == 0 ? "something was published below it"
                                                         : "another document lies below it");
    return ok;
}

/* ---- the rest ----------------------------------------------------------- */

/* An asset whose project was dropped meanwhile: nothing could open it. What is
 * right is remembered for the next one, which has the same project nearly
 * always. */
static bool has_project(batch *b, const item *i, bool *has, error *e)
{
    const json *parent = json_get(i->c.after, "parent");
    *has = true;
    if (i->c.op != CHANGE_INSERT || json_is_null(parent) ||
        strcmp(i->c.db, store_avalon(b->store)) != 0)
        return true;
    const char *key = json_id(b->arena, parent);
    const item *insert = find(b, parent);
    if ((b->parent && strcmp(b->parent, key) == 0) || (insert && insert->c.op == CHANGE_INSERT))
        return true;
    json document;
    if (!store_get(b->store, ns_of(b), parent, b->arena, &document, has, e))
        return false;
    if (*has)
        note_parent(b, key);
    return true;
}

static bool run_writes(batch *b, item **list, size_t n, error *e)
{
    if (!read_documents(b, list, n, e))
        return false;
    item **needed = arena_alloc(b->arena, n * sizeof(item *));
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        bool has;
        if (judge(b, list[i]) != CHANGE_NEEDED)
            continue;
        if (!has_project(b, list[i], &has, e))
            return false;
        if (has)
            needed[m++] = list[i];
        else
            settle(b, list[i], BATCH_CONFLICT, "its project's document is not there");
    }
    return m == 0 || write_items(b, needed, m, e);
}

static bool run_drop(batch *b, item *i, error *e)
{
    note_parent(b, NULL);
    store_content content;
    bool ok = b->dry ? store_content_of(b->store, ns_of(b), &content, e)
                     : store_drop(b->store, ns_of(b), i->c.published, &content, e);
    if (!ok)
        return false;
    if (content == STORE_EMPTY)
        settle(b, i, BATCH_UNCHANGED, NULL);
    else if (content == STORE_PUBLISHED && !i->c.published)
        settle(b, i, BATCH_CONFLICT, "something was published in this project");
    else
        settle(b, i, b->dry ? BATCH_PLANNED : BATCH_APPLIED, NULL);
    return true;
}

/* Deletes look at what lies below, so what comes before them must be written;
 * so must one change of a document before another. Returns the end of the run
 * that begins at `first`, whose items are in `table` then. */
static size_t run_end(batch *b, size_t first)
{
    change_op op = b->items[first].c.op;
    HASH_CLEAR(hh, b->table);
    if (op == CHANGE_DROP)
        return first + 1;
    size_t i = first;
    for (; i < b->n; i++) {
        item *it = &b->items[i], *twin;
        if (it->c.op == CHANGE_DROP || (it->c.op == CHANGE_DELETE) != (op == CHANGE_DELETE))
            break;
        HASH_FIND_STR(b->table, it->key, twin);
        if (twin)
            break;
        HASH_ADD_KEYPTR(hh, b->table, it->key, strlen(it->key), it);
    }
    return i;
}

bool batch_write(batch *b, batch_fn *fn, void *context, error *e)
{
    item **list = xmalloc((b->n + 1) * sizeof(item *));
    for (size_t i = 0; i < b->n; i++)
        list[i] = &b->items[i];
    bool ok = true;
    for (size_t first = 0, end; ok && first < b->n; first = end) {
        end = run_end(b, first);
        change_op op = b->items[first].c.op;
        ok = op == CHANGE_DROP     ? run_drop(b, &b->items[first], e)
             : op == CHANGE_DELETE ? run_deletes(b, list + first, end - first, e)
                                   : run_writes(b, list + first, end - first, e);
    }
    free(list);
    for (size_t i = 0; ok && i < b->n; i++)
        fn(context, &b->items[i].c, b->items[i].status, b->items[i].what);
    HASH_CLEAR(hh, b->table);
    b->n = b->bytes = 0;
    arena *last = b->last_arena;
    b->last_arena = b->arena;
    b->arena = last;
    arena_reset(last);
    return ok;
}
