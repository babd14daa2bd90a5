#include "json/json.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

enum { FIELD_ID, FIELD_NAME, FIELD_TYPE, FIELDS };
static const char *const field_names[FIELDS] = {"id", "name", "type"};

struct json_splitter {
    yajl_handle parser; /* owned */
    json_element_fn *fn;
    void *context;

    bool is_object; /* the whole text is one object */
    unsigned depth; /* open containers of the whole text */
    unsigned base;  /* depth at which elements stand: 1 in an array, else 0 */
    bool stopped;   /* the callback wanted no more */

    const char *chunk; /* borrowed: the bytes being fed */
    size_t from;       /* where the open element's part in them begins */
    bool open;         /* an element is open */
    buf text;          /* owned: its part from earlier chunks */
    size_t text_len;   /* bytes of that part, also when they were let go */
    bool too_large, too_deep;

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

static int on_scalar(json_splitter *s)
{
    if (s->depth == 0 || (s->depth == s->base && !s->open)) {
        set_error(s, s->depth == 0 ? "neither a list nor an object"
                                   : "the list holds something that is not an object");
        return 0;
    }
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
    (void)text, (void)len;
    return on_scalar(ctx);
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
    json_splitter *s = ctx;
    if (s->open && s->field >= 0 && s->depth == s->base + 1) {
        buf_clear(&s->fields[s->field]);
        /* Only for messages and identity: a name of megabytes is cut here. */
        buf_add(&s->fields[s->field], text, len < 1024 ? len : 1024);
        s->has[s->field] = true;
    }
    return on_scalar(s);
}

static int on_key(void *ctx, const unsigned char *text, size_t len)
{
    json_splitter *s = ctx;
    s->field = -1;
    if (s->depth == s->base + 1)
        for (int i = 0; i < FIELDS; i++)
            if (len == strlen(field_names[i]) && memcmp(text, field_names[i], len) == 0)
                s->field = i;
    return 1;
}

static int open_container(json_splitter *s, bool is_object)
{
    if (s->depth == 0) {
        s->is_object = is_object;
        s->base = is_object ? 0 : 1;
    }
    if (s->depth == s->base && !is_object && s->base == 1 && !s->open) {
        set_error(s, "the list holds something that is not an object");
        return 0;
    }
    if (s->depth == s->base && is_object) {
        s->open = true;
        s->from = yajl_get_bytes_consumed(s->parser) - 1;
        buf_clear(&s->text);
        s->text_len = 0;
        s->too_large = s->too_deep = false;
        memset(s->has, 0, sizeof s->has);
    }
    s->depth++;
    s->field = -1;
    if (s->depth - s->base > MAX_RECORD_DEPTH)
        s->too_deep = true;
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

/* Keep the open element's bytes up to `end` of this chunk, unless it is too
 * large by now. */
static void keep_part(json_splitter *s, size_t end)
{
    size_t len = end - s->from;
    s->text_len += len;
    if (s->text_len > MAX_RECORD)
        s->too_large = true;
    if (s->too_large || s->too_deep)
        buf_clear(&s->text);
    else
        buf_add(&s->text, s->chunk + s->from, len);
    s->from = end;
}

static int close_element(json_splitter *s)
{
    size_t end = yajl_get_bytes_consumed(s->parser);
    json_element e = {0};
    if (s->text_len == 0 && end - s->from <= MAX_RECORD) {
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
    e.id = s->has[FIELD_ID] ? s->fields[FIELD_ID].data : NULL;
    e.name = s->has[FIELD_NAME] ? s->fields[FIELD_NAME].data : NULL;
    e.type = s->has[FIELD_TYPE] ? s->fields[FIELD_TYPE].data : NULL;
    s->open = false;
    s->stopped = !s->fn(s->context, &e);
    return !s->stopped;
}

static int on_end(void *ctx)
{
    json_splitter *s = ctx;
    s->depth--;
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
    s->parser = yajl_alloc(&callbacks, NULL, s);
    return s;
}

void json_splitter_free(json_splitter *s)
{
    if (!s)
        return;
    yajl_free(s->parser);
    buf_free(&s->text);
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

bool json_splitter_feed(json_splitter *s, const char *bytes, size_t len)
{
    s->chunk = bytes;
    s->from = 0;
    if (!parsed(s, yajl_parse(s->parser, (const unsigned char *)bytes, len)))
        return false;
    if (s->open)
        keep_part(s, len);
    return true;
}

bool json_splitter_end(json_splitter *s)
{
    if (s->error[0] || s->stopped)
        return false;
    if (yajl_complete_parse(s->parser) == yajl_status_ok && s->depth == 0)
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
