#include "model/input_links.h"

#include "base/msg.h"

#include <string.h>

/* One document under way. */
typedef struct list {
    const production *p;
    const collection *c;
    const bool *chosen;
    const entity *e;
    const json *there; /* an array, or NULL */
    json ours, theirs; /* arrays: its members */
    bool made;         /* links of entities, which stay in the arena */
} list;

/* ---- what a link leads to ------------------------------------------------------- */

/* Whether a document is live once the plan is carried out, though no live entity has it. */
static bool stays_live(const list *l, const asset *d)
{
    bool is_lost = naming_is_lost(l->p, d, l->chosen) && !l->p->keeps_all;
    return !d->archived && !is_lost && !naming_is_obsolete(l->p, d, l->chosen);
}

static bool is_own(const asset *d)
{
    return d->entity && d->entity->asset == d && d->entity->state == ENTITY_LIVE;
}

/* Whether an asset of Kitsu's will have a live document. */
static bool has_document(const list *l, const entity *x)
{
    const asset *d = x->asset;
    if (x->state == ENTITY_LIVE)
        return d || x->doc_id;
    return d && d->entity == x && stays_live(l, d);
}

static json new_link(arena *a, const entity *x)
{
    json link = json_object();
    json_add(a, &link, "id", x->asset ? x->asset->id : json_oid(a, x->doc_id));
    json_add(a, &link, "linkedBy", json_string(a, "kitsu"));
    json_add(a, &link, "type", json_string(a, "breakdown"));
    return link;
}

/* The link to the live document of an asset of Kitsu's, made once for all that cast it. NULL:
 * there is none, or it is no asset of this project. */
static const json *link_to(list *l, const char *id)
{
    entity *x = production_find(l->p, id);
    if (!x || x->kind != KIND_ASSET || x == l->e || !has_document(l, x))
        return NULL;
    if (json_is_null(&x->link)) {
        x->link = new_link(l->p->arena, x);
        l->made = true;
    }
    return json_text(json_at(&x->link, "id", "$oid", NULL)) ? &x->link : NULL;
}

bool input_links_end(const production *p, const asset *d, const bool chosen[KINDS])
{
    if (p->keeps_all || d->kind != KIND_ASSET)
        return false;
    bool made_again = d->entity && d->entity->asset == d && d->entity->made_again;
    return made_again || naming_is_lost(p, d, chosen) || naming_is_obsolete(p, d, chosen);
}

/* Whether a link of ours leads nowhere, of an entity whose casting is not known. A batch of
 * events tells only of what it ends, so that the plan is that which all documents give. */
static bool leads_nowhere(const list *l, const json *id)
{
    const asset *d = collection_find(l->c, json_id(l->p->arena, id));
    if (l->p->partial)
        return false;
    if (l->p->events)
        return d && input_links_end(l->p, d, l->chosen);
    return !d || !(is_own(d) || stays_live(l, d));
}

/* ---- what is there --------------------------------------------------------------- */

static bool is_ours(const json *link)
{
    return json_is(link, JSON_OBJECT) && json_text_is(json_get(link, "linkedBy"), "kitsu") &&
           json_text_is(json_get(link, "type"), "breakdown") &&
           json_text(json_at(link, "id", "$oid", NULL));
}

static void part(list *l)
{
    l->ours = l->theirs = json_array();
    for (uint32_t i = 0; l->there && i < l->there->len; i++)
        json_push(l->p->arena, is_ours(&l->there->items[i]) ? &l->ours : &l->theirs,
                  l->there->items[i]);
}

static const char *id_of(const json *link)
{
    return json_text(json_at(link, "id", "$oid", NULL));
}

static int by_id(const void *x, const void *y)
{
    return strcmp(id_of(x), id_of(y));
}

/* ---- what is wanted ---------------------------------------------------------------- */

static json of_kitsu(list *l)
{
    json links = json_array();
    size_t n;
    /* It sorts itself and its ids at the first question, which changes nothing of it. */
    const cast_link *cast = casting_of((casting *)&l->p->casting, l->e->id, &n);
    for (size_t i = 0; i < n; i++) {
        const json *link = link_to(l, cast[i].out);
        if (link)
            json_push(l->p->arena, &links, *link);
    }
    json_sort_once(&links, by_id);
    return links;
}

static json of_before(const list *l)
{
    json links = json_array();
    for (uint32_t i = 0; i < l->ours.len; i++)
        if (!leads_nowhere(l, json_get(&l->ours.items[i], "id")))
            json_push(l->p->arena, &links, l->ours.items[i]);
    json_sort_once(&links, by_id);
    return links;
}

/* Whether two sorted lists lead to the same; what is in `links` already is as it was. */
static bool keep_equal(const json *before, json *links)
{
    uint32_t same = 0;
    for (uint32_t i = 0, k = 0; i < before->len && k < links->len;) {
        int order = by_id(&before->items[i], &links->items[k]);
        if (order == 0) {
            links->items[k] = before->items[i];
            same++;
        }
        i += order <= 0;
        k += order >= 0;
    }
    return same == before->len && same == links->len;
}

bool input_links_differ(const production *p, const collection *c, const bool chosen[KINDS],
                        const entity *e, const json *there, json *wanted)
{
    list l = {.p = p, .c = c, .chosen = chosen, .e = e};
    if (e->kind != KIND_SHOT && e->kind != KIND_ASSET)
        return false;
    if (there && !json_is(there, JSON_ARRAY)) {
        msg_warn("%s: data.inputLinks of %s \"%s\" is no list: left as it is", p->name,
                 kind_name(e->kind), production_place(p->arena, e));
        return false;
    }
    l.there = there;
    arena_mark before = arena_here(p->arena);
    part(&l);
    json links = production_knows_casting(p, e) ? of_kitsu(&l) : of_before(&l);
    json_sort_once(&l.ours, by_id);
    if (keep_equal(&l.ours, &links)) {
        if (!l.made)
            arena_back(p->arena, before);
        return false;
    }
    *wanted = l.theirs.len ? l.theirs : links;
    for (uint32_t i = 0; l.theirs.len && i < links.len; i++)
        json_push(p->arena, wanted, links.items[i]);
    return true;
}
