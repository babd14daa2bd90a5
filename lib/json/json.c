#include "json/json.h"

#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

/* ---- lone surrogates ---------------------------------------------------- */

static int hex4(const char *p)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static int escape_at(const char *text, size_t len, size_t i)
{
    return i + 6 <= len && text[i] == '\\' && text[i + 1] == 'u' ? hex4(text + i + 2) : -1;
}

/* yajl turns half of a surrogate pair into `?` in silence, so they are looked
 * for before it reads: the text with each half replaced by \ufffd (of the same
 * length), or NULL when there is none. The caller frees it. */
static char *mend_surrogates(const char *text, size_t len, unsigned *count)
{
    char *mended = NULL;
    const char *p = text;
    while ((p = memchr(p, '\\', len - (size_t)(p - text)))) {
        size_t i = (size_t)(p - text);
        int code = escape_at(text, len, i);
        if (code < 0xd800 || code > 0xdfff) {
            if (i + 2 > len)
                break;
            p += 2; /* the escaped character, which may be a backslash */
            continue;
        }
        int next = code < 0xdc00 ? escape_at(text, len, i + 6) : -1;
        if (next >= 0xdc00 && next <= 0xdfff) {
            p += 12;
            continue;
        }
        if (!mended) {
            mended = xmalloc(len);
            memcpy(mended, text, len);
        }
        memcpy(mended + i, "\\ufffd", 6);
        (*count)++;
        p += 6;
    }
    return mended;
}

/* ---- UTF-8 -------------------------------------------------------------- */

/* yajl lets overlong forms, surrogates and what is beyond U+10FFFF pass: no
 * database takes them. The offset of the first bad byte, or `len`. */
static size_t bad_utf8(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    for (size_t i = 0; i < len;) {
        uint64_t eight = 0x80; /* nearly all of it is ASCII */
        if (len - i >= sizeof eight)
            memcpy(&eight, s + i, sizeof eight);
        if ((eight & 0x8080808080808080) == 0) {
            i += sizeof eight;
            continue;
        }
        unsigned char c = s[i];
        if (c < 0x80) {
            i++;
            continue;
        }
        size_t more = c >= 0xc2 && c <= 0xdf   ? 1
                      : (c & 0xf0) == 0xe0     ? 2
                      : c >= 0xf0 && c <= 0xf4 ? 3
                                               : 0;
        if (more == 0 || len - i <= more)
            return i;
        /* The second byte's range depends on the first one. */
        unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
        unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
        if (s[i + 1] < low || s[i + 1] > high)
            return i;
        for (size_t k = 2; k <= more; k++)
            if ((s[i + k] & 0xc0) != 0x80)
                return i;
        i += more + 1;
    }
    return len;
}

/* ---- parsing ------------------------------------------------------------ */

typedef struct frame {
    size_t start; /* of its members on the stack */
    bool is_object;
} frame;

typedef struct builder {
    arena *arena;
    json_member *stack; /* owned: the values of the open containers */
    size_t len, cap;
    frame *open; /* borrowed: MAX_DEPTH of them */
    unsigned depth;
    bool too_deep;
    const char *key; /* of the next value; NULL in arrays */
    json_repaired *mended;
} builder;

static int add_value(builder *b, json value)
{
    if (b->len == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 256;
        b->stack = xrealloc(b->stack, b->cap * sizeof *b->stack);
    }
    b->stack[b->len++] = (json_member){b->key, value};
    b->key = NULL;
    return 1;
}

static int on_null(void *ctx)
{
    return add_value(ctx, json_null());
}

static int on_boolean(void *ctx, int value)
{
    return add_value(ctx, json_bool(value));
}

static json text_value(arena *a, json_type type, const char *text, size_t len)
{
    json v = {.type = type, .len = (uint32_t)len};
    v.text = arena_text(a, text, len);
    return v;
}

static int on_number(void *ctx, const char *text, size_t len)
{
    builder *b = ctx;
    return add_value(b, text_value(b->arena, JSON_NUMBER, text, len));
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
    builder *b = ctx;
    return add_value(b, text_value(b->arena, JSON_STRING, (const char *)text, len));
}

static int open_container(builder *b, bool is_object)
{
    if (b->depth == MAX_DEPTH) {
        b->too_deep = true;
        return 0;
    }
    /* The container stands on the stack before its members; its value is
     * filled in when it is closed. */
    add_value(b, json_null());
    b->open[b->depth++] = (frame){b->len, is_object};
    return 1;
}

static int on_start_map(void *ctx)
{
    return open_container(ctx, true);
}

static int on_start_array(void *ctx)
{
    return open_container(ctx, false);
}

/* A key with a NUL inside has no place in BSON: this stands for it until its
 * object is closed, and it is dropped. */
static const char nul_key[] = "";

static int on_key(void *ctx, const unsigned char *text, size_t len)
{
    builder *b = ctx;
    if (memchr(text, '\0', len)) {
        b->key = nul_key;
        b->mended->nul_keys++;
        return 1;
    }
    b->key = arena_intern(b->arena, (const char *)text, len);
    return 1;
}

typedef struct key_place {
    const char *key;
    size_t place;
} key_place;

static int by_key_and_place(const void *x, const void *y)
{
    const key_place *a = x, *b = y;
    uintptr_t p = (uintptr_t)a->key, q = (uintptr_t)b->key;
    if (p != q)
        return p < q ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

/* Keys are interned: equal ones are the same pointer. */
static bool has_twins(const json_member *m, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (m[i].key == m[k].key)
                return true;
    return false;
}

/* Of members with one key the last one stays. Returns their number. */
static size_t drop_twins(json_member *m, size_t n)
{
    enum { FEW = 48 };
    if (n <= FEW && !has_twins(m, n))
        return n;
    key_place *order = xmalloc(n * sizeof *order);
    for (size_t i = 0; i < n; i++)
        order[i] = (key_place){m[i].key, i};
    qsort(order, n, sizeof *order, by_key_and_place);
    for (size_t i = 0; i + 1 < n; i++)
        if (order[i].key == order[i + 1].key)
            m[order[i].place].key = NULL;
    free(order);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (m[i].key)
            m[kept++] = m[i];
    return kept;
}

static size_t drop_nul_keys(json_member *m, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (m[i].key != nul_key)
            m[kept++] = m[i];
    return kept;
}

static int close_container(void *ctx)
{
    builder *b = ctx;
    frame f = b->open[--b->depth];
    json_member *first = b->stack + f.start;
    size_t n = b->len - f.start;
    json *value = &first[-1].value;
    if (f.is_object) {
        if (b->mended->nul_keys)
            n = drop_nul_keys(first, n);
        n = drop_twins(first, n);
        *value = (json){.type = JSON_OBJECT, .len = (uint32_t)n};
        value->members = arena_alloc(b->arena, n * sizeof *first);
        if (n)
            memcpy(value->members, first, n * sizeof *first);
    } else {
        *value = (json){.type = JSON_ARRAY, .len = (uint32_t)n};
        value->items = arena_alloc(b->arena, n * sizeof *value);
        for (size_t i = 0; i < n; i++)
            value->items[i] = first[i].value;
    }
    b->len = f.start;
    b->key = NULL;
    return 1;
}

static const yajl_callbacks tree_callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_key,
    .yajl_end_map = close_container,
    .yajl_start_array = on_start_array,
    .yajl_end_array = close_container,
};

static void say_error(json_error *e, size_t offset, const char *what)
{
    if (!e)
        return;
    e->offset = offset;
    snprintf(e->what, sizeof e->what, "%s", what);
    e->what[strcspn(e->what, "\n")] = '\0';
}

/* yajl's own words, without its prefix and its last line of ASCII art. */
static void say_yajl_error(json_error *e, yajl_handle h, size_t offset)
{
    unsigned char *text = yajl_get_error(h, 0, NULL, 0);
    const char *what = (const char *)text;
    const char *colon = what ? strstr(what, "error: ") : NULL;
    say_error(e, offset, colon ? colon + 7 : "not JSON");
    yajl_free_error(h, text);
}

bool json_parse(arena *a, const char *text, size_t len, json *out, json_error *e,
                json_repaired *mended)
{
    json_repaired scratch = {0};
    if (mended)
        *mended = scratch;
    else
        mended = &scratch;
    size_t bad = bad_utf8(text, len);
    if (bad < len) {
        say_error(e, bad, "invalid UTF-8");
        return false;
    }
    char *copy = mend_surrogates(text, len, &mended->surrogates);
    if (copy)
        text = copy;

    frame open[MAX_DEPTH];
    builder b = {.arena = a, .open = open, .mended = mended};
    yajl_handle h = yajl_alloc(&tree_callbacks, NULL, &b);
    yajl_status status = yajl_parse(h, (const unsigned char *)text, len);
    size_t offset = yajl_get_bytes_consumed(h);
    bool whole = status == yajl_status_ok;
    if (whole) {
        status = yajl_complete_parse(h);
        offset = len;
    }
    bool ok = status == yajl_status_ok && b.len == 1;
    if (ok)
        *out = b.stack[0].value;
    else if (b.too_deep) {
        char what[80];
        snprintf(what, sizeof what, "nested deeper than %d levels", MAX_DEPTH);
        say_error(e, offset, what);
    } else if (whole)
        say_error(e, offset, "it ends before the value does");
    else
        say_yajl_error(e, h, offset);
    yajl_free(h);
    free(b.stack);
    free(copy);
    return ok;
}

/* ---- writing ------------------------------------------------------------ */

static void print_to_buf(void *ctx, const char *text, size_t len)
{
    buf_add(ctx, text, len);
}

static void generate(yajl_gen g, const json *v)
{
    switch ((json_type)v->type) {
    case JSON_NULL: yajl_gen_null(g); break;
    case JSON_FALSE:
    case JSON_TRUE: yajl_gen_bool(g, v->type == JSON_TRUE); break;
    case JSON_NUMBER: yajl_gen_number(g, v->text, v->len); break;
    case JSON_STRING: yajl_gen_string(g, (const unsigned char *)v->text, v->len); break;
    case JSON_ARRAY:
        yajl_gen_array_open(g);
        for (uint32_t i = 0; i < v->len; i++)
            generate(g, &v->items[i]);
        yajl_gen_array_close(g);
        break;
    case JSON_OBJECT:
        yajl_gen_map_open(g);
        for (uint32_t i = 0; i < v->len; i++) {
            const char *key = v->members[i].key;
            yajl_gen_string(g, (const unsigned char *)key, strlen(key));
            generate(g, &v->members[i].value);
        }
        yajl_gen_map_close(g);
        break;
    }
}

void json_write(buf *b, const json *v)
{
    yajl_gen g = yajl_gen_alloc(NULL);
    yajl_gen_config(g, yajl_gen_print_callback, print_to_buf, b);
    generate(g, v);
    yajl_gen_free(g);
}

/* ---- reading ------------------------------------------------------------ */

const json *json_get(const json *object, const char *key)
{
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    for (uint32_t i = 0; i < object->len; i++) {
        const char *other = object->members[i].key;
        if (*other == *key && strcmp(other, key) == 0) /* most differ at once */
            return &object->members[i].value;
    }
    return NULL;
}

const json *json_at(const json *object, ...)
{
    va_list keys;
    va_start(keys, object);
    for (const char *key; (key = va_arg(keys, const char *));)
        object = json_get(object, key);
    va_end(keys);
    return object;
}

const char *json_text(const json *v)
{
    return v && v->type == JSON_STRING ? v->text : NULL;
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

bool json_is_null(const json *v)
{
    return !v || v->type == JSON_NULL;
}

bool json_is(const json *v, json_type type)
{
    return v && v->type == type;
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
    if (!json_double(v, &d) || d != floor(d) || d < -0x1p63 || d >= 0x1p63)
        return false;
    *out = (int64_t)d;
    return true;
}

const char *json_id(arena *a, const json *id)
{
    const char *hex = json_text(json_get(id, "$oid"));
    return hex || json_is_null(id) ? hex : json_written(a, id);
}

const char *json_written(arena *a, const json *v)
{
    buf b = {0};
    json_write(&b, v);
    const char *text = arena_text(a, b.data, b.len);
    buf_free(&b);
    return text;
}

unsigned json_depth(const json *v)
{
    unsigned deepest = 0, depth;
    if (v->type != JSON_ARRAY && v->type != JSON_OBJECT)
        return 0;
    for (uint32_t i = 0; i < v->len; i++) {
        depth = json_depth(v->type == JSON_ARRAY ? &v->items[i] : &v->members[i].value);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

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

/* ---- making ------------------------------------------------------------- */

json json_null(void)
{
    return (json){.type = JSON_NULL};
}

json json_bool(bool value)
{
    return (json){.type = value ? JSON_TRUE : JSON_FALSE};
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
    for (size_t i = bad_utf8(clean, len); i < len; i += bad_utf8(clean + i, len - i))
        clean[i] = '?';
    return json_stringn(a, clean, len);
}

json json_integer(arena *a, int64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)value);
    return text_value(a, JSON_NUMBER, text, (size_t)len);
}

json json_real(arena *a, double value)
{
    char text[40];
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

/* Room for one more behind `len` entries: made containers hold 4, 8, 16 …, so
 * that they are full when `len` is such a number. */
static void *grown(arena *a, void *old, uint32_t len, size_t size)
{
    if (len != 0 && (len < 4 || (len & (len - 1))))
        return old;
    void *p = arena_alloc(a, (len ? (size_t)len * 2 : 4) * size);
    if (len)
        memcpy(p, old, len * size);
    return p;
}

void json_add(arena *a, json *object, const char *key, json value)
{
    object->members = grown(a, object->members, object->len, sizeof *object->members);
    object->members[object->len++] = (json_member){arena_intern(a, key, strlen(key)), value};
}

void json_set(arena *a, json *object, const char *key, json value)
{
    for (uint32_t i = 0; i < object->len; i++)
        if (strcmp(object->members[i].key, key) == 0) {
            object->members[i].value = value;
            return;
        }
    json_add(a, object, key, value);
}

void json_unset(json *object, const char *key)
{
    for (uint32_t i = 0; i < object->len; i++)
        if (strcmp(object->members[i].key, key) == 0) {
            memmove(&object->members[i], &object->members[i + 1],
                    (object->len - i - 1) * sizeof *object->members);
            object->len--;
            return;
        }
}

void json_push(arena *a, json *array, json value)
{
    array->items = grown(a, array->items, array->len, sizeof *array->items);
    array->items[array->len++] = value;
}

json json_copy_shallow(arena *a, const json *v)
{
    json copy = {.type = v->type};
    if (v->type == JSON_OBJECT)
        for (uint32_t i = 0; i < v->len; i++)
            json_add(a, &copy, v->members[i].key, v->members[i].value);
    else if (v->type == JSON_ARRAY)
        for (uint32_t i = 0; i < v->len; i++)
            json_push(a, &copy, v->items[i]);
    else
        copy = *v;
    return copy;
}

json json_copy(arena *a, const json *v)
{
    if (v->type == JSON_STRING || v->type == JSON_NUMBER)
        return text_value(a, (json_type)v->type, v->text, v->len);
    json copy = json_copy_shallow(a, v);
    if (v->type == JSON_OBJECT)
        for (uint32_t i = 0; i < v->len; i++)
            copy.members[i].value = json_copy(a, &v->members[i].value);
    else if (v->type == JSON_ARRAY)
        for (uint32_t i = 0; i < v->len; i++)
            copy.items[i] = json_copy(a, &v->items[i]);
    return copy;
}
