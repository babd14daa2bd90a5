#include "fetch/section_again.h"

#include "base/mem.h"
#include "fetch/section_entities.h"
#include "fetch/section_store.h"

#include <stdlib.h>
#include <string.h>

/* A document with the old name of an entity that is new. The texts are in the run's arena. */
typedef struct old_document {
    const char *id, *name, *key, *place; /* place: the `_id` of its visual parent, or NULL */
    const char *parent_id;               /* data.zou.parent_id, or NULL */
    kind kind;
    const section_item *again; /* the new entity that may be it, once found */
} old_document;

typedef struct search {
    section_run *run;
    old_document *items; /* owned */
    size_t n, cap;
} search;

/* ---- made again --------------------------------------------------------------- */

static bool is_new(const section_item *i)
{
    return i->record && !i->stored && !i->record->canceled && i->record->kind != KIND_NONE &&
           i->record->element.name;
}

static const char *copy(arena *a, const char *text)
{
    return text ? arena_text(a, text, strlen(text)) : NULL;
}

static bool take_document(void *context, store_ns ns, const json *document)
{
    search *s = context;
    arena *a = s->run->arena;
    (void)ns;
    const json *data = json_get(document, "data"), *link = json_get(data, "zou");
    const char *id = json_text(json_get(link, "id")), *name = json_text(json_get(link, "name"));
    if (!id || !name)
        return true;
    s->items = xgrow(s->items, s->n, &s->cap, sizeof *s->items);
    s->items[s->n++] = (old_document){.id = copy(a, id),
                                      .name = copy(a, name),
                                      .key = copy(a, json_id(a, json_get(document, "_id"))),
                                      .place = copy(a, json_id(a, json_get(data, "visualParent"))),
                                      .parent_id = copy(a, json_text(json_get(link, "parent_id"))),
                                      .kind = kind_of(json_text(json_get(link, "type")))};
    return true;
}

/* Read the documents with the names of the new entities. */
static bool find_documents(search *s)
{
    section_run *r = s->run;
    const char **names = arena_alloc(r->arena, (HASH_COUNT(r->items.table) + 1) * sizeof *names);
    size_t n = 0;
    for (const section_item *i = r->items.table; i; i = i->hh.next)
        if (is_new(i))
            names[n++] = i->record->element.name;
    if (n == 0)
        return true;
    arena *a = arena_new();
    bool ok = store_find(r->store, r->ns, (store_query){STORE_ZOU_NAME, names, n},
                         &(store_sink){a, take_document, s}, r->e);
    arena_free(a);
    return ok || section_run_store_failed(r);
}

/* Whether a document is where the new entity's would be. Its parent may be new itself, and
 * made again. */
static bool is_at_place(const search *s, const old_document *d, const section_item *i)
{
    const char *parent_id =
        i->record->kind == KIND_ASSET ? i->record->entity_type_id : i->record->parent_id;
    if (!parent_id)
        return !d->parent_id;
    const section_item *parent = section_items_find(&s->run->items, parent_id);
    if (parent && parent->several) /* any of them may be its own */
        return true;
    if (parent && parent->document)
        return d->place && strcmp(d->place, parent->document) == 0;
    if (i->record->kind == KIND_ASSET) /* a new type: there are few of the name */
        return true;
    for (size_t k = 0; parent && d->place && k < s->n; k++)
        if (s->items[k].again == parent && s->items[k].key &&
            strcmp(s->items[k].key, d->place) == 0)
            return true;
    return false;
}

static void match(search *s, const section_item *i)
{
    for (size_t k = 0; k < s->n; k++) {
        old_document *d = &s->items[k];
        if (d->kind == i->record->kind && strcmp(d->name, i->record->element.name) == 0 &&
            is_at_place(s, d, i))
            d->again = i;
    }
}

static void match_all(search *s)
{
    for (int k = KIND_EPISODE; k < KIND_ENTITIES; k++) /* parents first */
        for (const section_item *i = s->run->items.table; i; i = i->hh.next)
            if (is_new(i) && i->record->kind == (kind)k)
                match(s, i);
}

static bool doubt(section_run *r, const char *id, kind k)
{
    section_item *i = section_items_add(&r->items, id, k);
    bool more = !i->record && !i->doubtful && !i->elsewhere;
    i->doubtful = true;
    i->wanted = true;
    return more;
}

static bool find_again(section_run *r, bool *more)
{
    search s = {.run = r};
    bool ok = find_documents(&s);
    if (ok)
        match_all(&s);
    for (size_t k = 0; ok && k < s.n; k++)
        if (s.items[k].again)
            *more |= doubt(r, s.items[k].id, s.items[k].kind);
    free(s.items);
    return ok;
}

/* ---- above what is deleted ----------------------------------------------------- */

static bool may_be_deleted(const section_item *i)
{
    return i->wanted && !i->record && i->stored && i->stored_parent_id;
}

static bool find_above(section_run *r, bool *more)
{
    size_t n;
    const char **ids = section_items_select(&r->items, may_be_deleted, &n);
    for (size_t k = 0; k < n; k++)
        section_items_add(&r->items, section_items_find(&r->items, ids[k])->stored_parent_id,
                          KIND_NONE);
    if (!section_store_look_up(r))
        return false;
    for (size_t k = 0; k < n; k++) {
        const section_item *i = section_items_find(&r->items, ids[k]);
        const section_item *up = section_items_find(&r->items, i->stored_parent_id);
        if (up->stored && !up->live)
            *more |= doubt(r, up->id, KIND_NONE);
    }
    return true;
}

/* ---- all of them ------------------------------------------------------------------ */

bool section_again_find(section_run *r)
{
    bool more = true;
    while (more) {
        more = false;
        if (r->records->project.partial)
            return true;
        if (!find_again(r, &more) || !find_above(r, &more) || (more && !section_entities_read(r)))
            return false;
    }
    return true;
}
