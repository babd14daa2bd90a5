#include "fetch/section_links.h"

#include "fetch/castings.h"

#include <string.h>

/* A reading of links under way. */
typedef struct reading {
    section_run *run;
    idset *ids;   /* owned: whose */
    bool by_out;  /* they are cast, and not cast in */
    bool stopped; /* the section would hold too much */
    bool more;    /* an entity was added */
} reading;

/* ---- asking --------------------------------------------------------------------- */

static bool keep_link(reading *r, const entity_link *l)
{
    section_run *run = r->run;
    arena *a = run->arena;
    json_element e = {.len = l->label ? l->label->len : 0};
    if (!section_run_hold(run, &e))
        return false;
    json link = json_object();
    if (l->id)
        json_add(a, &link, "id", json_message(a, l->id));
    json_add(a, &link, "in", json_string(a, l->entity_in_id));
    json_add(a, &link, "out", json_string(a, l->entity_out_id));
    if (l->nb_occurences)
        json_add(a, &link, "nb", json_copy(a, l->nb_occurences));
    if (l->label)
        json_add(a, &link, "label", json_copy(a, l->label));
    json_push(a, &run->links, link);
    return true;
}

/* One that casts an asset which comes or goes. It may lie in another project, where no
 * document links to this one's. */
static void want(reading *r, const char *id)
{
    section_item *i = section_items_find(&r->run->items, id);
    if (i && (i->wanted || i->record || i->elsewhere))
        return;
    i = section_items_add(&r->run->items, id, KIND_NONE);
    i->wanted = i->by_link = true;
    r->more = true;
}

static bool take_link(void *context, const entity_link *l)
{
    reading *r = context;
    if (!idset_has_text(r->ids, r->by_out ? l->entity_out_id : l->entity_in_id))
        return true;
    if (r->by_out)
        want(r, l->entity_in_id);
    else
        r->stopped = !keep_link(r, l);
    return !r->stopped;
}

/* Read the links of these ids; `*view`: which could be read. */
static bool read_links(reading *r, const char **ids, size_t n, links_view *view)
{
    section_run *run = r->run;
    entity_links l = {.fn = take_link, .context = r};
    bulk_query query = {.path = r->by_out ? "/data/entity-links?entity_out_id="
                                          : "/data/entity-links?entity_in_id=",
                        .ids = ids,
                        .n = n};
    r->ids = idset_new();
    for (size_t i = 0; i < n; i++)
        idset_add_text(r->ids, ids[i]);
    zou_result result = ZOU_FORBIDDEN;
    if (zou_lists_sees_all(run->records->project.lists))
        result = entity_links_query(&l, run->zou, &query, run->e);
    if (result == ZOU_FORBIDDEN || result == ZOU_MISSING)
        result = entity_links_read(&l, &run->records->project, run->e);
    idset_free(r->ids);
    *view = l.view;
    if (result == ZOU_OK && l.spoilt) {
        castings_give_up(&run->records->castings, "a casting cannot be read");
        *view = LINKS_NONE;
    }
    return result == ZOU_OK || section_run_kitsu_failed(run, result);
}

/* ---- what casts what comes or goes ------------------------------------------------ */

static bool is_moving(const section_item *i)
{
    if (section_item_kind(i) != KIND_ASSET || !i->record || i->cast_sought)
        return false;
    return i->several || i->live == i->record->canceled;
}

bool section_links_find(section_run *r, bool *more)
{
    reading x = {.run = r, .by_out = true};
    links_view unused;
    size_t n;
    *more = false;
    if (r->records->project.partial)
        return true;
    const char **ids = section_items_select(&r->items, is_moving, &n);
    for (size_t k = 0; k < n; k++)
        section_items_find(&r->items, ids[k])->cast_sought = true;
    if (n > 0 && !read_links(&x, ids, n, &unused))
        return false;
    *more = x.more;
    return true;
}

/* ---- what is cast ------------------------------------------------------------------- */

static bool has_links(const section_item *i)
{
    kind k = i->record ? i->record->kind : KIND_NONE;
    return k == KIND_SHOT || k == KIND_ASSET;
}

static bool has_links_in_sequence(const section_item *i)
{
    return has_links(i) && i->record->kind == KIND_SHOT && i->record->parent_id;
}

/* Whether an empty list is believed. */
static bool believe(section_run *r, bool *believed)
{
    for (const section_item *i = r->items.table; i && r->links.len == 0; i = i->hh.next)
        if (has_links_in_sequence(i))
            castings_note(&r->records->castings, &i->record->element);
    *believed = true;
    if (r->links.len > 0)
        return true;
    zou_result result = castings_believe_none(&r->records->castings, believed, r->e);
    return result == ZOU_OK || section_run_kitsu_failed(r, result);
}

/* For End: of whom they are. */
static void note_whose(section_run *r, links_view view)
{
    size_t n = 0;
    json whose = json_array();
    section_item_test *test = view == LINKS_ALL ? has_links : has_links_in_sequence;
    const char **ids = section_items_select(&r->items, test, &n);
    for (size_t k = 0; k < n; k++)
        json_push(r->arena, &whose, json_string(r->arena, ids[k]));
    r->records->castings.cast = whose;
    r->records->castings.read = true;
}

bool section_links_read(section_run *r)
{
    reading x = {.run = r};
    size_t n;
    bool believed = true;
    links_view view = LINKS_ALL;
    if (r->records->project.partial)
        return true;
    const char **ids = section_items_select(&r->items, has_links, &n);
    if (n > 0 && (!read_links(&x, ids, n, &view) || !believe(r, &believed)))
        return false;
    if (view != LINKS_NONE && believed)
        note_whose(r, view);
    return true;
}

void section_links_write(section_run *r)
{
    if (!r->records->castings.read)
        return;
    for (uint32_t i = 0; i < r->links.len; i++) {
        const json *l = &r->links.items[i];
        castings_write_link(&r->records->castings,
                            &(entity_link){.id = json_text(json_get(l, "id")),
                                           .entity_in_id = json_text(json_get(l, "in")),
                                           .entity_out_id = json_text(json_get(l, "out")),
                                           .nb_occurences = json_get(l, "nb"),
                                           .label = json_get(l, "label")});
    }
}
