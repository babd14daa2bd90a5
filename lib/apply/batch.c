#include "apply/batch.h"

#include "apply/batch_deletions.h"
#include "apply/batch_links.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CHANGES 500                       /* a batch; as many as MongoDB takes at a time */
#define MAX_BYTES   ((size_t)2 * 1024 * 1024) /* of their lines; five times that as trees */

#define PROJECT_REFUSED "its project's document was refused"

batch *batch_new(store *s, bool dry)
{
    batch *b = xmalloc(sizeof *b);
    *b = (batch){.store = s,
                 .dry = dry,
                 .arena = arena_new(),
                 .planned_arena = arena_new(),
                 .deferred_arena = arena_new(),
                 .refused = idset_new(),
                 .absent = idset_new()};
    b->items = xmalloc(MAX_CHANGES * sizeof *b->items);
    return b;
}

void batch_free(batch *b)
{
    if (!b)
        return;
    HASH_CLEAR(hh, b->table);
    HASH_CLEAR(hh, b->planned);
    arena_free(b->arena);
    arena_free(b->planned_arena);
    arena_free(b->deferred_arena);
    free(b->deferred);
    free(b->items);
    free(b->indexed);
    free(b->project);
    idset_free(b->refused);
    idset_free(b->absent);
    free(b);
}

void batch_forget(batch *b)
{
    idset_clear(b->refused);
    idset_clear(b->absent);
}

bool batch_is_empty(const batch *b)
{
    return b->n == 0;
}

bool batch_is_done(const batch *b)
{
    return b->n == 0 && b->n_deferred == 0;
}

static bool has_delete_of(const item *items, size_t n, const json *id)
{
    for (size_t i = 0; i < n && items; i++) /* NULL as long as there are none */
        if (items[i].c.op == CHANGE_DELETE && json_equal(items[i].c.id, id, NULL))
            return true;
    return false;
}

bool batch_must_end(const batch *b, const change *c)
{
    const change *held = b->n ? &b->items[0].c : b->n_deferred ? &b->deferred[0].c : NULL;
    bool other = held && (strcmp(c->db, held->db) != 0 || strcmp(c->coll, held->coll) != 0);
    /* the delete may have to wait, and would come after what is to be done after it */
    return other || ((c->op == CHANGE_INSERT || c->op == CHANGE_UPDATE) &&
                     (has_delete_of(b->items, b->n, c->id) ||
                      has_delete_of(b->deferred, b->n_deferred, c->id)));
}

static item new_item(arena *a, const change *c)
{
    item i = {.c = change_copy(a, c)};
    i.key = json_id(a, i.c.id);
    return i;
}

bool batch_add(batch *b, const change *c, size_t size)
{
    b->items[b->n++] = new_item(b->arena, c);
    b->bytes += size;
    return b->n == MAX_CHANGES || b->bytes >= MAX_BYTES;
}

/* An asset whose project was dropped meanwhile: nothing could open it. What is
 * right is remembered for the next one, which has the same project nearly
 * always. */
static bool has_project_document(batch *b, const item *i, bool *has, error *e)
{
    const json *parent = json_get(i->c.after, "parent");
    *has = true;
    if (i->c.op != CHANGE_INSERT || json_is_null(parent) ||
        strcmp(i->c.db, store_avalon(b->store)) != 0)
        return true;
    const char *key = json_id(b->arena, parent);
    const item *insert = batch_find(b, parent);
    if ((b->project && strcmp(b->project, key) == 0) || (insert && insert->c.op == CHANGE_INSERT))
        return true;
    json document;
    if (!store_get(b->store, batch_ns(b), parent, b->arena, &document, has, e))
        return false;
    if (*has)
        batch_note_project(b, key);
    return true;
}

static const char *new_parent(batch *b, const change *c)
{
    if (c->op == CHANGE_INSERT)
        return json_id(b->arena, json_at(c->after, "data", "visualParent", NULL));
    for (size_t i = 0; i < c->n_fields; i++)
        if (strcmp(c->fields[i].path, "data.visualParent") == 0)
            return json_id(b->arena, c->fields[i].value);
    return NULL;
}

/* The key of the project's document; NULL: of no insert, or of that document itself. */
static const char *project_of(batch *b, const change *c)
{
    return c->op == CHANGE_INSERT ? json_id(b->arena, json_get(c->after, "parent")) : NULL;
}

/* Whether a document is still to be inserted. */
static bool is_to_come(const batch *b, const item *i, const char *key)
{
    const item *up = NULL;
    if (key)
        HASH_FIND_STR(b->table, key, up);
    return up && up != i && up->pending && up->c.op == CHANGE_INSERT;
}

static void refuse(batch *b, item *i, const char *what)
{
    item_settle(b, i, RESULT_FAILED, what);
    i->pending = false;
}

/* Split the list into those of this round, which are returned, and those that wait, whose
 * number is `*n` then. What would lie below a document that was not inserted fails. */
static size_t next_round(batch *b, item **list, size_t *n, item **round)
{
    size_t m = 0, left = 0;
    for (size_t i = 0; i < *n; i++)
        if (batch_is_absent(b, list[i]->project))
            refuse(b, list[i], PROJECT_REFUSED);
        else if (batch_is_absent(b, list[i]->parent))
            refuse(b, list[i], "the document that it would lie below was refused");
        else if (is_to_come(b, list[i], list[i]->project) ||
                 is_to_come(b, list[i], list[i]->parent))
            list[left++] = list[i];
        else
            round[m++] = list[i];
    if (m == 0 && left == *n) { /* below each other, in a ring */
        memcpy(round, list, left * sizeof(item *));
        m = left;
        left = 0;
    }
    *n = left;
    return m;
}

/* Parents first, as they may be refused. */
static bool write_rounds(batch *b, item **list, size_t n, error *e)
{
    item **round = arena_alloc(b->arena, n * sizeof(item *));
    for (size_t i = 0; i < n; i++) {
        list[i]->pending = true;
        list[i]->project = project_of(b, &list[i]->c);
        list[i]->parent = new_parent(b, &list[i]->c);
    }
    while (n > 0) {
        size_t m = next_round(b, list, &n, round);
        if (m > 0 && !batch_write_items(b, round, m, e))
            return false;
        for (size_t i = 0; i < m; i++)
            round[i]->pending = false;
    }
    return true;
}

static bool write_run(batch *b, item **list, size_t n, error *e)
{
    if (!batch_read(b, list, n, e))
        return false;
    item **needed = arena_alloc(b->arena, n * sizeof(item *));
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        bool has;
        if (item_judge(b, list[i]) != CHANGE_NEEDED)
            continue;
        if (!has_project_document(b, list[i], &has, e))
            return false;
        if (has)
            needed[m++] = list[i];
        else if (batch_is_refused(b, json_id(b->arena, json_get(list[i]->c.after, "parent"))))
            item_settle(b, list[i], RESULT_FAILED, PROJECT_REFUSED);
        else
            item_settle(b, list[i], RESULT_CONFLICT, "its project's document is not there");
    }
    return write_rounds(b, needed, m, e);
}

static bool drop_collection(batch *b, item *i, error *e)
{
    batch_note_project(b, NULL);
    store_content content;
    bool ok = b->dry ? store_content_of(b->store, batch_ns(b), &content, e)
                     : store_drop(b->store, batch_ns(b), i->c.published, &content, e);
    if (!ok)
        return false;
    if (content == STORE_EMPTY)
        item_settle(b, i, RESULT_UNCHANGED, NULL);
    else if (content == STORE_PUBLISHED && !i->c.published)
        item_settle(b, i, RESULT_CONFLICT, "something was published in this project");
    else
        item_settle(b, i, b->dry ? RESULT_PLANNED : RESULT_APPLIED, NULL);
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

static void defer(batch *b, const change *c)
{
    b->deferred = xgrow(b->deferred, b->n_deferred, &b->deferred_cap, sizeof *b->deferred);
    b->deferred[b->n_deferred++] = new_item(b->deferred_arena, c);
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
        ok = op == CHANGE_DROP     ? drop_collection(b, &b->items[first], e)
             : op == CHANGE_DELETE ? batch_delete(b, list + first, end - first, e)
                                   : write_run(b, list + first, end - first, e);
    }
    free(list);
    ok = ok && (b->n == 0 || batch_links_remember(b, e));
    for (size_t i = 0; ok && i < b->n; i++) {
        const item *it = &b->items[i];
        if (it->is_deferred)
            defer(b, &it->c);
        else
            fn(context, &it->c, it->document, it->status, it->what);
    }
    HASH_CLEAR(hh, b->table);
    b->n = b->bytes = 0;
    arena_reset(b->arena);
    return ok;
}

bool batch_write_rest(batch *b, batch_fn *fn, void *context, error *e)
{
    if (!batch_write(b, fn, context, e))
        return false;
    item *items = b->items;
    b->items = b->deferred;
    b->n = b->n_deferred;
    b->n_deferred = 0;
    b->is_rest = true;
    bool ok = batch_write(b, fn, context, e);
    b->is_rest = false;
    b->items = items;
    arena_reset(b->deferred_arena);
    return ok;
}
