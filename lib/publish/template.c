#include "publish/template.h"

#include "json/pystr.h"

#include <ctype.h>
#include <string.h>

#define MAX_WIDTH 200 /* characters; what a value is padded to, a line or two of text */

/* A stretch of text, or a placeholder. */
typedef struct piece {
    const char *text; /* borrowed, without a NUL; NULL: a placeholder */
    size_t len;
    const char *key; /* in the arena */
    size_t width;    /* characters; 0: not padded */
    const char *fill;
    size_t fill_len; /* bytes of one character; 0: not given */
    char align;      /* `<`, `>`, `^`, `=`; 0: not given */
    bool zero;
} piece;

struct comment_template {
    piece *pieces; /* in the arena */
    size_t n;
    bool openpype;
};

/* Bytes of the UTF-8 character that begins here. */
static size_t character_size(const char *at, const char *end)
{
    size_t n = 1;
    while (at + n < end && ((unsigned char)at[n] & 0xc0) == 0x80)
        n++;
    return n;
}

static size_t count_characters(const char *at, const char *end)
{
    size_t n = 0;
    for (; at < end; n++)
        at += character_size(at, end);
    return n;
}

static void add_text(comment_template *t, const char *from, const char *end)
{
    if (from < end)
        t->pieces[t->n++] = (piece){.text = from, .len = (size_t)(end - from)};
}

/* ---- the template ------------------------------------------------------- */

static bool is_align(char c)
{
    return c == '<' || c == '>' || c == '^' || c == '=';
}

static bool read_spec(piece *p, const char *at, const char *end)
{
    size_t first = at < end ? character_size(at, end) : 0;
    if (at + first < end && is_align(at[first])) {
        p->fill = at;
        p->fill_len = first;
        p->align = at[first];
        at += first + 1;
    } else if (at < end && is_align(*at)) {
        p->align = *at++;
    }
    if (at < end && *at == '0') {
        p->zero = true;
        at++;
    }
    for (; at < end && isdigit((unsigned char)*at) && p->width <= MAX_WIDTH; at++)
        p->width = p->width * 10 + (size_t)(*at - '0');
    if (at < end && (*at == 'd' || *at == 's'))
        at++;
    return at == end && p->width <= MAX_WIDTH;
}

/* A placeholder, from after its `{` to its `}`. NULL, or what is wrong. */
static const char *read_placeholder(arena *a, comment_template *t, const char *from,
                                    const char *end)
{
    const char *colon = memchr(from, ':', (size_t)(end - from));
    const char *key_end = colon ? colon : end;
    piece p = {.key = arena_text(a, from, (size_t)(key_end - from))};
    if (from == key_end)
        return "the placeholder names no key";
    if (memchr(from, '{', (size_t)(end - from)))
        return "a \"{\" inside the placeholder";
    if (colon && !read_spec(&p, colon + 1, end))
        return arena_printf(a, "after \":\" expected [[FILL]ALIGN][0][WIDTH][d|s], WIDTH up to %d",
                            MAX_WIDTH);
    t->pieces[t->n++] = p;
    return NULL;
}

/* NULL, or what is wrong, at `*at`. */
static const char *read_template(arena *a, comment_template *t, const char **at, const char *end)
{
    const char *from = *at, *why;
    while (*at < end) {
        char brace = **at;
        if (brace != '{' && brace != '}') {
            ++*at;
            continue;
        }
        if (*at + 1 < end && (*at)[1] == brace) { /* keep the first of the two */
            add_text(t, from, *at + 1);
            from = *at += 2;
            continue;
        }
        if (brace == '}')
            return "a single \"}\"; write \"}}\" for a brace";
        const char *close = memchr(*at, '}', (size_t)(end - *at));
        if (!close)
            return "a \"{\" without its \"}\"; write \"{{\" for a brace";
        add_text(t, from, *at);
        if ((why = read_placeholder(a, t, *at + 1, close)))
            return why;
        from = *at = close + 1;
    }
    add_text(t, from, end);
    return NULL;
}

/* OpenPype's reading: a `{` without its `}` is text. */
static void read_as_openpype(arena *a, comment_template *t, const char *at, const char *end)
{
    const char *from = at;
    while ((at = memchr(at, '{', (size_t)(end - at)))) {
        const char *close = memchr(at, '}', (size_t)(end - at));
        if (!close)
            break;
        add_text(t, from, at);
        t->pieces[t->n++] = (piece){.key = arena_text(a, at + 1, (size_t)(close - at - 1))};
        from = at = close + 1;
    }
    add_text(t, from, end);
}

comment_template *comment_template_new(arena *a, const json *text, bool openpype, const char **why)
{
    const char *at = text->text, *end = text->text + text->len;
    comment_template *t = arena_alloc(a, sizeof *t);
    *t = (comment_template){.openpype = openpype};
    /* Each piece takes at least one byte, and ends with a brace or the text. */
    t->pieces = arena_alloc(a, (text->len + 1) * sizeof *t->pieces);
    if (openpype) {
        read_as_openpype(a, t, at, end);
        return t;
    }
    const char *wrong = read_template(a, t, &at, end);
    if (!wrong)
        return t;
    *why = arena_printf(a, "character %zu: %s", count_characters(text->text, at) + 1, wrong);
    return NULL;
}

/* ---- the text ----------------------------------------------------------- */

/* Texts and numbers as they came; lists of them with commas. */
static void add_value(buf *b, const json *v)
{
    bool flat = v->type == JSON_ARRAY;
    for (uint32_t i = 0; flat && i < v->len; i++)
        flat = v->items[i].type != JSON_ARRAY && v->items[i].type != JSON_OBJECT;
    if (v->type == JSON_STRING)
        buf_add(b, v->text, v->len);
    else if (flat)
        for (uint32_t i = 0; i < v->len; i++) {
            buf_adds(b, i ? ", " : "");
            add_value(b, &v->items[i]);
        }
    else
        json_write(b, v);
}

static void add_fill(buf *b, const piece *p, size_t n)
{
    for (; n > 0; n--)
        if (p->fill_len)
            buf_add(b, p->fill, p->fill_len);
        else
            buf_addc(b, p->zero ? '0' : ' ');
}

/* As Python does: numbers to the right, all else to the left; a zero before the width
 * pads between a number's sign and its digits. */
static void add_padded(buf *b, const piece *p, const json *v)
{
    buf text = {0};
    add_value(&text, v);
    const char *from = text.data ? text.data : "", *end = from + text.len;
    bool number = v->type == JSON_NUMBER;
    char align = p->align ? p->align : !number ? '<' : p->zero ? '=' : '>';
    size_t width = count_characters(from, end), more = p->width > width ? p->width - width : 0;
    size_t before = align == '<' ? 0 : align == '^' ? more / 2 : more;
    if (align == '=' && number && *from == '-')
        buf_addc(b, *from++);
    add_fill(b, p, before);
    buf_add(b, from, (size_t)(end - from));
    add_fill(b, p, more - before);
    buf_free(&text);
}

json comment_template_fill(const comment_template *t, const json *instance, arena *a,
                           template_missing_fn *missing, void *context)
{
    buf b = {0};
    for (size_t i = 0; i < t->n; i++) {
        const piece *p = &t->pieces[i];
        const json *v = p->text ? NULL : json_get(instance, p->key);
        if (p->text)
            buf_add(&b, p->text, p->len);
        else if (!v || (!t->openpype && json_is_null(v)))
            missing(context, p->key);
        else if (t->openpype)
            pystr(&b, v);
        else
            add_padded(&b, p, v);
    }
    json text = json_stringn(a, b.data ? b.data : "", b.len);
    buf_free(&b);
    return text;
}
