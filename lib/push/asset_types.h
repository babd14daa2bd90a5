/* asset_types.h - the asset types of the server, which all projects share, as a plan
 * uses them. */
#ifndef OPKITSU_PUSH_ASSET_TYPES_H
#define OPKITSU_PUSH_ASSET_TYPES_H

#include "push/items.h"

/* Before all others, once Kitsu's are known. */
void push_asset_types_index(push_plan *p);
void push_asset_types_free(push_plan *p);

/* The one of this id, borrowed; NULL: none, or no id. */
const json *push_asset_type_of(const push_plan *p, const char *id);
/* The oldest of this name, else the oldest whose name a document has as this one,
 * converted; borrowed; NULL: none. */
const json *push_asset_type_named(const push_plan *p, const char *name);
/* Whether the project uses one of this name, or one that a document has as this one. */
bool push_asset_type_is_used(const push_plan *p, const char *name);

/* Make the item Kitsu's type; NULL: leave it to be made. */
void push_asset_type_take(push_item *i, const json *type);
/* The item of this name, added to the plan if there is none. */
push_item *push_asset_type_item(push_plan *p, const char *name);
/* The first type that the project is set to use, else the server's first. The types
 * that it happens to use do not count, as a push changes them. NULL: the server has
 * none. */
push_item *push_asset_type_first(push_plan *p);

#endif
