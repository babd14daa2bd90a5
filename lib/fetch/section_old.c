#include "fetch/section_old.h"

#include "base/limits.h"
#include "base/mem.h"
#include "fetch/section_store.h"
#include "model/names.h"

#include <stdlib.h>
#include <string.h>

/* A document with the name of a new entity, or one above such a document. The texts are in
 * the run's arena. */
typedef struct old_document {
    const char *key, *name; /* its `_id` and name */
    json up_id;             /* the `_id` of its visual parent, or null */
    const char *up;         /* as a text, or NULL */
    const char *zou_id;     /* data.zou.id, or NULL: not linked to Kitsu */
    const char *own_name;   /* data.zou.name as a document can have it, or NULL */
    kind kind;              /* of data.zou.type */
    UT_hash_handle hh;      /* by key */
} old_document;

/* An entity without a document. Of one that was skipped, and that has another name or place
 * now or is no longer there, also what it was: an old document is no longer kept for it. */
typedef struct new_entity {
    const section_item *item;
    kind kind;
    const char *name, *own_name; /* Kitsu's, and as of an old_document */
    const char *parent_id;       /* of an asset, its type's; NULL: none */
} new_entity;

/* `values` or `ids` are what the store is asked for next. */
typedef struct search {
    section_run *run;
    old_document *documents; /* hash table */
    new_entity *entities;    /* in the run's arena */
    size_t n;
    idset *asked;        /* owned: the names and `_id`s that the store was asked for */
    const char **values; /* owned list, borrowed texts */
    const json **ids;    /* owned list, borrowed */
    size_t n_values, cap_values, n_ids, cap_ids;
} search;

/* ---- reading the store ---------------------------------------------------------- */

static const char *copy(arena *a, const char *text)
{
    return text ? arena_text(a, text, strlen(text)) : NULL;
}

/* Kitsu's name as a document can have it; whether names are converted, op-diff knows. */
static const char *own_name_of(arena *a, const char *name)
{
    const char *usable = name ? name_usable(a, name, false, true) : NULL;
    return copy(a, usable ? usable : name);
}

static bool take_document(void *context, store_ns ns, const json *document)
{
    search *s = context;
    arena *a = s->run->arena;
    (void)ns;
    const json *data = json_get(document, "data"), *link = json_get(data, "zou");
    const json *up = json_get(data, "visualParent");
    const char *key = json_id(a, json_get(document, "_id"));
    old_document *d = NULL;
    HASH_FIND_STR(s->documents, key ? key : "", d);
    if (!key || d)
        return true;
    d = arena_alloc(a, sizeof *d);
    *d = (old_document){.key = copy(a, key),
                        .name = copy(a, json_text(json_get(document, "name"))),
                        .up_id = up ? json_copy(a, up) : json_null(),
                        .zou_id = copy(a, json_text(json_get(link, "id"))),
                        .own_name = own_name_of(a, json_text(json_get(link, "name"))),
                        .kind = kind_of(json_text(json_get(link, "type")))};
    d->up = json_id(a, &d->up_id);
    HASH_ADD_KEYPTR(hh, s->documents, d->key, strlen(d->key), d);
    return true;
}

static bool is_new_question(search *s, char key, const char *value)
{
    const char *text = arena_printf(s->run->arena, "%c%s", key, value);
    return idset_add(s->asked, text, strlen(text));
}

static void want(search *s, store_key key, const char *value)
{
    if (!value || !is_new_question(s, (char)('0' + key), value))
        return;
    s->values = xgrow(s->values, s->n_values, &s->cap_values, sizeof *s->values);
    s->values[s->n_values++] = value;
}

static void want_id(search *s, const char *key, const json *id)
{
    if (!is_new_question(s, 'i', key))
        return;
    s->ids = xgrow(s->ids, s->n_ids, &s->cap_ids, sizeof *s->ids);
    s->ids[s->n_ids++] = id;
}

/* Ask for what is wanted. `*more` if there was anything. */
static bool ask(search *s, store_key key, bool *more)
{
    section_run *r = s->run;
    arena *a = arena_new();
    const store_sink sink = {a, take_document, s};
    bool ok = true;
    *more |= s->n_values || s->n_ids;
    if (s->n_values)
        ok = store_find(r->store, r->ns, (store_query){key, s->values, s->n_values}, &sink, r->e);
    if (ok && s->n_ids)
        ok = store_get_many(r->store, r->ns, (store_ids){s->ids, s->n_ids}, &sink, r->e);
    s->n_values = s->n_ids = 0;
    arena_free(a);
    return ok || section_run_store_failed(r);
}

static old_document *find(const search *s, const char *key)
{
    old_document *d = NULL;
    if (key)
        HASH_FIND_STR(s->documents, key, d);
    return d;
}

/* ---- places ------------------------------------------------------------------------ */

/* What an entity's document will lie below; NULL: the root of its kind. A substitute for a
 * sequence that OpenPype does not have has no document. */
static const section_item *parent_of(const search *s, const new_entity *e)
{
    const section_items *items = &s->run->items;
    const section_item *up = section_items_find(items, e->parent_id);
    if (e->kind == KIND_SHOT && up && up->record && up->record->is_substitute)
        up = section_items_find(items, up->record->parent_id);
    return up;
}

/* The document above that is linked to Kitsu, whatever folders of the studio's lie between
 * (model/location.h); NULL: there is none. `*unread`: the one that has to be read to tell. */
static const old_document *anchor_of(const search *s, const old_document *d,
                                     const old_document **unread)
{
    *unread = NULL;
    for (size_t i = 0; d->up && i < MAX_NESTED; i++) {
        const old_document *up = find(s, d->up);
        if (!up)
            *unread = d;
        if (!up || up->zou_id)
            return up;
        d = up;
    }
    return NULL;
}

static bool is_match(const search *s, const old_document *d, const new_entity *e);

static bool is_at_place(const search *s, const old_document *d, const new_entity *e)
{
    const section_item *up = parent_of(s, e);
    const old_document *unread, *anchor = anchor_of(s, d, &unread);
    if (!up)
        return !anchor;
    if (up->several) /* any of them may be its own */
        return true;
    if (up->document)
        return anchor && strcmp(anchor->key, up->document) == 0;
    if (e->kind == KIND_ASSET) /* a new type: there are few of the name */
        return true;
    for (size_t k = 0; anchor && k < s->n; k++) /* made again itself? */
        if (s->entities[k].item == up && s->entities[k].kind < e->kind &&
            is_match(s, anchor, &s->entities[k]))
            return true;
    return false;
}

static bool has_name(const old_document *d, const new_entity *e)
{
    return d->zou_id && d->own_name && d->kind == e->kind && strcmp(d->own_name, e->own_name) == 0;
}

static bool is_match(const search *s, const old_document *d, const new_entity *e)
{
    return has_name(d, e) && is_at_place(s, d, e);
}

/* ---- what has to be read -------------------------------------------------------------- */

/* The name of a document below one of this name, or of one right below the root. */
static const char *name_below(const search *s, const char *name, const char *own_name)
{
    return name ? arena_printf(s->run->arena, "%s_%s", name, own_name) : own_name;
}

/* The names that documents of the entity may have, by those of what they lie below. */
static void want_names(search *s, const new_entity *e)
{
    const section_item *up = parent_of(s, e);
    want(s, STORE_NAME, e->own_name);
    if (!up || (e->kind != KIND_SEQUENCE && e->kind != KIND_SHOT))
        return;
    if (up->document_name)
        want(s, STORE_NAME, name_below(s, up->document_name, e->own_name));
    for (size_t k = 0; k < s->n; k++)
        for (const old_document *d = s->documents; d && s->entities[k].item == up; d = d->hh.next)
            if (has_name(d, &s->entities[k]))
                want(s, STORE_NAME, name_below(s, d->name, e->own_name));
}

/* The next document above each with a name that matters. */
static void want_folders(search *s)
{
    for (const old_document *d = s->documents; d; d = d->hh.next) {
        bool matters = false;
        for (size_t k = 0; k < s->n && !matters; k++)
            matters = has_name(d, &s->entities[k]);
        const old_document *below;
        if (matters && !anchor_of(s, d, &below) && below)
            want_id(s, below->up, &below->up_id);
    }
}

static bool read_documents(search *s)
{
    bool more = true;
    for (size_t k = 0; k < s->n; k++)
        want(s, STORE_ZOU_NAME, s->entities[k].name);
    if (!ask(s, STORE_ZOU_NAME, &more))
        return false;
    while (more) {
        more = false;
        for (size_t k = 0; k < s->n; k++)
            want_names(s, &s->entities[k]);
        want_folders(s);
        if (!ask(s, STORE_NAME, &more))
            return false;
    }
    return true;
}

/* ---- all of it -------------------------------------------------------------------------- */

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void add_entity(search *s, const section_item *i, const char *name, const char *parent_id)
{
    s->entities[s->n++] = (new_entity){.item = i,
                                       .kind = section_item_kind(i),
                                       .name = name,
                                       .own_name = own_name_of(s->run->arena, name),
                                       .parent_id = parent_id};
}

static bool list_entities(search *s)
{
    section_run *r = s->run;
    size_t cap = 2 * (size_t)HASH_COUNT(r->items.table) + 1;
    s->entities = arena_alloc(r->arena, cap * sizeof *s->entities);
    for (const section_item *i = r->items.table; i; i = i->hh.next) {
        kind k = section_item_kind(i);
        if (i->stored || k == KIND_NONE || k == KIND_ASSET_TYPE)
            continue;
        const char *name = i->record ? i->record->element.name : NULL;
        const char *parent_id = !i->record        ? NULL
                                : k == KIND_ASSET ? i->record->entity_type_id
                                                  : i->record->parent_id;
        if (name)
            add_entity(s, i, name, parent_id);
        if (i->skipped_name &&
            !(is_same(name, i->skipped_name) && is_same(parent_id, i->skipped_parent_id)))
            add_entity(s, i, i->skipped_name, i->skipped_parent_id);
    }
    for (size_t k = 0; k < s->n; k++)
        if (s->entities[k].parent_id)
            section_items_add(&r->items, s->entities[k].parent_id, KIND_NONE);
    return section_store_look_up(r);
}

bool section_old_find(section_run *r, section_old_fn *found, void *context)
{
    search s = {.run = r, .asked = idset_new()};
    bool ok = list_entities(&s) && (s.n == 0 || read_documents(&s));
    for (const old_document *d = s.documents; ok && d; d = d->hh.next)
        for (size_t k = 0; k < s.n; k++)
            if (is_match(&s, d, &s.entities[k])) {
                found(context, d->zou_id, d->kind);
                break;
            }
    HASH_CLEAR(hh, s.documents);
    idset_free(s.asked);
    free(s.values);
    free(s.ids);
    return ok;
}
