#include "json/path.h"

#include <string.h>

/* The first key's length. */
static size_t key_len(const char *path)
{
    return strcspn(path, ".");
}

/* The path behind the first key; NULL when it is the last. */
static const char *rest_of(const char *path)
{
    const char *dot = strchr(path, '.');
    return dot ? dot + 1 : NULL;
}

static const json *member(const json *object, const char *key, size_t len)
{
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    for (uint32_t i = 0; i < object->len; i++) {
        const char *k = object->members[i].key;
        if (strncmp(k, key, len) == 0 && k[len] == '\0')
            return &object->members[i].value;
    }
    return NULL;
}

bool path_valid(const char *path)
{
    if (key_len(path) == strlen("_id") && strncmp(path, "_id", strlen("_id")) == 0)
        return false;
    for (const char *p = path; p; p = rest_of(p))
        if (key_len(p) == 0 || *p == '$')
            return false;
    return true;
}

bool path_overlaps(const char *one, const char *other)
{
    size_t m = strlen(one), n = strlen(other), shorter = m < n ? m : n;
    if (strncmp(one, other, shorter) != 0)
        return false;
    return m == n || (m < n ? other : one)[shorter] == '.';
}

/* As strcmp, but the dot comes before every other character. */
int path_compare(const char *one, const char *other)
{
    while (*one && *one == *other)
        one++, other++;
    int x = *one == '.' ? 1 : *one ? 2 + (unsigned char)*one : 0;
    int y = *other == '.' ? 1 : *other ? 2 + (unsigned char)*other : 0;
    return x - y;
}

const json *path_get(const json *v, const char *path)
{
    for (const char *p = path; v && p; p = rest_of(p))
        v = member(v, p, key_len(p));
    return v;
}

bool path_blocked(const json *v, const char *path)
{
    for (const char *p = path; v && p; p = rest_of(p)) {
        if (v->type != JSON_OBJECT)
            return true;
        v = member(v, p, key_len(p));
    }
    return false;
}

json path_set(arena *a, const json *object, const char *path, json value)
{
    json copy = object ? json_copy_shallow(a, object) : json_object();
    const char *key = arena_intern(a, path, key_len(path)), *rest = rest_of(path);
    if (rest)
        value = path_set(a, json_get(&copy, key), rest, value);
    json_set(a, &copy, key, value);
    return copy;
}

json path_unset(arena *a, const json *object, const char *path)
{
    json copy = json_copy_shallow(a, object);
    const char *key = arena_intern(a, path, key_len(path)), *rest = rest_of(path);
    const json *inner = json_get(&copy, key);
    if (!rest)
        json_unset(&copy, key);
    else if (json_is(inner, JSON_OBJECT))
        json_set(a, &copy, key, path_unset(a, inner, rest));
    return copy;
}
