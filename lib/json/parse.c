/* parse.c - text to tree. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "json/json.h"
#include "json/yajl_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
static char *repair_surrogates(const char *text, size_t len, unsigned *count)
{
    char *repaired = NULL;
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
        if (!repaired) {
            repaired = xmalloc(len);
            memcpy(repaired, text, len);
        }
        /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): it goes on after that */
        memcpy(repaired + i, "\\ufffd", 6);
        (*count)++;
        p += 6;
    }
    return repaired;
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
    size_t values, max_values;
    const char *key; /* of the next value; NULL in arrays */
    json_repaired *repaired;
} builder;

static int add_value(builder *b, json value)
{
    if (b->values++ == b->max_values)
        return 0;
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

static int on_number(void *ctx, const char *text, size_t len)
{
    builder *b = ctx;
    return add_value(b, json_number(b->arena, text, len));
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
    builder *b = ctx;
    return add_value(b, json_stringn(b->arena, (const char *)text, len));
}

static int open_container(builder *b, bool is_object)
{
    if (b->depth == MAX_DEPTH) {
        b->too_deep = true;
        return 0;
    }
    /* The container stands on the stack before its members; its value is
     * filled in when it is closed. */
    if (!add_value(b, json_null()))
        return 0;
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
        b->repaired->nul_keys++;
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
        if (b->repaired->nul_keys)
            n = drop_nul_keys(first, n);
        n = drop_twins(first, n);
        *value = (json){.type = JSON_OBJECT, .len = (uint32_t)n};
        value->members = members_room(b->arena, n);
        if (n)
            memcpy(value->members, first, n * sizeof *first);
        members_index(value);
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

static void set_error(json_error *e, size_t offset, const char *what)
{
    if (!e)
        return;
    e->offset = offset;
    snprintf(e->what, sizeof e->what, "%s", what);
    e->what[strcspn(e->what, "\n")] = '\0';
}

/* yajl's own words, without its prefix and its last line of ASCII art. */
static void set_yajl_error(json_error *e, yajl_handle h, size_t offset)
{
    unsigned char *text = yajl_get_error(h, 0, NULL, 0);
    const char *what = (const char *)text;
    const char *colon = what ? strstr(what, "error: ") : NULL;
    set_error(e, offset, colon ? colon + 7 : "not JSON");
    yajl_free_error(h, text);
}

/* Why yajl could not read the text, of which `whole` says whether all was read. */
static void explain(json_error *e, const builder *b, yajl_handle h, bool whole, size_t offset)
{
    char what[80];
    snprintf(what, sizeof what, "nested deeper than %d levels", MAX_DEPTH);
    if (b->too_deep)
        set_error(e, offset, what);
    else if (b->values > b->max_values)
        set_error(e, offset, "more values than a record may have");
    else if (whole)
        set_error(e, offset, "it ends before the value does");
    else
        set_yajl_error(e, h, offset);
}

/* A text that has no end (`{}"abc`) is nothing that yajl minds behind a value, but it does if
 * a newline follows. */
static bool build(builder *b, const char *text, size_t len, json *out, json_error *e)
{
    yajl_handle h = yajl_alloc(&tree_callbacks, &yajl_memory, b);
    bool whole = yajl_parse(h, (const unsigned char *)text, len) == yajl_status_ok, ended = false;
    size_t offset = whole ? len : yajl_get_bytes_consumed(h);
    if (whole && yajl_parse(h, (const unsigned char *)"\n", 1) == yajl_status_ok)
        ended = yajl_complete_parse(h) == yajl_status_ok;
    bool ok = ended && b->len == 1;
    if (ok)
        *out = b->stack[0].value;
    else
        explain(e, b, h, whole, offset);
    yajl_free(h);
    return ok;
}

static bool parse(arena *a, const char *text, size_t len, size_t max_values, json *out,
                  json_error *e, json_repaired *repaired)
{
    json_repaired unused = {0};
    frame open[MAX_DEPTH];
    repaired = repaired ? repaired : &unused;
    *repaired = (json_repaired){0};
    size_t bad = utf8_bad(text, len);
    if (bad < len) {
        bool cut = utf8_is_cut(text + bad, len - bad);
        set_error(e, cut ? len : bad, cut ? "it ends within a character" : "invalid UTF-8");
        return false;
    }
    char *copy = repair_surrogates(text, len, &repaired->surrogates);
    builder b = {.arena = a, .open = open, .max_values = max_values, .repaired = repaired};
    bool ok = build(&b, copy ? copy : text, len, out, e);
    free(b.stack);
    free(copy);
    return ok;
}

bool json_parse(arena *a, const char *text, size_t len, json *out, json_error *e,
                json_repaired *repaired)
{
    return parse(a, text, len, SIZE_MAX, out, e, repaired);
}

bool json_parse_answer(arena *a, const char *text, size_t len, json *out, json_error *e)
{
    return parse(a, text, len, MAX_RECORD_VALUES, out, e, NULL);
}
