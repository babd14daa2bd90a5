#include "model/naming.h"

#include "base/digest.h"
#include "base/msg.h"
#include "model/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *naming_id(arena *a, const char *project_id, const char *what)
{
    const char *text = arena_printf(a, "%s\n%s", project_id, what);
    char hex[25];
    digest_hex(text, strlen(text), 12, hex);
    return arena_text(a, hex, 24);
}

/* ---- places in the tree ---------------------------------------------------- */

/* Whether a sequence of Kitsu's stands in for a parent that OpenPype's shot
 * does not have: push-to-zou makes them, since Kitsu wants one above a shot. */
static bool is_substitute(const entity *sequence, const entity *shot)
{
    const json *data = json_get(&sequence->record, "data");
    if (json_true(json_get(data, "is_substitute")))
        return true;
    if (!shot->asset)
        return false;
    const json *list = json_at(&shot->asset->document, "data", "parent_substitutes", NULL);
    const char *id =
        json_is(list, JSON_ARRAY) && list->len ? json_text(json_get(&list->items[0], "id")) : NULL;
    return id && strcmp(id, sequence->id) == 0;
}

static void find_place(production *p, entity *e)
{
    e->doc_parent = e->kind == KIND_CONCEPT ? NULL : e->parent;
    if (e->kind == KIND_SEQUENCE)
        e->no_document =
            e->substitute || json_true(json_at(&e->record, "data", "is_substitute", NULL));
    if (e->kind == KIND_SHOT && e->parent && e->parent->kind == KIND_SEQUENCE &&
        is_substitute(e->parent, e))
        e->doc_parent = e->parent->parent;
    /* A parent made between two of kitsu-fetch's requests: it comes with the
     * next sync, and a wrong place or name must not come before it. */
    if (e->parent_id && !e->parent && e->kind != KIND_CONCEPT && e->kind != KIND_EPISODE) {
        production_skip(p, e, "parent", "its parent is not in the stream (made just now?)");
        e->passed_on |= e->recalled; /* the store has it, and the stream has no Skipped of it */
    }
}

static const char *wanted_name(arena *a, const entity *e)
{
    const json *keep = e->asset ? json_at(&e->asset->document, "data", "keep_name", NULL) : NULL;
    if (json_text(keep) && strcmp(keep->text, e->name) == 0)
        return e->asset->name;
    if (e->doc_parent && (e->kind == KIND_SEQUENCE || e->kind == KIND_SHOT))
        return arena_printf(a, "%s_%s", e->doc_parent->doc_name, e->own_name);
    return e->own_name;
}

/* ---- which name each wants ---------------------------------------------------- */

typedef struct bid {
    entity *entity;
    struct claim *claim;
    struct bid *next, *previous; /* of the same claim, by kind and age */
    UT_hash_handle hh;           /* by entity */
} bid;

typedef struct claim {
    const char *name;
    bid *bids;
    asset *holder;        /* a document that keeps the name whatever the plan */
    unsigned holders;     /* how many such there are */
    struct claim *queued; /* next in the queue */
    bool in_queue;
    UT_hash_handle hh;
} claim;

typedef struct naming {
    production *p;
    collection *c;
    claim *claims;
    bid *bids;
    claim *queue; /* claims that changed since they were judged */
} naming;

static claim *claim_of(naming *n, const char *name)
{
    claim *c = NULL;
    HASH_FIND_STR(n->claims, name, c);
    if (c)
        return c;
    c = arena_alloc(n->p->arena, sizeof *c);
    *c = (claim){.name = name};
    HASH_ADD_KEYPTR(hh, n->claims, c->name, strlen(c->name), c);
    return c;
}

/* This document stays as it is, and so its name is taken. */
static claim *hold_name(naming *n, asset *d)
{
    claim *c = claim_of(n, d->name);
    c->holder = d;
    c->holders++;
    return c;
}

static bool keeps_name(const bid *b)
{
    const asset *d = b->entity->asset;
    return d && !d->archived && strcmp(d->name, b->claim->name) == 0;
}

/* Not linked to Kitsu, live, and of a shape that can be written to: made with
 * OpenPype's own tools, and linked instead of doubled. */
static bool adoptable(const asset *d)
{
    return !d->zou_id && !d->root_of && !d->archived &&
           json_is(json_get(&d->document, "data"), JSON_OBJECT);
}

/* Comes back under this name, with what people made: a new document beside it would be mixed
 * with that. */
static bool returns_with_work(const bid *b)
{
    const asset *d = b->entity->asset;
    return d && d->archived && d->dependants > 0 && strcmp(d->name, b->claim->name) == 0;
}

static bid *winner_of(const claim *c)
{
    for (bid *b = c->bids; b; b = b->next)
        if (keeps_name(b))
            return b;
    for (bid *b = c->bids; b && c->holders == 0; b = b->next)
        if (returns_with_work(b))
            return b;
    if (c->holders == 0)
        return c->bids;
    if (c->holders == 1 && adoptable(c->holder))
        for (bid *b = c->bids; b; b = b->next)
            if (!b->entity->asset)
                return b; /* which adopts the document */
    return NULL;
}

static void enqueue(naming *n, claim *c)
{
    if (c->in_queue)
        return;
    c->in_queue = true;
    c->queued = n->queue;
    n->queue = c;
}

/* Whether published work of a new document would come to lie among that of an archived
 * one: they have one name, below the same ones. */
static bool has_path(const entity *e, const asset *d)
{
    const json *parents = json_at(&d->document, "data", "parents", NULL);
    const entity *up =
        e->doc_parent && naming_can_have_children(e->doc_parent) ? e->doc_parent : NULL;
    uint32_t n = json_is(parents, JSON_ARRAY) ? parents->len : 0;
    root top = root_above(e->kind);
    for (; up && n > 0; up = up->doc_parent, n--) {
        if (!json_text_is(&parents->items[n - 1], up->doc_name ? up->doc_name : ""))
            return false;
        top = root_above(up->kind);
    }
    return !up && n == 1 && json_text_is(&parents->items[0], root_name(top));
}

/* A new entity whose publishes would be mixed with those of an archived document is
 * skipped, until a person tells what is meant. Whether it was. */
static bool meets_archived(const naming *n, entity *e, const asset *d)
{
    if (!has_path(e, d))
        return false;
    e->twin = d;
    if (d->dependants == 0)
        return false;
    e->taken_by = d->zou_id;
    production_skip(n->p, e, "published",
                    arena_printf(n->p->arena,
                                 "the archived document %s of its name has published work in it: "
                                 "rename one of them in Kitsu, or let it continue the document: "
                                 "op-link -D %s %s %s | op-apply",
                                 d->key, d->key, n->c->coll, e->id));
    return true;
}

static void withdraw(naming *n, entity *e);

/* An archived document that does not come back after all. */
static void stays_archived(naming *n, const asset *d)
{
    claim *c = claim_of(n, d->name);
    bid *b = c->bids;
    while (b)
        if (!b->entity->asset && meets_archived(n, b->entity, d)) {
            withdraw(n, b->entity);
            b = c->bids;
        } else {
            b = b->next;
        }
}

/* Take back the bids of an entity that is skipped and of all that is skipped
 * with it. Their documents keep the names they have. */
static void withdraw(naming *n, entity *e)
{
    bid *b;
    HASH_FIND_PTR(n->bids, &e, b);
    if (b) {
        *(b->previous ? &b->previous->next : &b->claim->bids) = b->next;
        if (b->next)
            b->next->previous = b->previous;
        HASH_DEL(n->bids, b);
        enqueue(n, b->claim);
        if (e->asset && !e->asset->archived)
            enqueue(n, hold_name(n, e->asset));
        else if (e->asset)
            stays_archived(n, e->asset);
    }
    for (entity *child = e->first_child; child; child = child->next_sibling)
        if (child->state == ENTITY_SKIPPED)
            withdraw(n, child);
}

/* The entity of a document after this plan; NULL: none. */
static const char *entity_of(const asset *d)
{
    return d->entity ? d->entity->id : d->zou_id;
}

static void skip_loser(naming *n, entity *e, const claim *c, const bid *winner)
{
    const char *by =
        winner ? arena_printf(n->p->arena, "%s \"%s\" (%s)", kind_name(winner->entity->kind),
                              winner->entity->name, winner->entity->id)
               : arena_printf(n->p->arena, "the document %s", c->holder->key);
    e->taken_by = winner ? winner->entity->id : entity_of(c->holder);
    production_skip(n->p, e, "duplicate",
                    arena_printf(n->p->arena, "the name \"%s\" is taken by %s", c->name, by));
    withdraw(n, e);
}

/* Skip those of kinds up to `k` that do not get the name. */
static void judge_claim(naming *n, claim *c, kind k)
{
    bid *winner = winner_of(c), *b = c->bids;
    while (b) {
        if (b == winner || b->entity->kind > k) {
            b = b->next;
            continue;
        }
        skip_loser(n, b->entity, c, winner);
        b = c->bids; /* the list has changed, by the loser and what is below it */
        if (winner && winner->entity->state != ENTITY_LIVE)
            winner = winner_of(c);
    }
}

/* By kinds from top to bottom: a parent that loses takes its children along,
 * and what they wanted is free for others before these are judged. */
static void settle_claims(naming *n)
{
    production *p = n->p;
    for (size_t i = 0; i < p->n; i++) {
        bid *b;
        HASH_FIND_PTR(n->bids, &p->entities[i], b);
        if (b)
            judge_claim(n, b->claim, p->entities[i]->kind);
        while (n->queue) {
            claim *c = n->queue;
            n->queue = c->queued;
            c->in_queue = false;
            judge_claim(n, c, p->entities[i]->kind);
        }
    }
}

/* Whether this reading of Kitsu can tell what became of the document's entity. The one of
 * a document that was linked to another entity by this plan does not matter. */
static bool can_tell(const production *p, const asset *d, const bool chosen[KINDS])
{
    bool relinked = d->entity && d->zou_id && strcmp(d->entity->id, d->zou_id) != 0;
    return d->zou_id && !relinked && d->kind != KIND_NONE && d->kind < KIND_ENTITIES &&
           !p->partial && chosen[d->kind] && p->read[d->kind];
}

bool naming_is_obsolete(const production *p, const asset *d, const bool chosen[KINDS])
{
    if (d->archived || p->keeps_all || !can_tell(p, d, chosen))
        return false;
    const entity *e = production_find(p, d->zou_id);
    if (!e)
        return !p->events;
    return e->state == ENTITY_GONE || (e->state == ENTITY_LIVE && e->no_document);
}

bool naming_is_lost(const production *p, const asset *d, const bool chosen[KINDS])
{
    if (!can_tell(p, d, chosen))
        return false;
    const entity *e = production_find(p, d->zou_id);
    return e ? e->lost : !p->events && d->kind != KIND_ASSET_TYPE;
}

bool naming_is_untouched(const production *p, const asset *d, const bool chosen[KINDS])
{
    bool moves = d->entity && d->entity->state == ENTITY_LIVE && !d->entity->no_document;
    return !d->archived && !moves && !naming_is_obsolete(p, d, chosen);
}

/* ---- roots -------------------------------------------------------------------- */

/* The `_id` of a new document. Where another document has it already, made by
 * hand, the next one in a row that is as fixed. */
static const char *new_id(const naming *n, const char *what)
{
    for (;;) {
        const char *id = naming_id(n->p->arena, n->p->id, what);
        if (!collection_find(n->c, id))
            return id;
        what = arena_printf(n->p->arena, "%s\n", what);
    }
}

/* A document at the top whose name has other letters in upper case, as OpenPype's editorial
 * publishes and templates of folders make it. */
static bool is_alike(const asset *d, const char *name)
{
    return !d->parent_key && strcasecmp(d->name, name) == 0;
}

bool naming_is_root(const asset *d, root r)
{
    const char *name = root_name(r);
    return (d->root_of && strcmp(d->root_of, name) == 0) || (adoptable(d) && is_alike(d, name));
}

static asset *lower_key(asset *one, asset *other)
{
    return one && strcmp(one->key, other->key) < 0 ? one : other;
}

asset *naming_root(const collection *c, root r)
{
    const char *name = root_name(r);
    asset *archived = NULL, *named = NULL, *alike = NULL;
    for (size_t i = 0; i < c->n; i++) {
        asset *d = c->assets[i];
        bool is_root = d->root_of && strcmp(d->root_of, name) == 0;
        if (is_root && !d->archived)
            return d;
        if (is_root && !archived)
            archived = d;
        if (!named && adoptable(d) && strcmp(d->name, name) == 0)
            named = d;
        if (adoptable(d) && is_alike(d, name))
            alike = lower_key(alike, d);
    }
    return archived ? archived : named ? named : alike;
}

static void find_roots(naming *n, const bool chosen[KINDS], root_place roots[ROOTS])
{
    arena *a = n->p->arena;
    const bool wanted[ROOTS] = {true, true, chosen[KIND_EDIT], chosen[KIND_CONCEPT]};
    for (int r = 0; r < ROOTS; r++) {
        root_place *place = &roots[r];
        const char *name = root_name((root)r);
        *place = (root_place){.asset = wanted[r] ? naming_root(n->c, (root)r) : NULL};
        if (place->asset) {
            place->asset->root_of = name; /* of this plan on: no entity adopts it */
            place->key = place->asset->key;
            place->id = place->asset->id;
        } else if (wanted[r]) {
            place->key = new_id(n, arena_printf(a, "root:%s", name));
            place->id = json_oid(a, place->key);
        }
    }
}

/* A document that keeps the name goes before a root that is not there yet. */
static void check_roots(naming *n, root_place roots[ROOTS])
{
    for (int r = 0; r < ROOTS; r++) {
        if (!roots[r].key || (roots[r].asset && !roots[r].asset->archived))
            continue;
        const claim *c = claim_of(n, root_name((root)r));
        if (c->holders == 1 && !c->bids)
            continue;
        msg_warn("%s: the root \"%s\" can't be made: another document has that name", n->c->coll,
                 root_name((root)r));
        roots[r].key = NULL;
    }
}

/* ---- all of it ------------------------------------------------------------------ */

asset *naming_unlinked(const collection *c, const production *p, const entity *e)
{
    asset *d = collection_find(c, naming_id(p->arena, p->id, e->id));
    bool ours =
        d && !d->zou_id && !d->root_of && json_is(json_get(&d->document, "data"), JSON_OBJECT);
    return ours ? d : NULL;
}

/* Entities and documents that belong together by id. */
static void bind_documents(naming *n, const bool chosen[KINDS])
{
    for (size_t i = 0; i < n->c->n; i++)
        n->c->assets[i]->entity = NULL;
    for (size_t i = 0; i < n->p->n; i++) {
        entity *e = n->p->entities[i];
        HASH_FIND(hh_zou, n->c->by_zou, e->id, strlen(e->id), e->asset);
        if (!e->asset)
            e->asset = naming_unlinked(n->c, n->p, e);
        if (e->asset)
            e->asset->entity = e;
        e->made_again = false;
        e->rivals = NULL;
        e->twin = NULL;
        e->doc_id = e->asset ? e->asset->key : new_id(n, e->id);
        if (!chosen[e->kind]) {
            e->state = ENTITY_SKIPPED;
            e->passed_on = true;
        }
    }
}

static void check_names(production *p)
{
    for (size_t i = 0; i < p->n; i++) {
        entity *e = p->entities[i];
        if (e->state != ENTITY_LIVE)
            continue;
        find_place(p, e);
        e->own_name = name_usable(p->arena, e->name, false, p->converts_names);
        if (!e->own_name && !e->no_document)
            production_skip(p, e, "name", name_reason(p->arena, e->name, false));
    }
}

static void hold_names(naming *n, const bool chosen[KINDS], root_place roots[ROOTS])
{
    for (size_t i = 0; i < n->c->n; i++) {
        asset *d = n->c->assets[i];
        if (naming_is_untouched(n->p, d, chosen) && !collection_is_second(d))
            hold_name(n, d);
    }
    /* A root that is still to be made, or to be revived, has its name before
     * all that do not have it yet. */
    for (int r = 0; r < ROOTS; r++)
        if (roots[r].key && (!roots[r].asset || roots[r].asset->archived)) {
            asset *future = arena_alloc(n->p->arena, sizeof *future);
            *future = (asset){.name = root_name((root)r), .key = roots[r].key, .root_of = ""};
            hold_name(n, future);
        }
}

/* ---- archived documents in the way ----------------------------------------------- */

typedef struct archived_name {
    const char *name;
    const asset *asset;
    struct archived_name *next; /* of the same name */
    UT_hash_handle hh;
} archived_name;

/* Documents of what Kitsu has or had that are archived, or that this plan archives, by
 * their names; but for those that come back with it. */
static archived_name *list_archived(const naming *n, const bool chosen[KINDS])
{
    archived_name *all = NULL;
    for (size_t i = n->c->n; i-- > 0;) { /* backwards: each list in order */
        const asset *d = n->c->assets[i];
        bool comes_back = d->entity && d->entity->state == ENTITY_LIVE;
        if (!d->zou_id || comes_back || collection_is_second(d) ||
            !(d->archived || naming_is_obsolete(n->p, d, chosen)))
            continue;
        archived_name *x = arena_alloc(n->p->arena, sizeof *x), *same = NULL;
        *x = (archived_name){.name = d->name, .asset = d};
        HASH_FIND_STR(all, d->name, same);
        if (same) {
            x->next = same->next;
            same->next = x;
        } else {
            HASH_ADD_KEYPTR(hh, all, x->name, strlen(x->name), x);
        }
    }
    return all;
}

static void check_archived(const naming *n, entity *e, archived_name *all)
{
    archived_name *x = NULL;
    HASH_FIND_STR(all, e->doc_name, x);
    while (x && !meets_archived(n, e, x->asset))
        x = x->next;
}

static void find_wanted_names(naming *n, const bool chosen[KINDS])
{
    production *p = n->p;
    archived_name *archived = list_archived(n, chosen);
    for (size_t i = 0; i < p->n; i++) {
        entity *e = p->entities[i];
        if (e->state != ENTITY_LIVE)
            continue;
        e->doc_name = wanted_name(p->arena, e);
        if (!e->asset && !e->no_document)
            check_archived(n, e, archived);
    }
    HASH_CLEAR(hh, archived);
}

static void place_bids(naming *n)
{
    production *p = n->p;
    for (size_t i = p->n; i-- > 0;) { /* backwards: each claim's list in order */
        entity *e = p->entities[i];
        if (e->state != ENTITY_LIVE || e->no_document)
            continue;
        bid *b = arena_alloc(p->arena, sizeof *b);
        *b = (bid){.entity = e, .claim = claim_of(n, e->doc_name)};
        b->next = b->claim->bids;
        if (b->next)
            b->next->previous = b;
        b->claim->bids = b;
        HASH_ADD_PTR(n->bids, entity, b);
    }
}

bool naming_can_have_children(entity *e)
{
    if (e->state == ENTITY_LIVE)
        return true;
    static const char *const unread[] = {"size", "depth", "encoding"};
    bool is_unread = false;
    for (size_t i = 0; e->state == ENTITY_SKIPPED && i < sizeof unread / sizeof *unread; i++)
        is_unread |= strcmp(e->skip_code, unread[i]) == 0;
    if (!is_unread || !e->asset || e->asset->archived)
        return false;
    e->doc_name = e->asset->name;
    return true;
}

/* After the names are settled: adoptions, and assets below types that got no
 * document, which go right below the root. */
static void settle_places(naming *n, root_place roots[ROOTS])
{
    production *p = n->p;
    for (size_t i = 0; i < p->n; i++) {
        entity *e = p->entities[i];
        if (e->kind == KIND_ASSET_TYPE && e->state == ENTITY_SKIPPED &&
            !naming_can_have_children(e))
            msg_warn("asset type \"%s\" is skipped: its assets go right below \"%s\"", e->name,
                     root_name(ROOT_ASSETS));
        if (e->state != ENTITY_LIVE)
            continue;
        e->doc_parent =
            e->doc_parent && naming_can_have_children(e->doc_parent) ? e->doc_parent : NULL;
        if (!e->doc_parent && !roots[root_above(e->kind)].key) {
            production_skip(p, e, "parent", "its root document can't be made");
            continue;
        }
        bid *b;
        HASH_FIND_PTR(n->bids, &e, b);
        if (b && b->claim->holders == 1 && !e->asset && adoptable(b->claim->holder)) {
            e->asset = b->claim->holder;
            e->asset->entity = e;
            e->doc_id = e->asset->key;
        }
    }
}

void naming_resolve(production *p, collection *c, const bool chosen[KINDS], root_place roots[ROOTS])
{
    naming n = {.p = p, .c = c};
    bind_documents(&n, chosen);
    check_names(p);
    find_roots(&n, chosen, roots);
    naming_bind_again(p, c, chosen, roots);
    hold_names(&n, chosen, roots);
    find_wanted_names(&n, chosen);
    place_bids(&n);
    settle_claims(&n);
    check_roots(&n, roots);
    settle_places(&n, roots);
    naming_bind_again(p, c, chosen, roots); /* assets whose type lost its name are elsewhere now */
    HASH_CLEAR(hh, n.claims);
    HASH_CLEAR(hh, n.bids);
}
