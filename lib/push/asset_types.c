#include "push/asset_types.h"

#include "model/names.h"
#include "push/places.h"

#include <string.h>

/* As a document has it: converted, if need be. */
static const char *document_name(const push_plan *p, const char *type)
{
    const char *usable = name_usable(p->arena, type, false, p->naming->convert);
    return push_small_letters(p->arena, usable ? usable : type);
}

void push_asset_types_index(push_plan *p)
{
    const json *types = &p->kitsu->asset_types;
    const production *kitsu = p->kitsu->production;
    idset *own = push_kitsu_lists(p->kitsu, "asset_types");
    const char *first = NULL;
    for (uint32_t n = 0; n < types->len; n++) {
        const json *type = &types->items[n];
        const char *name = json_text(json_get(type, "name")), *id = json_text(json_get(type, "id"));
        if (id)
            lookup_add(&p->asset_types.by_id, id, type);
        if (!name)
            continue;
        lookup_add(&p->asset_types.by_name, name, type);
        lookup_add(&p->asset_types.by_document, document_name(p, name), type);
        first = first ? first : name;
        if (!p->asset_types.first && idset_has_text(own, id))
            p->asset_types.first = name;
    }
    if (!p->asset_types.first)
        p->asset_types.first = first;
    for (size_t n = 0; n < kitsu->n; n++)
        if (kitsu->entities[n]->kind == KIND_ASSET_TYPE)
            lookup_add(&p->asset_types.used, document_name(p, kitsu->entities[n]->name),
                       kitsu->entities[n]);
    idset_free(own);
}

void push_asset_types_free(push_plan *p)
{
    lookup_free(&p->asset_types.by_id);
    lookup_free(&p->asset_types.by_name);
    lookup_free(&p->asset_types.by_document);
    lookup_free(&p->asset_types.used);
}

const json *push_asset_type_named(const push_plan *p, const char *name)
{
    const json *exact = lookup_find(&p->asset_types.by_name, name);
    return exact ? exact
                 : lookup_find(&p->asset_types.by_document, push_small_letters(p->arena, name));
}

const json *push_asset_type_of(const push_plan *p, const char *id)
{
    return lookup_find(&p->asset_types.by_id, id);
}

bool push_asset_type_is_used(const push_plan *p, const char *name)
{
    return lookup_find(&p->asset_types.used, push_small_letters(p->arena, name));
}

void push_asset_type_take(push_item *i, const json *type)
{
    if (!type)
        return;
    i->id = json_text(json_get(type, "id"));
    i->record = *type;
}

push_item *push_asset_type_item(push_plan *p, const char *name)
{
    const char *place = push_place(p, KIND_ASSET_TYPE, NULL, name);
    push_item *i = push_place_item(p, place);
    if (i)
        return i;
    i = push_item_new(p, NULL);
    i->kind = KIND_ASSET_TYPE;
    i->name = name;
    i->resolved = true;
    push_asset_type_take(i, push_asset_type_named(p, name));
    push_place_occupy(p, i, place);
    return i;
}

push_item *push_asset_type_first(push_plan *p)
{
    return p->asset_types.first ? push_asset_type_item(p, p->asset_types.first) : NULL;
}
