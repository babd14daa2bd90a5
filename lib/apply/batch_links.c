#include "apply/batch_links.h"

#include "store/state_linked.h"

#include <string.h>

static const char *linked_id(const json *document)
{
    return json_text(json_at(document, "data", "zou", "id", NULL));
}

/* An `unchanged` one, too: it may have been written by a program that was killed before it
 * remembered that. */
static bool is_done(const item *i)
{
    return i->status == RESULT_APPLIED || i->status == RESULT_UNCHANGED;
}

/* The id that the document had before an item, and has now; NULL: none. */
static void ids_of(const item *i, const char **before, const char **now)
{
    bool applied = i->status == RESULT_APPLIED, deletes = i->c.op == CHANGE_DELETE;
    const json *old = i->document ? i->document : i->c.before;
    *before = i->c.op == CHANGE_INSERT ? NULL : linked_id(applied || deletes ? old : i->c.before);
    *now = deletes ? NULL : linked_id(applied ? &i->after : i->document);
}

bool batch_links_remember(batch *b, error *e)
{
    const char **linked = arena_alloc(b->arena, (b->n + 1) * sizeof *linked);
    const char **unlinked = arena_alloc(b->arena, (b->n + 1) * sizeof *unlinked);
    size_t n_linked = 0, n_unlinked = 0;
    if (b->dry || strcmp(batch_ns(b).db, store_avalon(b->store)) != 0)
        return true;
    for (size_t k = 0; k < b->n; k++) {
        const char *before, *now;
        if (b->items[k].c.op == CHANGE_DROP || !is_done(&b->items[k]))
            continue;
        ids_of(&b->items[k], &before, &now);
        if (before && now && strcmp(before, now) == 0)
            continue;
        if (now)
            linked[n_linked++] = now;
        if (before)
            unlinked[n_unlinked++] = before;
    }
    return n_linked + n_unlinked == 0 ||
           state_linked_change(b->store, batch_ns(b).coll, (store_texts){linked, n_linked},
                               (store_texts){unlinked, n_unlinked}, b->arena, e);
}
