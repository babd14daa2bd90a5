#include "model/casting.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void casting_free(casting *c)
{
    arena_free(c->ids);
    free(c->links);
    *c = (casting){0};
}

static const char *id_in(casting *c, const char *id)
{
    if (!c->ids)
        c->ids = arena_new();
    return arena_intern(c->ids, id, strlen(id));
}

void casting_add(casting *c, const char *in, const char *out)
{
    c->links = xgrow(c->links, c->n, &c->cap, sizeof *c->links);
    c->links[c->n++] = (cast_link){id_in(c, in), id_in(c, out)};
    c->sorted = false;
}

static int by_in(const void *x, const void *y)
{
    uintptr_t a = (uintptr_t)((const cast_link *)x)->in, b = (uintptr_t)((const cast_link *)y)->in;
    return a < b ? -1 : a > b;
}

/* The first link that is not of an entity before this one. */
static size_t first_of(const casting *c, const char *in)
{
    size_t from = 0, to = c->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if ((uintptr_t)c->links[middle].in < (uintptr_t)in)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const cast_link *casting_of(casting *c, const char *entity_id, size_t *n)
{
    *n = 0;
    if (c->n == 0)
        return NULL;
    if (!c->sorted)
        qsort(c->links, c->n, sizeof *c->links, by_in);
    c->sorted = true;
    const char *in = id_in(c, entity_id);
    size_t first = first_of(c, in);
    while (first + *n < c->n && c->links[first + *n].in == in)
        ++*n;
    return c->links + first;
}
