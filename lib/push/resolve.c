#include "push/resolve.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/msg.h"
#include "model/names.h"
#include "model/naming.h"
#include "push/asset_types.h"
#include "push/pattern.h"
#include "push/places.h"
#include "push/substitutes.h"

#include <string.h>

#define MAX_NAMED 5 /* folders, in a message */

/* ---- linked documents ----------------------------------------------------- */

static void take_linked_entity(push_item *i, const entity *e)
{
    i->kind = e->kind;
    i->name = e->name;
    push_item_take_entity(i, e);
}

static void take_linked_type(push_item *i, const json *type)
{
    const char *name = json_text(json_get(type, "name"));
    i->kind = KIND_ASSET_TYPE;
    i->name = name ? name : "";
    push_asset_type_take(i, type);
}

/* A document that is linked to something that Kitsu has. One whose entity Kitsu no longer
 * has is resolved like a new one. */
static void resolve_linked(push_plan *p, push_item *i)
{
    const asset *d = i->document;
    const entity *e = production_find(p->kitsu->production, d->zou_id);
    const json *type = d->kind == KIND_ASSET_TYPE ? push_asset_type_of(p, d->zou_id) : NULL;
    asset *first = NULL;
    HASH_FIND(hh_zou, p->c->by_zou, d->zou_id, strlen(d->zou_id), first);
    if (e) {
        take_linked_entity(i, e);
    } else if (type) {
        take_linked_type(i, type);
    } else if (json_get(&p->kitsu->strangers, d->zou_id)) {
        i->kind = d->kind;
        i->resolved = true;
        push_item_skip(p, i, "conflict", "it is linked to an entity of another project in Kitsu");
        return;
    } else {
        return;
    }
    i->resolved = true;
    i->ignored |= first && first != d; /* a second document of one entity */
    if (!i->ignored)
        push_place_occupy(p, i, push_place(p, i->kind, e ? e->parent_id : NULL, i->name));
}

/* Documents that lost their links, but have the `_id` of an entity that no other document
 * is linked to. */
static void find_unlinked(push_plan *p)
{
    const production *kitsu = p->kitsu->production;
    for (size_t n = 0; n < kitsu->n; n++) {
        const entity *e = kitsu->entities[n];
        asset *other = NULL, *d;
        HASH_FIND(hh_zou, p->c->by_zou, e->id, strlen(e->id), other);
        push_item *i =
            !other && (d = naming_unlinked(p->c, kitsu, e)) ? push_item_find(p, d->key) : NULL;
        if (i) {
            i->document->zou_id = e->id;
            i->needs_link = true;
        }
    }
}

/* What OpenPype's own tools say of it; KIND_NONE: nothing, or a folder. */
static kind kind_by_entity_type(const asset *d)
{
    static const struct {
        const char *type;
        kind kind;
    } types[] = {{"Episode", KIND_EPISODE}, {"Sequence", KIND_SEQUENCE},
                 {"Track", KIND_SEQUENCE},  {"Shot", KIND_SHOT},
                 {"Asset", KIND_ASSET},     {"AssetBuild", KIND_ASSET}};
    const char *type = json_text(json_at(&d->document, "data", "entityType", NULL));
    for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(types[i].type, type) == 0)
            return types[i].kind;
    return KIND_NONE;
}

/* A synchronisation marks folders that it takes documents out of, and what it made itself. */
static bool is_called_folder(const asset *d)
{
    const char *type = json_text(json_at(&d->document, "data", "entityType", NULL));
    return type && strcasecmp(type, "Folder") == 0;
}

/* Several may be called so: one that a synchronisation made, and an editorial tool's. But an
 * asset that is called so is one, unless there is no other root. */
static bool is_root(const asset *d, root r)
{
    return naming_is_root(d, r) && (d->root_of || kind_by_entity_type(d) == KIND_NONE);
}

static bool is_any_root(const asset *d)
{
    for (int r = 0; r < ROOTS; r++)
        if (is_root(d, (root)r))
            return true;
    return false;
}

static void add_documents(push_plan *p)
{
    for (size_t n = 0; n < p->c->n; n++) {
        asset *d = p->c->assets[n];
        if (!d->archived && !is_any_root(d))
            push_item_new(p, d);
    }
    find_unlinked(p);
    for (size_t n = 0; n < p->n; n++)
        if (p->items[n]->document->zou_id)
            resolve_linked(p, p->items[n]);
    for (size_t n = 0; n < p->c->n; n++) {
        push_item *parent = push_item_find(p, p->c->assets[n]->parent_key);
        if (parent && !p->c->assets[n]->archived)
            parent->has_children = true;
    }
}

/* ---- kinds ---------------------------------------------------------------- */

/* The root that is an ancestor of a document; ROOTS: none. */
static root root_of(const push_plan *p, const asset *d)
{
    for (size_t steps = 0; d && steps <= p->c->n; steps++) {
        for (int r = 0; r < ROOTS; r++)
            if (is_root(d, (root)r))
                return (root)r;
        d = collection_find(p->c, d->parent_key);
    }
    return ROOTS;
}

static kind kind_by_name(const push_plan *p, const char *name)
{
    const push_naming *o = p->naming;
    if (push_pattern_matches(o->shot, name))
        return KIND_SHOT;
    if (push_pattern_matches(o->sequence, name))
        return KIND_SEQUENCE;
    return push_pattern_matches(o->episode, name) ? KIND_EPISODE : KIND_NONE;
}

/* Whether a document is an asset type: a child of the root that has children, or the
 * name of one that the project uses. */
static bool is_asset_type(const push_plan *p, const push_item *i)
{
    const asset *parent = collection_find(p->c, i->document->parent_key);
    return parent && is_root(parent, ROOT_ASSETS) &&
           kind_by_entity_type(i->document) == KIND_NONE &&
           (i->has_children || push_asset_type_is_used(p, i->document->name));
}

static kind resolve_kind(const push_plan *p, const push_item *i)
{
    const push_item *parent = push_item_container(p, i);
    root r = root_of(p, i->document);
    kind k = kind_by_entity_type(i->document);
    if (k != KIND_NONE)
        return k;
    if (r == ROOT_EDITS || r == ROOT_CONCEPTS)
        return KIND_NONE;
    k = r == ROOT_ASSETS ? KIND_NONE : kind_by_name(p, i->document->name);
    if (k == KIND_NONE && is_asset_type(p, i))
        k = KIND_ASSET_TYPE;
    if (k != KIND_NONE || is_called_folder(i->document))
        return k;
    if (r == ROOT_ASSETS)
        return KIND_ASSET;
    if (r == ROOT_SHOTS)
        return !i->has_children && parent && parent->kind == KIND_SEQUENCE ? KIND_SHOT : KIND_NONE;
    return i->has_children ? KIND_NONE : KIND_ASSET;
}

/* Others lie under it, or it says so, and nothing tells what it is: Kitsu has no folders. */
static bool is_folder(const push_plan *p, const push_item *i)
{
    root r = root_of(p, i->document);
    return i->kind == KIND_NONE && (i->has_children || is_called_folder(i->document)) &&
           r != ROOT_EDITS && r != ROOT_CONCEPTS;
}

/* ---- names ---------------------------------------------------------------- */

/* The document's name without its parent's. */
static const char *own_name(const push_plan *p, const push_item *i)
{
    const push_item *container = push_item_container(p, i);
    const asset *parent = container ? container->document : NULL;
    const char *name = i->document->name;
    size_t len = parent && !parent->root_of ? strlen(parent->name) : 0;
    bool prefixed =
        len && strncmp(name, parent->name, len) == 0 && name[len] == '_' && name[len + 1];
    return prefixed ? name + len + 1 : name;
}

/* Why the document cannot keep its name when it comes back from Kitsu; NULL: it can. */
static const char *document_name_fault(const push_plan *p, const push_item *i)
{
    const char *fault = name_fault(p->arena, i->document->name, false);
    const json *name = json_get(&i->document->document, "name");
    if (!fault && name->len != strlen(name->text))
        return "its name has a NUL character";
    return fault;
}

/* ---- parents -------------------------------------------------------------- */

static void resolve_item(push_plan *p, push_item *i);

/* More than MAX_NESTED above it; one that lies below itself is told of as that. */
static bool is_too_deep(const push_plan *p, const asset *d)
{
    const asset *up = d;
    for (size_t above = 0; above <= MAX_NESTED; above++) {
        up = collection_find(p->c, up->parent_key);
        if (!up || up == d)
            return false;
    }
    return true;
}

/* Why a document cannot be pushed for the sake of its parent's document; NULL: it can. */
static const char *document_fault(const push_plan *p, const push_item *i)
{
    const asset *parent = collection_find(p->c, i->document->parent_key);
    if (i->document->parent_key && !parent)
        return "its parent is not a document of this project";
    if (is_too_deep(p, i->document))
        return arena_printf(p->arena, "more than %d documents lie above it", MAX_NESTED);
    return parent && parent->archived ? "its parent is archived" : NULL;
}

/* The same for the sake of its parent's item, resolved. */
static const char *parent_fault(const push_plan *p, const push_item *parent)
{
    if (parent->resolving)
        return "it is its own ancestor";
    /* Documents below one of no kind have kinds of their own. */
    if (parent->skip_code && strcmp(parent->skip_code, "kind") != 0)
        return arena_printf(p->arena, "its parent \"%s\" is skipped", parent->document->name);
    if (parent->ignored)
        return arena_printf(p->arena, "its %s \"%s\" is canceled in Kitsu", kind_name(parent->kind),
                            parent->name);
    return NULL;
}

/* Resolve the parent. False: the item has been skipped because of it. */
static bool resolve_parent(push_plan *p, push_item *i)
{
    const char *why = document_fault(p, i);
    push_item *parent = push_item_parent_of(p, i);
    if (!why && parent) {
        resolve_item(p, parent);
        why = parent_fault(p, parent);
    }
    if (why)
        push_item_skip(p, i, "parent", why);
    return !why;
}

/* An asset's type: its ancestor, else the type named like its parent, else the first. */
static push_item *type_for(push_plan *p, const push_item *i)
{
    const push_item *parent = push_item_parent_of(p, i);
    push_item *type = push_item_ancestor(p, i, KIND_ASSET_TYPE);
    if (!type && parent && push_asset_type_named(p, parent->document->name))
        type = push_asset_type_item(p, parent->document->name);
    return type ? type : push_asset_type_first(p);
}

/* Find the item's parent in Kitsu. False: the item has been skipped. */
static bool find_parent(push_plan *p, push_item *i)
{
    if (i->kind == KIND_SEQUENCE)
        i->parent = push_item_ancestor(p, i, KIND_EPISODE);
    if (i->kind == KIND_SHOT)
        i->parent = push_item_container(p, i);
    if (i->kind != KIND_ASSET)
        return true;
    i->parent = type_for(p, i);
    if (!i->parent)
        push_item_skip(p, i, "kind", "Kitsu has no asset type for it");
    return i->parent != NULL;
}

/* ---- places --------------------------------------------------------------- */

/* Why an item cannot be what Kitsu has in its place; NULL: it can. */
static const char *entity_fault(const push_plan *p, const push_item *i, const entity *e)
{
    if (e->state == ENTITY_GONE && i->kind != KIND_ASSET)
        return arena_printf(p->arena, "the %s \"%s\" is canceled in Kitsu", kind_name(i->kind),
                            i->name);
    if (push_substitute_is(e))
        return arena_printf(p->arena,
                            "Kitsu's %s \"%s\" is a substitute for one that OpenPype did not "
                            "have: rename it in Kitsu",
                            kind_name(i->kind), i->name);
    return NULL;
}

/* Take an item's place, and the entity that Kitsu has there. Skips the item if another has
 * the place, or Kitsu's entity cannot be it. */
static void take_place(push_plan *p, push_item *i)
{
    const char *place = push_place(p, i->kind, push_place_as_parent(i->parent), i->name);
    const push_item *other = push_place_item(p, place);
    const entity *e = i->kind == KIND_ASSET_TYPE ? NULL : push_place_entity(p, place);
    const char *why = e ? entity_fault(p, i, e) : NULL;
    if (other && other->document) {
        push_item_skip(p, i, "duplicate",
                       arena_printf(p->arena,
                                    "in Kitsu it would be the %s \"%s\" of the document "
                                    "\"%s\" (%s)",
                                    kind_name(i->kind), i->name, other->document->name,
                                    other->document->key));
        return;
    }
    if (why) {
        push_item_skip(p, i, "conflict", why);
        return;
    }
    if (i->kind == KIND_ASSET_TYPE)
        push_asset_type_take(i, push_asset_type_named(p, i->name));
    else if (e && e->state != ENTITY_GONE)
        push_item_take_entity(i, e);
    i->needs_link = true;
    push_place_occupy(p, i, place);
}

/* ---- documents ------------------------------------------------------------ */

static bool is_sequence(const push_item *i)
{
    return i && i->kind == KIND_SEQUENCE;
}

static void resolve_new(push_plan *p, push_item *i)
{
    if (!resolve_parent(p, i))
        return;
    i->kind = resolve_kind(p, i);
    i->is_folder = is_folder(p, i);
    if (i->is_folder)
        return;
    if (i->kind == KIND_NONE) {
        push_item_skip(p, i, "kind",
                       "neither its name nor its parent tells its kind: see "
                       "kitsu.entities_naming_pattern in OpenPype's settings");
        return;
    }
    const char *fault = document_name_fault(p, i);
    if (fault) {
        push_item_skip(p, i, "name", fault);
        return;
    }
    if (i->kind == KIND_SEQUENCE || i->kind == KIND_SHOT)
        i->name = own_name(p, i);
    i->waits = i->kind == KIND_SHOT && !is_sequence(push_item_container(p, i));
    if (!i->waits && find_parent(p, i))
        take_place(p, i);
}

static void resolve_item(push_plan *p, push_item *i)
{
    if (i->resolved || i->resolving)
        return;
    i->resolving = true;
    resolve_new(p, i);
    i->resolving = false;
    i->resolved = true;
}

/* Folders are named, in one line. */
static void say_folders(const push_plan *p)
{
    buf names = {0};
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        if (p->items[i]->is_folder && n++ < MAX_NAMED)
            buf_addf(&names, "%s%s", names.len ? ", " : "", p->items[i]->document->name);
    if (n)
        msg_warn("%s: folders that Kitsu has no kind for; what lies in them is pushed: %s%s",
                 p->c->coll, names.data, n > MAX_NAMED ? ", ..." : "");
    buf_free(&names);
}

/* A shot whose parent is not a sequence. These come last, as the names of all others
 * take precedence over those of substitutes. */
static void resolve_waiting(push_plan *p, push_item *i)
{
    i->parent = push_substitute_for(p, i);
    if (i->parent)
        take_place(p, i);
    else
        push_item_skip(p, i, "kind", "no name is free for a sequence that it could be in");
}

void push_resolve(push_plan *p)
{
    add_documents(p);
    size_t documents = p->n; /* what is added on the way is resolved */
    /* Asset types come first, so that an asset finds its parent's rather than adding
     * another. */
    for (size_t n = 0; n < documents; n++)
        if (is_asset_type(p, p->items[n]))
            resolve_item(p, p->items[n]);
    for (size_t n = 0; n < documents; n++)
        resolve_item(p, p->items[n]);
    push_items_sort(p);
    documents = p->n;
    for (size_t n = 0; n < documents; n++)
        if (p->items[n]->waits && !p->items[n]->skip_code)
            resolve_waiting(p, p->items[n]);
    push_items_sort(p);
    say_folders(p);
}
