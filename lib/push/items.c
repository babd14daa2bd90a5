#include "push/items.h"

#include "base/mem.h"
#include "record/record.h"
#include "record/skipped.h"

#include <stdlib.h>
#include <string.h>

push_item *push_item_new(push_plan *p, asset *document)
{
    push_item *i = arena_alloc(p->arena, sizeof *i);
    *i = (push_item){.kind = KIND_NONE,
                     .document = document,
                     .name = document ? document->name : "",
                     .record = json_null(),
                     .fields = json_object()};
    p->items = xgrow(p->items, p->n, &p->cap, sizeof(push_item *));
    p->items[p->n++] = i;
    if (document)
        HASH_ADD_KEYPTR(hh, p->by_document, document->key, strlen(document->key), i);
    return i;
}

push_item *push_item_find(const push_plan *p, const char *key)
{
    push_item *i = NULL;
    if (key)
        HASH_FIND_STR(p->by_document, key, i);
    return i;
}

push_item *push_item_parent_of(const push_plan *p, const push_item *i)
{
    return push_item_find(p, i->document->parent_key);
}

push_item *push_item_container(const push_plan *p, const push_item *i)
{
    push_item *above = push_item_parent_of(p, i);
    while (above && above->is_folder)
        above = push_item_parent_of(p, above);
    return above;
}

push_item *push_item_ancestor(const push_plan *p, const push_item *i, kind k)
{
    push_item *ancestor = push_item_parent_of(p, i);
    for (size_t steps = 0; ancestor && steps <= p->n; steps++) {
        if (ancestor->kind == k)
            return ancestor;
        ancestor = push_item_parent_of(p, ancestor);
    }
    return NULL;
}

void push_item_take_entity(push_item *i, const entity *e)
{
    i->id = e->id;
    i->record = e->record;
    i->ignored = e->state == ENTITY_GONE;
}

/* ---- skipping ------------------------------------------------------------- */

void push_item_note(push_plan *p, const push_item *i, const char *code, const char *why)
{
    arena *a = p->arena;
    json what = record_entity(a, i->kind == KIND_NONE ? "Document" : kind_name(i->kind),
                              i->document->key, i->document->name);
    json_push(a, &p->skipped, skipped_make(a, what, p->kitsu->production->id, code, why));
}

void push_item_skip(push_plan *p, push_item *i, const char *code, const char *why)
{
    i->skip_code = code;
    push_item_note(p, i, code, why);
}

/* ---- ancestors ------------------------------------------------------------ */

static bool was_linked(const push_item *i)
{
    return i->document && !i->parent && i->id && !json_is_null(&i->record);
}

/* Add the ancestors of an entity, as Kitsu has them. */
static void add_kitsu_ancestors(const push_plan *p, const char *id, json *out)
{
    const entity *e = production_find(p->kitsu->production, id);
    const char *names[KIND_ENTITIES];
    size_t n = 0;
    for (e = e ? e->parent : NULL; e && n < KIND_ENTITIES; e = e->parent)
        names[n++] = e->name;
    while (n-- > 0)
        json_push(p->arena, out, json_string(p->arena, names[n]));
}

/* Planned ones by the plan; of the first one that was linked before, Kitsu's. */
json push_item_ancestors(const push_plan *p, const push_item *i)
{
    json out = json_array();
    const push_item *chain[KIND_ENTITIES];
    size_t n = 0;
    const push_item *top = i;
    for (; top->parent && n < KIND_ENTITIES; top = top->parent)
        chain[n++] = top->parent;
    if (was_linked(top))
        add_kitsu_ancestors(p, top->id, &out);
    while (n-- > 0)
        json_push(p->arena, &out, json_string(p->arena, chain[n]->name));
    return out;
}

/* ---- names ---------------------------------------------------------------- */

const char *push_small_letters(arena *a, const char *name)
{
    char *letters = arena_text(a, name, strlen(name));
    for (char *c = letters; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    return letters;
}

/* ---- order ---------------------------------------------------------------- */

static int by_kind_and_name(const void *x, const void *y)
{
    const push_item *a = *(push_item *const *)x, *b = *(push_item *const *)y;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    const char *i = a->document ? a->document->name : a->name;
    const char *j = b->document ? b->document->name : b->name;
    int order = strcmp(i, j);
    if (order)
        return order;
    return strcmp(a->document ? a->document->key : "", b->document ? b->document->key : "");
}

void push_items_sort(push_plan *p)
{
    if (p->n)
        qsort(p->items, p->n, sizeof(push_item *), by_kind_and_name);
}
