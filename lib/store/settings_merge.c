#include "store/settings_merge.h"

#include <string.h>

static bool is_note(const char *key)
{
    return strcmp(key, SETTINGS_OVERRIDDEN) == 0 || strcmp(key, "__dynamic_keys_labels__") == 0;
}

/* Without notes, at any depth, in lists too. */
static json cleaned(arena *a, const json *v)
{
    if (v->type != JSON_OBJECT && v->type != JSON_ARRAY)
        return *v;
    json out = v->type == JSON_OBJECT ? json_object() : json_array();
    for (uint32_t i = 0; i < v->len; i++)
        if (v->type == JSON_ARRAY)
            json_push(a, &out, cleaned(a, &v->items[i]));
        else if (!is_note(v->members[i].key))
            json_add(a, &out, v->members[i].key, cleaned(a, &v->members[i].value));
    return out;
}

json settings_merge(arena *a, const json *under, const json *over)
{
    if (!json_is(under, JSON_OBJECT) || !json_is(over, JSON_OBJECT))
        return cleaned(a, over);
    idset *replaced = json_text_set(json_get(over, SETTINGS_OVERRIDDEN));
    json merged = json_copy_shallow(a, under);
    for (uint32_t i = 0; i < over->len; i++) {
        const char *key = over->members[i].key;
        const json *value = &over->members[i].value, *below = json_get(under, key);
        if (is_note(key))
            continue;
        bool whole = !below || idset_has_text(replaced, key);
        json_set(a, &merged, key, whole ? cleaned(a, value) : settings_merge(a, below, value));
    }
    idset_free(replaced);
    return merged;
}

/* The member whose key is the first `len` bytes of `path`. */
static const json *member(const json *object, const char *path, size_t len)
{
    for (uint32_t i = 0; i < object->len; i++) {
        const char *key = object->members[i].key;
        if (strncmp(key, path, len) == 0 && key[len] == '\0')
            return &object->members[i].value;
    }
    return NULL;
}

static bool lists_key(const json *list, const char *path, size_t len)
{
    for (uint32_t i = 0; json_is(list, JSON_ARRAY) && i < list->len; i++) {
        const char *key = json_text(&list->items[i]);
        if (key && strncmp(key, path, len) == 0 && key[len] == '\0')
            return true;
    }
    return false;
}

bool settings_decides(const json *layer, const char *path)
{
    for (const json *v = layer; v; path += *path == '.') {
        size_t len = strcspn(path, ".");
        if (!*path || v->type != JSON_OBJECT)
            return true;
        bool replaced = lists_key(json_get(v, SETTINGS_OVERRIDDEN), path, len);
        v = member(v, path, len);
        if (v && replaced)
            return true;
        path += len;
    }
    return false;
}
