#include "model/place.h"

const char *place_name(arena *a, const entity *e)
{
    const char *name = e->name;
    unsigned depth = 0; /* parents may form a ring */
    for (const entity *p = e->parent; p && depth < KIND_ENTITIES; p = p->parent, depth++)
        name = arena_printf(a, "%s/%s", p->name, name);
    return name;
}
