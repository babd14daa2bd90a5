/* equal.c - whether two trees are equal. */
#include "base/mem.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

static bool numbers_equal(const json *a, const json *b)
{
    if (strcmp(a->text, b->text) == 0)
        return true;
    int64_t n, m;
    bool whole = json_int64(a, &n);
    if (whole != json_int64(b, &m))
        return false;
    if (whole)
        return n == m;
    if (json_is_integer(a) || json_is_integer(b))
        return false; /* beyond int64_t, and not the same digits */
    double x, y;
    return json_double(a, &x) && json_double(b, &y) && x == y;
}

/* Few, people on a task: more than MAX_SET are compared in their order. */
static bool sets_equal(const json *a, const json *b)
{
    enum { MAX_SET = 1000 };
    for (uint32_t i = 0; i < a->len && a->len <= MAX_SET; i++) {
        uint32_t in_a = 0, in_b = 0;
        for (uint32_t k = 0; k < a->len; k++) {
            in_a += json_equal(&a->items[i], &a->items[k], NULL);
            in_b += json_equal(&a->items[i], &b->items[k], NULL);
        }
        if (in_a != in_b)
            return false;
    }
    return a->len <= MAX_SET;
}

static bool is_set(const json *object, const char *key, const char *set_key)
{
    const char *type = json_text(json_get(object, "type"));
    return set_key && strcmp(key, set_key) == 0 && type && strcmp(type, "Task") == 0;
}

static int by_key(const void *x, const void *y)
{
    return strcmp((*(const json_member *const *)x)->key, (*(const json_member *const *)y)->key);
}

static const json_member **sorted_members(const json *object)
{
    const json_member **sorted = xmalloc(object->len * sizeof(json_member *));
    for (uint32_t i = 0; i < object->len; i++)
        sorted[i] = &object->members[i];
    qsort(sorted, object->len, sizeof(json_member *), by_key);
    return sorted;
}

/* For objects whose keys are many and stand in another order. */
static bool sorted_equal(const json *a, const json *b, const char *set_key)
{
    const json_member **x = sorted_members(a), **y = sorted_members(b);
    bool equal = true;
    for (uint32_t i = 0; equal && i < a->len; i++)
        equal =
            strcmp(x[i]->key, y[i]->key) == 0 && json_equal(&x[i]->value, &y[i]->value, set_key);
    free(x);
    free(y);
    return equal;
}

static bool objects_equal(const json *a, const json *b, const char *set_key)
{
    enum { MANY = 256 };
    if (a->len != b->len)
        return false;
    for (uint32_t i = 0; i < a->len; i++) {
        const char *key = a->members[i].key, *other = b->members[i].key;
        bool same = key == other || strcmp(key, other) == 0;
        if (!same && a->len > MANY)
            return sorted_equal(a, b, set_key);
        const json *x = &a->members[i].value, *y = same ? &b->members[i].value : json_get(b, key);
        if (json_equal(x, y, set_key))
            continue;
        if (!json_is(x, JSON_ARRAY) || !json_is(y, JSON_ARRAY) || x->len != y->len ||
            !is_set(a, key, set_key) || !sets_equal(x, y))
            return false;
    }
    return true;
}

bool json_equal(const json *a, const json *b, const char *set_key)
{
    if (!a || !b)
        return a == b;
    if (a == b)
        return true;
    if (a->type != b->type)
        return false;
    switch ((json_type)a->type) {
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE: return true;
    case JSON_NUMBER: return numbers_equal(a, b);
    case JSON_STRING: return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
    case JSON_ARRAY:
        if (a->len != b->len)
            return false;
        for (uint32_t i = 0; i < a->len; i++)
            if (!json_equal(&a->items[i], &b->items[i], set_key))
                return false;
        return true;
    case JSON_OBJECT: return objects_equal(a, b, set_key);
    }
    return false;
}
