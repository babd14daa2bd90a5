#include "diff/emptied.h"

#include "model/change_builder.h"
#include "model/location.h"

#include <string.h>

static asset *above(const mapping *m, const asset *d)
{
    return collection_find(m->collection, d->parent_key);
}

static bool is_any_root(const asset *d)
{
    for (int r = 0; r < ROOTS; r++)
        if (naming_is_root(d, (root)r))
            return true;
    return d->root_of != NULL;
}

/* Whether a push takes everything there for assets, but for what lies right below the root. */
static bool is_deep_below_assets(const mapping *m, const asset *d)
{
    enum { MAX_ANCESTORS = 64 }; /* documents could point at each other in a ring */
    size_t steps = 0;
    const asset *up = above(m, d);
    while (up && !is_any_root(up) && steps++ < MAX_ANCESTORS)
        up = above(m, up);
    return steps > 0 && up && naming_is_root(up, ROOT_ASSETS);
}

static bool is_folder(const mapping *m, const asset *d)
{
    const json *data = json_get(&d->document, "data");
    return !d->zou_id && !d->entity && !d->archived && json_is(data, JSON_OBJECT) &&
           !json_get(data, "entityType") && !is_any_root(d) && !is_deep_below_assets(m, d);
}

/* Whether the document of a live entity goes elsewhere. */
static bool is_moved(const mapping *m, const asset *d)
{
    const entity *e = d->entity;
    if (!e || e->asset != d || e->state != ENTITY_LIVE || e->no_document || d->archived)
        return false;
    const char *place = location_parent(&(location){m->collection, m->roots}, e);
    return place && d->parent_key && strcmp(place, d->parent_key) != 0;
}

static void note_left(const mapping *m, const asset *d)
{
    asset *folder = d->archived ? NULL : above(m, d);
    if (folder && is_folder(m, folder))
        folder->emptied = true;
}

void emptied_write(const obsolete_list *l, const mapping *m, change_output *out)
{
    const collection *c = m->collection;
    for (size_t i = 0; i < c->n; i++)
        if (is_moved(m, c->assets[i]))
            note_left(m, c->assets[i]);
    for (size_t i = 0; i < l->n; i++)
        note_left(m, l->assets[i]);
    for (size_t i = 0; i < c->n; i++) {
        const asset *d = c->assets[i];
        if (!d->emptied)
            continue;
        change_builder x = change_builder_new(m->arena, &d->document);
        change_builder_set(&x, json_string(m->arena, "Folder"), "data", "entityType", NULL);
        changes_write(out, m->arena, m->production->id,
                      change_builder_change(&x, c->db, c->coll, &d->id, json_null()));
    }
}
