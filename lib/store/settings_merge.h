/* settings_merge.h - one layer of settings over another, as OpenPype merges them
 * (merge_overrides in OpenPype's settings/lib.py).
 *
 * Objects are merged key by key, all else is replaced. A layer's `__overriden_keys__`
 * lists the keys beside it that it replaces whole. That key and
 * `__dynamic_keys_labels__` are OpenPype's notes to itself, no settings. */
#ifndef OPKITSU_STORE_SETTINGS_MERGE_H
#define OPKITSU_STORE_SETTINGS_MERGE_H

#include "json/json.h"

#define SETTINGS_OVERRIDDEN "__overriden_keys__"

/* Merge `over` into a copy of `under`, which has no notes; nor has the result. */
json settings_merge(arena *a, const json *under, const json *over);
/* Whether a layer says what is at this path (dotted, keys of objects), or that nothing
 * is. */
bool settings_decides(const json *layer, const char *path);

#endif
