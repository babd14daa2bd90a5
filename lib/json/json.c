#include "json/json.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ------------------------------------------------------------ */

const json *json_at(const json *object, ...)
{
    va_list keys;
    va_start(keys, object);
    for (const char *key; (key = va_arg(keys, const char *));)
        object = json_get(object, key);
    va_end(keys);
    return object;
}

bool json_text_is(const json *v, const char *text)
{
    const char *own = json_text(v);
    return own && strcmp(own, text) == 0;
}

bool json_has_text(const json *list, const char *text)
{
    for (uint32_t i = 0; json_is(list, JSON_ARRAY) && i < list->len; i++)
        if (json_text_is(&list->items[i], text))
            return true;
    return false;
}

idset *json_text_set(const json *list)
{
    idset *set = idset_new();
    for (uint32_t i = 0; json_is(list, JSON_ARRAY) && i < list->len; i++)
        if (json_text(&list->items[i]))
            idset_add_text(set, list->items[i].text);
    return set;
}

void json_sort_once(json *list, int (*compare)(const void *, const void *))
{
    uint32_t kept = 0;
    if (list->len)
        qsort(list->items, list->len, sizeof *list->items, compare);
    for (uint32_t i = 0; i < list->len; i++)
        if (!kept || compare(&list->items[kept - 1], &list->items[i]) != 0)
            list->items[kept++] = list->items[i];
    list->len = kept;
}

bool json_is_null(const json *v)
{
    return !v || v->type == JSON_NULL;
}

bool json_is_plain(const json *v)
{
    return json_is(v, JSON_OBJECT) && (v->len == 0 || v->members[0].key[0] != '$');
}

bool json_true(const json *v)
{
    return json_is(v, JSON_TRUE);
}

bool json_is_integer(const json *v)
{
    return json_is(v, JSON_NUMBER) && !strpbrk(v->text, ".eE");
}

bool json_double(const json *v, double *out)
{
    if (!json_is(v, JSON_NUMBER))
        return false;
    double d = strtod(v->text, NULL);
    if (!isfinite(d))
        return false;
    *out = d;
    return true;
}

bool json_int64(const json *v, int64_t *out)
{
    if (json_is_integer(v)) {
        errno = 0;
        long long n = strtoll(v->text, NULL, 10);
        if (errno)
            return false;
        *out = n;
        return true;
    }
    double d;
    /* cppcheck-suppress incorrectLogicOperator ; cppcheck 2.10 takes 0x1p63 for 0 */
    if (!json_double(v, &d) || d != floor(d) || d < -0x1p63 || d >= 0x1p63)
        return false;
    *out = (int64_t)d;
    return true;
}

bool json_count(const json *v, int64_t *out)
{
    int64_t n;
    if (!json_int64(v, &n) || n < 0 || n > MAX_COUNT)
        return false;
    *out = n;
    return true;
}

unsigned json_depth(const json *v)
{
    unsigned deepest = 0;
    if (v->type != JSON_ARRAY && v->type != JSON_OBJECT)
        return 0;
    for (uint32_t i = 0; i < v->len; i++) {
        unsigned depth = json_depth(v->type == JSON_ARRAY ? &v->items[i] : &v->members[i].value);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

/* ---- making ------------------------------------------------------------- */

json json_null(void)
{
    return (json){.type = JSON_NULL};
}

json json_bool(bool value)
{
    return (json){.type = value ? JSON_TRUE : JSON_FALSE};
}

static json text_value(arena *a, json_type type, const char *text, size_t len)
{
    json v = {.type = type, .len = (uint32_t)len};
    v.text = arena_text(a, text, len);
    return v;
}

json json_number(arena *a, const char *token, size_t len)
{
    return text_value(a, JSON_NUMBER, token, len);
}

json json_stringn(arena *a, const char *text, size_t len)
{
    return text_value(a, JSON_STRING, text, len);
}

json json_string(arena *a, const char *text)
{
    return json_stringn(a, text, strlen(text));
}

json json_message(arena *a, const char *text)
{
    size_t len = strlen(text);
    char *clean = arena_text(a, text, len);
    for (size_t i = utf8_bad(clean, len); i < len; i += utf8_bad(clean + i, len - i))
        clean[i] = '?';
    return json_stringn(a, clean, len);
}

/* Put the decimal digits before `end`, where something follows them. Returns their
 * beginning. Numbers are most of what is converted, and printf takes five times as long. */
static char *put_digits(char *end, int64_t value)
{
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--end = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--end = '-';
    return end;
}

json json_integer(arena *a, int64_t value)
{
    char text[24], *end = text + sizeof text, *start = put_digits(end, value);
    return text_value(a, JSON_NUMBER, start, (size_t)(end - start));
}

#define MAX_WHOLE 1e15 /* above it 15 digits are not all: the shortest text has an exponent */

static json whole_real(arena *a, double value)
{
    char text[24] = "", *end = text + sizeof text;
    *--end = '0';
    *--end = '.';
    char *start = put_digits(end, (int64_t)value);
    return text_value(a, JSON_NUMBER, start, (size_t)(end + 2 - start));
}

json json_real(arena *a, double value)
{
    char text[40];
    if (fabs(value) < MAX_WHOLE && value == floor(value) && (value != 0 || !signbit(value)))
        return whole_real(a, value);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    if (!strpbrk(text, ".e"))
        strcat(text, ".0");
    return text_value(a, JSON_NUMBER, text, strlen(text));
}

json json_oid(arena *a, const char *hex)
{
    json id = json_object();
    json_add(a, &id, "$oid", json_string(a, hex));
    return id;
}

json json_object(void)
{
    return (json){.type = JSON_OBJECT};
}

json json_array(void)
{
    return (json){.type = JSON_ARRAY};
}

/* Made containers hold 4, 8, 16 … entries, so that they are full when their length is such
 * a number. An empty one has no memory. How many one of `len` entries holds: */
static size_t held_by(uint32_t len)
{
    size_t held = 4;
    while (held < len)
        held *= 2;
    return held;
}

static bool is_full(uint32_t len)
{
    return len == 0 || (len >= 4 && (len & (len - 1)) == 0);
}

static size_t more_than(uint32_t len)
{
    return len ? (size_t)len * 2 : 4;
}

static json_member *copy_room(arena *a, const json *v)
{
    return v->len ? members_room(a, held_by(v->len)) : NULL;
}

static json *item_room(arena *a, const json *v)
{
    return v->len ? arena_alloc(a, held_by(v->len) * sizeof *v->items) : NULL;
}

void json_add(arena *a, json *object, const char *key, json value)
{
    bool full = is_full(object->len);
    if (full) {
        json_member *more = members_room(a, more_than(object->len));
        if (object->len)
            memcpy(more, object->members, object->len * sizeof *more);
        object->members = more;
    }
    object->members[object->len++] = (json_member){arena_intern(a, key, strlen(key)), value};
    if (full)
        members_index(object);
    else
        members_added(object);
}

void json_set(arena *a, json *object, const char *key, json value)
{
    json_member *m = members_find(object, key, strlen(key));
    if (m)
        m->value = value;
    else
        json_add(a, object, key, value);
}

void json_keep(json *object, json_keep_fn *keeps, void *context)
{
    uint32_t kept = 0, n = object->len;
    for (uint32_t i = 0; i < n; i++)
        if (keeps(context, &object->members[i]))
            object->members[kept++] = object->members[i];
    object->len = kept;
    if (kept < n)
        members_index(object);
}

static bool is_other(void *key, json_member *m)
{
    return strcmp(m->key, key) != 0;
}

void json_unset(json *object, const char *key)
{
    if (members_find(object, key, strlen(key)))
        json_keep(object, is_other, (void *)key);
}

void json_push(arena *a, json *array, json value)
{
    if (is_full(array->len)) {
        json *more = arena_alloc(a, more_than(array->len) * sizeof *more);
        if (array->len)
            memcpy(more, array->items, array->len * sizeof *more);
        array->items = more;
    }
    array->items[array->len++] = value;
}

json json_copy_shallow(arena *a, const json *v)
{
    json copy = *v;
    if (v->len == 0)
        return copy;
    if (v->type == JSON_OBJECT) {
        copy.members = copy_room(a, v);
        memcpy(copy.members, v->members, v->len * sizeof *v->members);
        members_index(&copy);
    } else if (v->type == JSON_ARRAY) {
        copy.items = item_room(a, v);
        memcpy(copy.items, v->items, v->len * sizeof *v->items);
    }
    return copy;
}

static json_member copy_member(arena *a, const json_member *m)
{
    return (json_member){arena_intern_again(a, m->key), json_copy(a, &m->value)};
}

json json_copy(arena *a, const json *v)
{
    json copy = *v;
    if (v->type == JSON_STRING || v->type == JSON_NUMBER)
        return text_value(a, (json_type)v->type, v->text, v->len);
    if (v->type == JSON_OBJECT) {
        copy.members = copy_room(a, v);
        for (uint32_t i = 0; i < v->len; i++)
            copy.members[i] = copy_member(a, &v->members[i]);
        members_index(&copy);
    } else if (v->type == JSON_ARRAY) {
        copy.items = item_room(a, v);
        for (uint32_t i = 0; i < v->len; i++)
            copy.items[i] = json_copy(a, &v->items[i]);
    }
    return copy;
}
