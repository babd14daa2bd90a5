#include "model/folder_names.h"

#include "base/hash.h"
#include "base/msg.h"
#include "model/location.h"

#include <string.h>

typedef struct folder {
    const char *key; /* the parent's `_id`, and the name in small letters */
    const char *name;
    bool is_new;
    UT_hash_handle hh;
} folder;

static const char *key_of(arena *a, const char *parent, const char *name)
{
    char *key = arena_printf(a, "%s/%s", parent ? parent : "", name);
    for (char *c = key; *c; c++) /* a name has letters of ASCII only */
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    return key;
}

static void add(folder **all, const production *p, const char *parent, const char *name,
                bool is_new)
{
    const char *key = key_of(p->arena, parent, name);
    folder *other;
    HASH_FIND_STR(*all, key, other);
    if (!other) {
        folder *f = arena_alloc(p->arena, sizeof *f);
        *f = (folder){.key = key, .name = name, .is_new = is_new};
        HASH_ADD_KEYPTR(hh, *all, f->key, strlen(f->key), f);
    } else if (strcmp(other->name, name) != 0 && (!p->events || is_new || other->is_new)) {
        msg_warn("%s: \"%s\" and \"%s\" are one folder on Windows and macOS", p->name, other->name,
                 name);
    }
}

void folder_names_check(const production *p, const collection *c, const bool chosen[KINDS],
                        const root_place roots[ROOTS])
{
    folder *all = NULL;
    for (size_t i = 0; i < c->n; i++) {
        const asset *d = c->assets[i];
        if (naming_is_untouched(p, d, chosen))
            add(&all, p, d->parent_key, d->name, false);
    }
    for (size_t i = 0; i < p->n; i++) {
        const entity *e = p->entities[i];
        if (e->state != ENTITY_LIVE || e->no_document)
            continue;
        const char *parent = location_parent(&(location){c, roots}, e);
        bool is_new = !e->asset || e->asset->archived || strcmp(e->asset->name, e->doc_name) != 0;
        add(&all, p, parent, e->doc_name, is_new);
    }
    HASH_CLEAR(hh, all);
}
