#include "json/path.h"

#include "base/lookup.h"

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
    const json_member *m = members_find(object, key, len);
    return m ? &m->value : NULL;
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

static bool is_kept(void *removed, json_member *m)
{
    return !lookup_find(removed, m->key);
}

/* How many of the changes, whose paths count from `skip` on, begin with the first one's first
 * key. */
static size_t same_key(const path_change *c, size_t n, size_t skip)
{
    const char *key = c->path + skip;
    size_t len = key_len(key), same = 1;
    while (same < n && strncmp(c[same].path + skip, key, len) == 0 &&
           c[same].path[skip + len] == '.')
        same++;
    return same;
}

/* One copy for all: there may be as many changes as the object has members. `object` NULL: a
 * new one. */
static json change_all(arena *a, const json *object, const path_change *c, size_t n, size_t skip)
{
    json copy = object ? json_copy_shallow(a, object) : json_object();
    lookup removed = {0};
    for (size_t i = 0, same; i < n; i += same) {
        const char *path = c[i].path + skip;
        bool ends = !rest_of(path), sets = false;
        same = same_key(c + i, n - i, skip);
        if (ends && !c[i].value) {
            lookup_add(&removed, path, path);
            continue;
        }
        json value;
        const char *key = arena_intern(a, path, key_len(path));
        for (size_t k = i; k < i + same; k++)
            sets |= c[k].value != NULL;
        const json *inner = json_get(&copy, key);
        if (ends)
            value = *c[i].value;
        else if (sets || json_is(inner, JSON_OBJECT))
            value = change_all(a, inner, c + i, same, skip + key_len(path) + 1);
        else
            continue;
        json_set(a, &copy, key, value);
    }
    if (removed.n)
        json_keep(&copy, is_kept, &removed);
    lookup_free(&removed);
    return copy;
}

json path_change_all(arena *a, const json *object, const path_change *changes, size_t n)
{
    return change_all(a, object, changes, n, 0);
}
