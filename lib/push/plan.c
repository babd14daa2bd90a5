#include "push/plan.h"

#include "base/mem.h"
#include "base/msg.h"
#include "model/mapping.h"
#include "push/fields.h"
#include "push/pattern.h"
#include "push/tasks.h"
#include "record/record.h"
#include "record/skipped.h"

#include <stdlib.h>
#include <string.h>

/* numbers; how many substitutes of one name are tried. */
#define MAX_SUBSTITUTES 1000

/* ---- items ---------------------------------------------------------------- */

static push_item *new_item(push_plan *p, asset *document)
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

static push_item *item_of(const push_plan *p, const char *key)
{
    push_item *i = NULL;
    if (key)
        HASH_FIND_STR(p->by_document, key, i);
    return i;
}

void push_plan_note(push_plan *p, const push_item *i, const char *code, const char *why)
{
    arena *a = p->arena;
    json what = record_entity(a, i->kind == KIND_NONE ? "Document" : kind_name(i->kind),
                              i->document->key, i->document->name);
    json_push(a, &p->skipped, skipped_make(a, what, p->kitsu->production->id, code, why));
}

void push_plan_skip(push_plan *p, push_item *i, const char *code, const char *why)
{
    i->skip_code = code;
    push_plan_note(p, i, code, why);
}

/* Where something is in Kitsu: two of one place are one. */
static const char *place_of(push_plan *p, kind k, const char *above, const char *name)
{
    return arena_printf(p->arena, "%d %s %s", (int)k, above ? above : "", name);
}

static push_item *at_place(const push_plan *p, const char *place)
{
    push_item *i = NULL;
    HASH_FIND(hh_place, p->by_place, place, strlen(place), i);
    return i;
}

static void take_place(push_plan *p, push_item *i, const char *place)
{
    i->place = place;
    HASH_ADD_KEYPTR(hh_place, p->by_place, i->place, strlen(i->place), i);
}

/* The name of a place that is not in Kitsu yet hangs on its parent's. */
static const char *place_above(const push_item *above)
{
    return !above ? NULL : above->id ? above->id : above->place;
}

/* ---- what is there -------------------------------------------------------- */

/* What Kitsu has at a place: a live one before a canceled one, the older of two. */
struct push_there {
    const char *place;
    const entity *entity;
    UT_hash_handle hh;
};

static void index_kitsu(push_plan *p)
{
    const production *kitsu = p->kitsu->production;
    for (size_t n = 0; n < kitsu->n; n++) {
        const entity *e = kitsu->entities[n];
        const char *place = place_of(p, e->kind, e->parent_id, e->name);
        push_there *there = NULL;
        HASH_FIND_STR(p->there, place, there);
        if (!there) {
            there = arena_alloc(p->arena, sizeof *there);
            *there = (push_there){.place = place, .entity = e};
            HASH_ADD_KEYPTR(hh, p->there, there->place, strlen(there->place), there);
        } else if (there->entity->state == ENTITY_GONE) {
            there->entity = e;
        }
    }
}

static const entity *find_entity(const push_plan *p, const char *place)
{
    push_there *there = NULL;
    HASH_FIND_STR(p->there, place, there);
    return there ? there->entity : NULL;
}

static void take_entity(push_item *i, const entity *e)
{
    i->id = e->id;
    i->record = e->record;
    i->left = e->state == ENTITY_GONE;
}

static const json *asset_type(const push_plan *p, const char *key, const char *value)
{
    for (uint32_t n = 0; value && n < p->kitsu->asset_types.len; n++) {
        const json *type = &p->kitsu->asset_types.items[n];
        const char *text = json_text(json_get(type, key));
        if (text && strcmp(text, value) == 0)
            return type;
    }
    return NULL;
}

static void take_type(push_item *i, const json *type)
{
    if (!type)
        return;
    i->id = json_text(json_get(type, "id"));
    i->record = *type;
}

static bool projects_type(const push_plan *p, const char *name)
{
    const production *kitsu = p->kitsu->production;
    for (size_t n = 0; n < kitsu->n; n++)
        if (kitsu->entities[n]->kind == KIND_ASSET_TYPE &&
            strcmp(kitsu->entities[n]->name, name) == 0)
            return true;
    return false;
}

/* The item of an asset type by its name, made where there is none. */
static push_item *type_item(push_plan *p, const char *name)
{
    const char *place = place_of(p, KIND_ASSET_TYPE, NULL, name);
    push_item *i = at_place(p, place);
    if (i)
        return i;
    i = new_item(p, NULL);
    i->kind = KIND_ASSET_TYPE;
    i->name = name;
    i->resolved = true;
    take_type(i, asset_type(p, "name", name));
    take_place(p, i, place);
    return i;
}

/* The first type: of those that the project is set to use, else of the server's.
 * Not of those that it happens to use, which a push changes. */
static push_item *first_type(push_plan *p)
{
    const json *types = &p->kitsu->asset_types;
    const char *first = NULL;
    for (uint32_t n = 0; n < types->len; n++) {
        const char *name = json_text(json_get(&types->items[n], "name"));
        const char *id = json_text(json_get(&types->items[n], "id"));
        if (name && id && push_kitsu_lists(p->kitsu, "asset_types", id))
            return type_item(p, name);
        first = first ? first : name;
    }
    return first ? type_item(p, first) : NULL;
}

/* ---- documents ------------------------------------------------------------ */

/* A document that is linked to what Kitsu has. */
static bool take_linked(push_plan *p, push_item *i)
{
    const asset *d = i->document;
    const entity *e = production_find(p->kitsu->production, d->zou_id);
    const json *type = d->kind == KIND_ASSET_TYPE ? asset_type(p, "id", d->zou_id) : NULL;
    asset *first = NULL;
    HASH_FIND(hh_zou, p->c->by_zou, d->zou_id, strlen(d->zou_id), first);
    if (e) {
        i->kind = e->kind;
        i->name = e->name;
        take_entity(i, e);
    } else if (type) {
        const char *name = json_text(json_get(type, "name"));
        i->kind = KIND_ASSET_TYPE;
        i->name = name ? name : "";
        i->id = d->zou_id;
        i->record = *type;
    } else if (json_get(&p->kitsu->strangers, d->zou_id)) {
        i->kind = d->kind;
        i->resolved = true;
        push_plan_skip(p, i, "conflict", "it is linked to what lies in another project of Kitsu");
        return true;
    } else {
        return false; /* Kitsu has it no more: as a new one */
    }
    i->resolved = true;
    i->left |= first != d; /* a second document of one entity */
    if (!i->left)
        take_place(p, i, place_of(p, i->kind, e ? e->parent_id : NULL, i->name));
    return true;
}

static void take_documents(push_plan *p)
{
    for (size_t n = 0; n < p->c->n; n++) {
        asset *d = p->c->assets[n];
        if (!d->archived && !d->root_of)
            new_item(p, d);
    }
    for (size_t n = 0; n < p->n; n++)
        if (p->items[n]->document->zou_id)
            take_linked(p, p->items[n]);
    for (size_t n = 0; n < p->c->n; n++) {
        push_item *above = item_of(p, p->c->assets[n]->under);
        if (above && !p->c->assets[n]->archived)
            above->has_children = true;
    }
}

/* ---- kinds ---------------------------------------------------------------- */

/* The root that a document lies below, at whatever depth; ROOTS: none. */
static root root_of(const push_plan *p, const asset *d)
{
    for (size_t steps = 0; d && steps <= p->c->n; steps++) {
        for (int r = 0; d->root_of && r < ROOTS; r++)
            if (strcmp(d->root_of, root_name((root)r)) == 0)
                return (root)r;
        d = collection_find(p->c, d->under);
    }
    return ROOTS;
}

static void resolve(push_plan *p, push_item *i);

static push_item *parent_of(const push_plan *p, const push_item *i)
{
    return item_of(p, i->document->under);
}

/* The nearest item of a kind that a document lies below. */
static push_item *nearest(const push_plan *p, const push_item *i, kind k)
{
    push_item *up = parent_of(p, i);
    for (size_t steps = 0; up && steps <= p->n; steps++, up = parent_of(p, up)) {
        if (up->kind == k)
            return up;
        if (!up->document)
            return NULL;
    }
    return NULL;
}

static kind kind_by_name(const push_plan *p, const char *name)
{
    const push_options *o = p->options;
    if (push_pattern_matches(o->shot, name))
        return KIND_SHOT;
    if (push_pattern_matches(o->sequence, name))
        return KIND_SEQUENCE;
    return push_pattern_matches(o->episode, name) ? KIND_EPISODE : KIND_NONE;
}

/* Whether a document is an asset type: it is right below the root and others lie
 * under it, or it has the name of one of the project's. */
static bool is_type(const push_plan *p, const push_item *i)
{
    const asset *above = collection_find(p->c, i->document->under);
    bool top = above && above->root_of && strcmp(above->root_of, root_name(ROOT_ASSETS)) == 0;
    return top && (i->has_children || projects_type(p, i->document->name));
}

static kind judge_kind(const push_plan *p, const push_item *i)
{
    const push_item *parent = parent_of(p, i);
    root r = root_of(p, i->document);
    kind k = kind_by_name(p, i->document->name);
    if (r == ROOT_ASSETS)
        return is_type(p, i) ? KIND_ASSET_TYPE : KIND_ASSET;
    if (r == ROOT_EDITS || r == ROOT_CONCEPTS)
        return KIND_NONE;
    if (k != KIND_NONE)
        return k;
    if (r == ROOT_SHOTS)
        return parent && parent->kind == KIND_SEQUENCE ? KIND_SHOT : KIND_NONE;
    return KIND_ASSET;
}

/* ---- names ---------------------------------------------------------------- */

/* The document's own part of its name: without its parent's. */
static const char *own_name(const push_plan *p, const push_item *i)
{
    const asset *parent = collection_find(p->c, i->document->under);
    const char *name = i->document->name;
    size_t len = parent && !parent->root_of ? strlen(parent->name) : 0;
    bool prefixed =
        len && strncmp(name, parent->name, len) == 0 && name[len] == '_' && name[len + 1];
    return prefixed ? name + len + 1 : name;
}

/* ---- substitutes ---------------------------------------------------------- */

/* Whether Kitsu's sequence stands in for this parent. */
static bool is_substitute_for(const entity *e, const char *stands_for)
{
    const json *data = json_get(&e->record, "data");
    const char *of = json_text(json_get(data, "substitute_of"));
    return json_true(json_get(data, "is_substitute")) && (!of || strcmp(of, stands_for) == 0) &&
           e->state != ENTITY_GONE;
}

/* The sequence that stands in for a shot's parent, which is none: one a parent.
 * Kitsu's own of that name is somebody's: the next number then. */
static push_item *substitute_for(push_plan *p, push_item *shot)
{
    arena *a = p->arena;
    push_item *parent = parent_of(p, shot);
    push_item *episode =
        parent && parent->kind == KIND_EPISODE ? parent : nearest(p, shot, KIND_EPISODE);
    const char *stands_for = parent ? parent->document->key : "";
    for (unsigned number = 1; number < MAX_SUBSTITUTES; number++) {
        const char *name = push_pattern_name(a, p->options->sequence, number);
        if (!episode)
            name = arena_printf(a, "%s_%s", push_pattern_name(a, p->options->episode, 1), name);
        const char *place = place_of(p, KIND_SEQUENCE, place_above(episode), name);
        push_item *there = at_place(p, place);
        if (there && there->substitute && strcmp(there->stands_for, stands_for) == 0)
            return there;
        const entity *e = find_entity(p, place);
        if (there || (e && !is_substitute_for(e, stands_for)))
            continue;
        push_item *i = new_item(p, NULL);
        i->kind = KIND_SEQUENCE;
        i->name = name;
        i->above = episode;
        i->substitute = i->resolved = true;
        i->stands_for = stands_for;
        if (e)
            take_entity(i, e);
        json data = json_object();
        json_set(a, &data, "is_substitute", json_bool(true));
        json_set(a, &data, "substitute_of", json_string(a, stands_for));
        if (!e)
            json_set(a, &i->fields, "data", data);
        take_place(p, i, place);
        return i;
    }
    return NULL;
}

/* ---- one document --------------------------------------------------------- */

/* Why a document below this one can't be pushed, or NULL. */
static const char *broken(push_plan *p, const push_item *above)
{
    return above->skip_code && strcmp(above->skip_code, "kind") != 0
               ? arena_printf(p->arena, "its parent \"%s\" is skipped", above->document->name)
               : NULL;
}

/* Resolve the parent. False: the item has been skipped for its sake. */
static bool resolve_parent(push_plan *p, push_item *i)
{
    const asset *above = collection_find(p->c, i->document->under);
    push_item *parent = parent_of(p, i);
    if (i->document->under && !above) {
        push_plan_skip(p, i, "parent", "its parent is no document of this project");
        return false;
    }
    if (above && above->archived) {
        push_plan_skip(p, i, "parent", "its parent is archived");
        return false;
    }
    if (!parent)
        return true;
    resolve(p, parent);
    if (parent->resolving) {
        push_plan_skip(p, i, "parent", "its parents go round in a circle");
        return false;
    }
    const char *why = broken(p, parent);
    if (!why && parent->left)
        why = arena_printf(p->arena, "its %s \"%s\" is canceled in Kitsu", kind_name(parent->kind),
                           parent->name);
    if (why)
        push_plan_skip(p, i, "parent", why);
    return !why;
}

static bool is_sequence(const push_item *i)
{
    return i && i->kind == KIND_SEQUENCE;
}

/* Where it belongs in Kitsu. False: it has been skipped. */
static bool find_above(push_plan *p, push_item *i)
{
    push_item *parent = parent_of(p, i);
    if (i->kind == KIND_ASSET) {
        i->above = nearest(p, i, KIND_ASSET_TYPE);
        if (!i->above && parent && asset_type(p, "name", parent->document->name))
            i->above = type_item(p, parent->document->name);
        if (!i->above)
            i->above = first_type(p);
        if (!i->above)
            push_plan_skip(p, i, "kind", "Kitsu has no asset type that it could be of");
        return i->above != NULL;
    }
    if (i->kind == KIND_SEQUENCE)
        i->above = nearest(p, i, KIND_EPISODE);
    if (i->kind == KIND_SHOT)
        i->above = parent;
    return true;
}

/* What Kitsu has in its place. False: it has been skipped. */
static bool find_there(push_plan *p, push_item *i)
{
    const char *place = place_of(p, i->kind, place_above(i->above), i->name);
    const push_item *other = at_place(p, place);
    if (other && other->document) {
        push_plan_skip(p, i, "duplicate",
                       arena_printf(p->arena,
                                    "in Kitsu it would be the %s \"%s\" of the document "
                                    "\"%s\" (%s)",
                                    kind_name(i->kind), i->name, other->document->name,
                                    other->document->key));
        return false;
    }
    if (i->kind == KIND_ASSET_TYPE) {
        take_type(i, asset_type(p, "name", i->name));
    } else {
        const entity *e = find_entity(p, place);
        if (e && e->state == ENTITY_GONE && i->kind != KIND_ASSET) {
            push_plan_skip(p, i, "conflict",
                           arena_printf(p->arena, "the %s \"%s\" is canceled in Kitsu",
                                        kind_name(i->kind), i->name));
            return false;
        }
        if (e && json_true(json_at(&e->record, "data", "is_substitute", NULL))) {
            push_plan_skip(p, i, "conflict",
                           arena_printf(p->arena,
                                        "in Kitsu a %s \"%s\" stands in for one that OpenPype did "
                                        "not have: rename it there",
                                        kind_name(i->kind), i->name));
            return false;
        }
        if (e && e->state != ENTITY_GONE)
            take_entity(i, e);
    }
    i->link = true;
    take_place(p, i, place);
    return true;
}

static void resolve_new(push_plan *p, push_item *i)
{
    if (!resolve_parent(p, i))
        return;
    i->kind = judge_kind(p, i);
    if (i->kind == KIND_NONE) {
        push_plan_skip(p, i, "kind",
                       "neither its name nor its place says what it is: see "
                       "kitsu.entities_naming_pattern in OpenPype's settings");
        return;
    }
    const char *fault = naming_fault(p->arena, i->document->name, false);
    const json *name = json_get(&i->document->document, "name");
    if (!fault && name->len != strlen(name->text))
        fault = "its name has a NUL character";
    if (fault) {
        push_plan_skip(p, i, "name", fault);
        return;
    }
    if (i->kind == KIND_SEQUENCE || i->kind == KIND_SHOT)
        i->name = own_name(p, i);
    i->waits = i->kind == KIND_SHOT && !is_sequence(parent_of(p, i));
    if (!i->waits && find_above(p, i))
        find_there(p, i);
}

/* A shot whose parent is no sequence: after all others, whose names come first. */
static void resolve_waiting(push_plan *p, push_item *i)
{
    i->above = substitute_for(p, i);
    if (i->above)
        find_there(p, i);
    else
        push_plan_skip(p, i, "kind", "no name is free for a sequence in place of its parent");
}

static void resolve(push_plan *p, push_item *i)
{
    if (i->resolved || i->resolving)
        return;
    i->resolving = true;
    resolve_new(p, i);
    i->resolving = false;
    i->resolved = true;
}

/* ---- all of it ------------------------------------------------------------ */

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

void push_plan_make(push_plan *p, arena *a, const collection *c, push_kitsu *kitsu,
                    const push_options *options)
{
    *p = (push_plan){.arena = a,
                     .c = c,
                     .kitsu = kitsu,
                     .options = options,
                     .project_fields = json_object(),
                     .skipped = json_array()};
    for (int r = 0; r < ROOTS; r++) {
        asset *d = naming_root(c, (root)r);
        if (d)
            d->root_of = root_name((root)r);
    }
    index_kitsu(p);
    take_documents(p);
    size_t documents = p->n;
    /* Asset types first: what is below them must not make another. */
    for (int types = 1; types >= 0; types--)
        for (size_t n = 0; n < documents; n++)
            if (!types || is_type(p, p->items[n]))
                resolve(p, p->items[n]);
    if (p->n)
        qsort(p->items, p->n, sizeof(push_item *), by_kind_and_name);
    documents = p->n;
    for (size_t n = 0; n < documents; n++)
        if (p->items[n]->waits && !p->items[n]->skip_code)
            resolve_waiting(p, p->items[n]);
    if (p->n)
        qsort(p->items, p->n, sizeof(push_item *), by_kind_and_name);
    push_fields_plan(p);
    for (size_t n = 0; n < p->n; n++)
        if (p->items[n]->document && !p->items[n]->left && !p->items[n]->skip_code)
            push_tasks_plan(p, p->items[n]);
}

void push_plan_free(push_plan *p)
{
    HASH_CLEAR(hh, p->by_document);
    HASH_CLEAR(hh, p->there);
    HASH_CLEAR(hh_place, p->by_place);
    free(p->items);
    free(p->types);
}

json push_plan_below(const push_plan *p, const push_item *i)
{
    json below = json_array();
    const push_item *chain[KIND_ENTITIES];
    size_t n = 0;
    if (i->id && !json_is_null(&i->record) && !i->above) {
        /* Linked before: by what Kitsu has. */
        const entity *e = production_find(p->kitsu->production, i->id);
        const char *names[KIND_ENTITIES];
        for (e = e ? e->parent : NULL; e && n < KIND_ENTITIES; e = e->parent)
            names[n++] = e->name;
        while (n-- > 0)
            json_push(p->arena, &below, json_string(p->arena, names[n]));
        return below;
    }
    for (const push_item *up = i->above; up && n < KIND_ENTITIES; up = up->above) {
        chain[n++] = up;
        if (up->document && !up->above && up->id) { /* linked before, below something */
            below = push_plan_below(p, up);
            break;
        }
    }
    while (n-- > 0)
        json_push(p->arena, &below, json_string(p->arena, chain[n]->name));
    return below;
}

/* ---- what leaves ---------------------------------------------------------- */

static bool stays(const push_plan *p, const entity *e, const char *seen_until)
{
    return idset_has(p->held, e->id, strlen(e->id)) || naming_fault(p->arena, e->name, false) ||
           (seen_until && strcmp(e->created_at, seen_until) >= 0);
}

entity **push_plan_leaving(push_plan *p, const char *seen_until, size_t *n, size_t *live)
{
    const production *kitsu = p->kitsu->production;
    entity **out = arena_alloc(p->arena, (kitsu->n + 1) * sizeof(entity *));
    *n = *live = 0;
    p->held = idset_new();
    for (size_t i = 0; i < p->c->n; i++)
        if (p->c->assets[i]->zou_id)
            idset_add(p->held, p->c->assets[i]->zou_id, strlen(p->c->assets[i]->zou_id));
    for (size_t i = 0; i < p->n; i++)
        if (p->items[i]->id)
            idset_add(p->held, p->items[i]->id, strlen(p->items[i]->id));
    for (size_t i = kitsu->n; i-- > 0;) { /* by kind, so backwards: children first */
        entity *e = kitsu->entities[i];
        bool kept = e->kind > KIND_ASSET || e->kind == KIND_ASSET_TYPE || e->state != ENTITY_LIVE;
        if (kept)
            continue;
        (*live)++;
        bool below = false; /* something that stays lies below it */
        for (const entity *child = e->first_child; child; child = child->next_sibling)
            below |= child->state == ENTITY_LIVE && !child->leaves;
        bool substitute = json_true(json_at(&e->record, "data", "is_substitute", NULL));
        e->leaves = !below && (substitute ? e->first_child != NULL : !stays(p, e, seen_until));
        if (e->leaves)
            out[(*n)++] = e;
    }
    idset_free(p->held);
    p->held = NULL;
    return out;
}
