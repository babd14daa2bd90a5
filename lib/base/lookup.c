#include "base/lookup.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#define FEW (sizeof((lookup *)0)->few / sizeof *((lookup *)0)->few)

struct lookup_entry {
    const char *name;
    void *thing;
    UT_hash_handle hh;
};

void lookup_free(lookup *l)
{
    lookup_entry *all = l->table;
    HASH_CLEAR(hh, l->table);
    for (lookup_entry *x = all, *next; x; x = next) {
        next = x->hh.next;
        free(x);
    }
    l->n = 0;
}

void *lookup_find(const lookup *l, const char *name)
{
    lookup_entry *x = NULL;
    for (size_t i = 0; name && i < l->n && i < FEW; i++)
        if (strcmp(l->few[i].name, name) == 0)
            return l->few[i].thing;
    if (name && l->n > FEW)
        HASH_FIND_STR(l->table, name, x);
    return x ? x->thing : NULL;
}

void *lookup_add(lookup *l, const char *name, const void *thing)
{
    void *known = lookup_find(l, name);
    if (known)
        return known;
    if (l->n < FEW) {
        l->few[l->n].name = name;
        l->few[l->n].thing = (void *)thing;
    } else {
        lookup_entry *x = xmalloc(sizeof *x);
        *x = (lookup_entry){.name = name, .thing = (void *)thing};
        HASH_ADD_KEYPTR(hh, l->table, x->name, strlen(x->name), x);
    }
    l->n++;
    return (void *)thing;
}
