#include "json/json.h"

#include "base/limits.h"
#include "base/mem.h"
#include "json/yajl_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

/* bytes; what yajl sees of a text in an element that is over a limit by then. */
#define MAX_SEEN ((size_t)64 * 1024)

/* bytes; with more of an unfinished token yajl gets the next ones only when they are as
 * many as it has: it reads all of the token again each time, and the time would grow with
 * the square of the length. */
#define FEW_BYTES 4096

/* bytes; between two elements. Zou puts none there. */
#define MAX_BETWEEN ((size_t)64 * 1024)

/* digits; a double has 17. */
#define MAX_NUMBER 1000

/* levels; with more of them it is no record that somebody wrote. yajl keeps a byte each. */
#define MAX_LEVELS 100000

enum { FIELD_ID, FIELD_NAME, FIELD_TYPE, FIELDS };
static const char *const field_names[FIELDS] = {"id", "name", "type"};

/* Where in its texts an element is, for what yajl does not get to see. */
typedef struct lexer {
    bool in_text, escaped;
    size_t text_len; /* bytes of the text, or of the number, so far */
    unsigned hex;    /* digits of a \u that are still to come */
} lexer;

struct json_splitter {
    yajl_handle parser; /* owned */
    json_element_fn *fn;
    void *context;

    bool grouped;   /* the whole text is to be an object of lists */
    buf group;      /* owned: the key of the list under way */
    bool is_object; /* the whole text is one object, and that is an element */
    unsigned depth; /* open containers of the whole text */
    unsigned base;  /* depth at which elements stand: 1 in an array, 2 in one of a group, else 0 */
    bool stopped;   /* the callback wanted no more */

    buf held;          /* owned: bytes that yajl has not got yet */
    size_t pending;    /* bytes that it got since the last token, */
    bool token;        /* and whether one ended in the bytes being fed */
    const char *chunk; /* borrowed: the bytes being fed */
    size_t from;       /* where the open element's part in them begins */
    bool open;         /* an element is open */
    buf text;          /* owned: its part from earlier chunks */
    size_t text_len;   /* bytes of that part, also when they were let go */
    bool too_large, too_deep;
    size_t values;

    bool over;    /* the element is too large or too deep: its bytes are not kept, */
    lexer lexer;  /* but lexed, from there on */
    bool passing; /* yajl has got the end of the text, whose rest is passed over */

    size_t between;      /* bytes since the last element ended, */
    size_t between_from; /* and where in these bytes that was */

    int field; /* FIELD_… of the value to come, or -1 */
    bool has[FIELDS];
    buf fields[FIELDS]; /* owned */

    char error[200];
};

static void set_error(json_splitter *s, const char *what)
{
    if (!s->error[0])
        snprintf(s->error, sizeof s->error, "%s", what);
}

static int refuse(json_splitter *s)
{
    set_error(s, s->depth == 0        ? "neither a list nor an object"
                 : s->depth < s->base ? "the object holds something that is not a list"
                                      : "the list holds something that is not an object");
    return 0;
}

static int on_scalar(json_splitter *s)
{
    if (s->depth == 0 || (s->depth <= s->base && !s->open))
        return refuse(s);
    s->values++;
    s->token = true;
    s->field = -1;
    return 1;
}

static int on_null(void *ctx)
{
    return on_scalar(ctx);
}

static int on_boolean(void *ctx, int value)
{
    (void)value;
    return on_scalar(ctx);
}

static int on_number(void *ctx, const char *text, size_t len)
{
    (void)text;
    if (len > MAX_NUMBER) {
        set_error(ctx, "a number of more than 1,000 digits");
        return 0;
    }
    return on_scalar(ctx);
}

/* Bytes of a text, at most so many, that end with a whole character. */
static size_t cut(const unsigned char *text, size_t len, size_t most)
{
    if (len <= most)
        return len;
    while (most > 0 && (text[most] & 0xc0) == 0x80)
        most--;
    return most;
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
    json_splitter *s = ctx;
    if (s->open && s->field >= 0 && s->depth == s->base + 1) {
        buf_clear(&s->fields[s->field]);
        /* Only for messages and identity: a name of megabytes is cut here. */
        buf_add(&s->fields[s->field], text, cut(text, len, 1024));
        s->has[s->field] = true;
    }
    return on_scalar(s);
}

static int on_key(void *ctx, const unsigned char *text, size_t len)
{
    json_splitter *s = ctx;
    s->token = true;
    s->field = -1;
    if (s->depth < s->base) {
        buf_clear(&s->group);
        buf_add(&s->group, text, cut(text, len, 1024));
    }
    if (s->depth == s->base + 1)
        for (int i = 0; i < FIELDS; i++)
            if (len == strlen(field_names[i]) && memcmp(text, field_names[i], len) == 0) {
                s->field = i;
                s->has[i] = false; /* of two equal keys the last one holds */
            }
    return 1;
}

static int open_container(json_splitter *s, bool is_object)
{
    if (s->depth == 0 && s->grouped && !is_object) {
        set_error(s, "a list in place of an object of lists");
        return 0;
    }
    if (s->depth == 0 && !s->grouped) {
        s->is_object = is_object;
        s->base = is_object ? 0 : 1;
    }
    /* An element is an object, and what it is in a list, but for the whole text. */
    if (!s->open && s->depth > 0 && is_object != (s->depth == s->base))
        return refuse(s);
    if (s->depth == s->base && is_object) {
        s->open = true;
        s->from = yajl_get_bytes_consumed(s->parser) - 1;
        buf_clear(&s->text);
        s->text_len = 0;
        s->too_large = s->too_deep = s->over = false;
        s->values = 0;
        memset(s->has, 0, sizeof s->has);
    }
    s->depth++;
    s->values++;
    s->token = true;
    s->field = -1;
    if (s->depth > s->base + MAX_RECORD_DEPTH)
        s->too_deep = true;
    if (s->depth < MAX_LEVELS)
        return 1;
    set_error(s, "nested without an end");
    return 0;
}

static int on_start_map(void *ctx)
{
    return open_container(ctx, true);
}

static int on_start_array(void *ctx)
{
    return open_container(ctx, false);
}

/* ---- what is too large ---------------------------------------------------- */

static void lex_escape(lexer *l, char c)
{
    l->escaped = false;
    if (c == 'u')
        l->hex = 4;
}

static void lex_text(lexer *l, char c)
{
    l->text_len++;
    if (l->escaped)
        lex_escape(l, c);
    else if (l->hex)
        l->hex--;
    else if (c == '\\')
        l->escaped = true;
    else if (c == '"')
        *l = (lexer){0};
}

static void lex(lexer *l, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (l->in_text)
            lex_text(l, bytes[i]);
        else if (bytes[i] == '"')
            *l = (lexer){.in_text = true};
        else
            l->text_len = strchr("-+.0123456789eE", bytes[i]) ? l->text_len + 1 : 0;
    }
}

/* Keep the open element's bytes up to `end` of this chunk, unless it is too
 * large by now. */
static void keep_part(json_splitter *s, size_t end)
{
    size_t len = end - s->from;
    s->text_len += len;
    s->too_large |= s->text_len > MAX_RECORD || s->values > MAX_RECORD_VALUES;
    if (!s->over && (s->too_large || s->too_deep)) {
        s->over = true;
        s->lexer = (lexer){0};
        lex(&s->lexer, s->text.data ? s->text.data : "", s->text.len);
        lex(&s->lexer, s->chunk + s->from, len);
        buf_clear(&s->text);
    }
    if (!s->over)
        buf_add(&s->text, s->chunk + s->from, len);
    s->from = end;
}

/* ---- the end of an element -------------------------------------------------- */

static int close_element(json_splitter *s)
{
    size_t end = yajl_get_bytes_consumed(s->parser);
    json_element e = {0};
    if (s->text_len == 0 && end - s->from <= MAX_RECORD && s->values <= MAX_RECORD_VALUES) {
        e.text = s->chunk + s->from; /* whole in this chunk: no copy */
        e.len = end - s->from;
    } else {
        keep_part(s, end);
        e.text = s->text.data;
        e.len = s->text_len;
    }
    e.too_large = s->too_large;
    e.too_deep = s->too_deep;
    if (e.too_large || e.too_deep)
        e.text = NULL;
    e.values = s->values;
    e.id = s->has[FIELD_ID] ? s->fields[FIELD_ID].data : NULL;
    e.name = s->has[FIELD_NAME] ? s->fields[FIELD_NAME].data : NULL;
    e.type = s->has[FIELD_TYPE] ? s->fields[FIELD_TYPE].data : NULL;
    e.group = s->grouped ? s->group.data : NULL;
    s->open = s->over = false;
    s->between = 0;
    s->between_from = end;
    s->stopped = !s->fn(s->context, &e);
    return !s->stopped;
}

static int on_end(void *ctx)
{
    json_splitter *s = ctx;
    s->depth--;
    s->token = true;
    s->field = -1;
    return s->open && s->depth == s->base ? close_element(s) : 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end,
};

json_splitter *json_splitter_new(json_element_fn *fn, void *context)
{
    json_splitter *s = xmalloc(sizeof *s);
    *s = (json_splitter){.fn = fn, .context = context, .field = -1, .base = 1};
    s->parser = yajl_alloc(&callbacks, &yajl_memory, s);
    return s;
}

json_splitter *json_splitter_of_groups(json_element_fn *fn, void *context)
{
    json_splitter *s = json_splitter_new(fn, context);
    s->grouped = true;
    s->base = 2;
    return s;
}

void json_splitter_free(json_splitter *s)
{
    if (!s)
        return;
    yajl_free(s->parser);
    buf_free(&s->text);
    buf_free(&s->held);
    buf_free(&s->group);
    for (int i = 0; i < FIELDS; i++)
        buf_free(&s->fields[i]);
    free(s);
}

static bool parsed(json_splitter *s, yajl_status status)
{
    if (status == yajl_status_ok)
        return true;
    if (s->stopped || s->error[0])
        return false;
    unsigned char *text = yajl_get_error(s->parser, 0, NULL, 0);
    const char *colon = text ? strstr((const char *)text, "error: ") : NULL;
    set_error(s, colon ? colon + 7 : "not JSON");
    s->error[strcspn(s->error, "\n")] = '\0';
    yajl_free_error(s->parser, text);
    return false;
}

static bool parse(json_splitter *s, const char *bytes, size_t len)
{
    s->chunk = bytes;
    s->from = s->between_from = 0;
    s->token = false;
    if (!parsed(s, yajl_parse(s->parser, (const unsigned char *)bytes, len)))
        return false;
    s->pending = s->token ? 0 : s->pending + len;
    if (s->open)
        keep_part(s, len);
    else
        s->between += len - s->between_from;
    if (s->between > MAX_BETWEEN)
        set_error(s, "too much between two records");
    return !s->error[0];
}

/* The next bytes for yajl, which gets them `now`, or with others. */
static bool feed(json_splitter *s, const char *bytes, size_t len, bool now)
{
    if (s->held.len == 0 && (now || s->pending < FEW_BYTES || len >= s->pending))
        return parse(s, bytes, len);
    buf_add(&s->held, bytes, len);
    if (!now && s->held.len < s->pending)
        return true;
    bool ok = parse(s, s->held.data, s->held.len);
    buf_clear(&s->held);
    return ok;
}

/* Whether a text may be ended before this byte. */
static bool is_border(const lexer *l, char next)
{
    return l->in_text && !l->escaped && l->hex == 0 && ((unsigned char)next & 0xc0) != 0x80;
}

/* Pass over the rest of a text: up to its closing quote. Returns where that is, or `len`. */
static size_t pass_over(json_splitter *s, const char *bytes, size_t i, size_t len)
{
    for (; i < len; i++) {
        lex(&s->lexer, bytes + i, 1);
        s->text_len++;
        if (!s->lexer.in_text) {
            s->passing = false;
            return i + 1;
        }
    }
    return len;
}

/* The next bytes of an element that is too large, without the ends of its long texts.
 * Returns how many that were: the others are of what follows it. */
static size_t feed_large(json_splitter *s, const char *bytes, size_t len)
{
    size_t from = 0, i = 0;
    while (i < len) {
        if (s->passing) {
            from = i = pass_over(s, bytes, i, len);
            continue;
        }
        lex(&s->lexer, bytes + i++, 1);
        bool ends = s->lexer.text_len > MAX_SEEN && i < len && is_border(&s->lexer, bytes[i]);
        if (s->lexer.text_len > MAX_SEEN && !s->lexer.in_text)
            set_error(s, "a number of more than 1,000 digits");
        if (!ends && !s->error[0])
            continue;
        if (s->error[0] || !feed(s, bytes + from, i - from, true) || !s->over)
            return i;
        s->passing = true;
        from = i;
        if (!feed(s, "\"", 1, true))
            return i;
    }
    if (from < len)
        feed(s, bytes + from, len - from, false);
    return len;
}

bool json_splitter_feed(json_splitter *s, const char *bytes, size_t len)
{
    size_t done = s->over ? feed_large(s, bytes, len) : 0;
    if (s->error[0] || s->stopped)
        return false;
    return done == len || feed(s, bytes + done, len - done, false);
}

bool json_splitter_end(json_splitter *s)
{
    if (s->error[0] || s->stopped || !feed(s, "", 0, true))
        return false;
    /* A text without an end behind the list is nothing that yajl minds, but for the newline. */
    if (yajl_parse(s->parser, (const unsigned char *)"\n", 1) == yajl_status_ok &&
        yajl_complete_parse(s->parser) == yajl_status_ok && s->depth == 0)
        return true;
    set_error(s, "it ends before the value does");
    return false;
}

const char *json_splitter_error(const json_splitter *s)
{
    return s->error[0] ? s->error : NULL;
}

bool json_splitter_is_object(const json_splitter *s)
{
    return s->is_object;
}
