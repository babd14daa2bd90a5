#include "push/places.h"

#include <string.h>

struct push_occupant {
    const char *place;
    const entity *entity;
    UT_hash_handle hh;
};

const char *push_place(push_plan *p, kind k, const char *parent, const char *name)
{
    return arena_printf(p->arena, "%d %s %s", (int)k, parent ? parent : "", name);
}

const char *push_place_as_parent(const push_item *parent)
{
    return !parent ? NULL : parent->id ? parent->id : parent->place;
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
        } else if (o->entity->state == ENTITY_GONE) {
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
