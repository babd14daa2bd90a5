#include "push/places.h"

#include "model/names.h"

#include <string.h>

struct push_occupant {
    const char *place;
    const entity *entity;
    UT_hash_handle hh;
};

const char *push_place(push_plan *p, kind k, const char *parent, const char *name)
{
    const char *usable = name_usable(p->arena, name, false, p->naming->convert);
    return arena_printf(p->arena, "%d %s %s", (int)k, parent ? parent : "", usable ? usable : name);
}

const char *push_place_as_parent(const push_item *parent)
{
    return !parent ? NULL : parent->id ? parent->id : parent->place;
}

/* Of two entities of one place a live one, then one whose name needs no conversion. */
static bool is_better(const push_plan *p, const entity *e, const entity *other)
{
    if ((e->state == ENTITY_GONE) != (other->state == ENTITY_GONE))
        return other->state == ENTITY_GONE;
    return name_fault(p->arena, other->name, false) && !name_fault(p->arena, e->name, false);
}

void push_places_index(push_plan *p)
{
    const production *kitsu = p->kitsu->production;
    for (size_t n = 0; n < kitsu->n; n++) {
        const entity *e = kitsu->entities[n];
        const char *place = push_place(p, e->kind, e->parent_id, e->name);
        push_occupant *o = NULL;
        HASH_FIND_STR(p->occupants, place, o);
        if (!o) {
            o = arena_alloc(p->arena, sizeof *o);
            *o = (push_occupant){.place = place, .entity = e};
            HASH_ADD_KEYPTR(hh, p->occupants, o->place, strlen(o->place), o);
        } else if (is_better(p, e, o->entity)) {
            o->entity = e;
        }
    }
}

void push_places_free(push_plan *p)
{
    HASH_CLEAR(hh, p->occupants);
    HASH_CLEAR(hh_place, p->by_place);
}

const entity *push_place_entity(const push_plan *p, const char *place)
{
    push_occupant *o = NULL;
    HASH_FIND_STR(p->occupants, place, o);
    return o ? o->entity : NULL;
}

push_item *push_place_item(const push_plan *p, const char *place)
{
    push_item *i = NULL;
    HASH_FIND(hh_place, p->by_place, place, strlen(place), i);
    return i;
}

void push_place_occupy(push_plan *p, push_item *i, const char *place)
{
    i->place = place;
    HASH_ADD_KEYPTR(hh_place, p->by_place, i->place, strlen(i->place), i);
}
