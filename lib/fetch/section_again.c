#include "fetch/section_again.h"

#include "fetch/section_entities.h"
#include "fetch/section_old.h"
#include "fetch/section_store.h"

/* ---- made again --------------------------------------------------------------- */

static bool doubt(section_run *r, const char *id, kind k)
{
    section_item *i = section_items_add(&r->items, id, k);
    bool more = !i->record && !i->doubtful && !i->elsewhere;
    i->doubtful = true;
    i->wanted = true;
    return more;
}

typedef struct doubts {
    section_run *run;
    bool *more;
} doubts;

static void doubt_old(void *context, const char *id, kind k)
{
    doubts *d = context;
    *d->more |= doubt(d->run, id, k);
}

static bool find_again(section_run *r, bool *more)
{
    return section_old_find(r, doubt_old, &(doubts){r, more});
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
