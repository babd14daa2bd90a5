#include "push/plan.h"

#include "model/naming.h"
#include "push/asset_types.h"
#include "push/fields.h"
#include "push/places.h"
#include "push/project_fields.h"
#include "push/resolve.h"
#include "push/tasks.h"

#include <stdlib.h>

/* Set `root_of` where the document itself does not say so. */
static void mark_roots(const collection *c)
{
    for (int r = 0; r < ROOTS; r++) {
        asset *d = naming_root(c, (root)r);
        if (d)
            d->root_of = root_name((root)r);
    }
}

void push_plan_make(push_plan *p, arena *a, const collection *c, push_kitsu *kitsu,
                    const push_naming *naming, const json *base)
{
    *p = (push_plan){.arena = a,
                     .c = c,
                     .kitsu = kitsu,
                     .naming = naming,
                     .project_fields = json_object(),
                     .base = json_is_null(base) ? json_object() : *base,
                     .skipped = json_array()};
    mark_roots(c);
    push_places_index(p);
    push_asset_types_index(p);
    push_resolve(p);
    push_project_fields_plan(p);
    push_fields_plan(p);
    push_tasks_plan(p);
}

void push_plan_free(push_plan *p)
{
    HASH_CLEAR(hh, p->by_document);
    push_places_free(p);
    push_asset_types_free(p);
    free(p->items);
    free(p->types);
}
