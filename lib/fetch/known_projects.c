#include "fetch/known_projects.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

known_project *known_projects_get(known_projects *k, const char *id)
{
    known_project *p;
    HASH_FIND_STR(k->table, id, p);
    if (!p) {
        p = xmalloc(sizeof *p);
        *p = (known_project){.id = ""};
        snprintf(p->id, sizeof p->id, "%s", id);
        HASH_ADD_STR(k->table, id, p);
    }
    return p;
}

void known_projects_forget_roles(known_projects *k)
{
    for (known_project *p = k->table; p; p = p->hh.next)
        p->role[0] = '\0';
}

void known_projects_free(known_projects *k)
{
    known_project *all = k->table;
    HASH_CLEAR(hh, k->table);
    for (known_project *p = all, *next; p; p = next) {
        next = p->hh.next;
        free(p);
    }
}
