#include "push/asset_types.h"

#include "model/names.h"
#include "push/places.h"

#include <string.h>

/* Whether a type's name is that of a document, or is once converted. Zou does not take two
 * that differ only in case. */
static bool is_named(const push_plan *p, const char *type, const char *name)
{
    const char *usable = type ? name_usable(p->arena, type, false, p->naming->convert) : NULL;
    return type && strcasecmp(usable ? usable : type, name) == 0;
}

const json *push_asset_type_named(const push_plan *p, const char *name)
{
    const json *exact = push_asset_type_find(p, "name", name);
    for (uint32_t n = 0; !exact && n < p->kitsu->asset_types.len; n++) {
        const json *type = &p->kitsu->asset_types.items[n];
        if (is_named(p, json_text(json_get(type, "name")), name))
            exact = type;
    }
    return exact;
}

const json *push_asset_type_find(const push_plan *p, const char *key, const char *value)
{
    for (uint32_t n = 0; value && n < p->kitsu->asset_types.len; n++) {
        const json *type = &p->kitsu->asset_types.items[n];
        const char *text = json_text(json_get(type, key));
        if (text && strcmp(text, value) == 0)
            return type;
    }
    return NULL;
}

bool push_asset_type_is_used(const push_plan *p, const char *name)
{
    const production *kitsu = p->kitsu->production;
    for (size_t n = 0; n < kitsu->n; n++)
        if (kitsu->entities[n]->kind == KIND_ASSET_TYPE &&
            is_named(p, kitsu->entities[n]->name, name))
            return true;
    return false;
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
    const json *types = &p->kitsu->asset_types;
    const char *first = NULL;
    for (uint32_t n = 0; n < types->len; n++) {
        const char *name = json_text(json_get(&types->items[n], "name"));
        const char *id = json_text(json_get(&types->items[n], "id"));
        if (name && id && push_kitsu_lists(p->kitsu, "asset_types", id))
            return push_asset_type_item(p, name);
        first = first ? first : name;
    }
    return first ? push_asset_type_item(p, first) : NULL;
}
