#include "record/zou_record.h"

#include "base/limits.h"
#include "base/msg.h"
#include "base/output.h"
#include "base/utf8.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "record/skipped.h"

#include <stdio.h>
#include <string.h>

static bool is_utf8(const json_element *e)
{
    return !e->text || utf8_bad(e->text, e->len) == e->len;
}

/* Null for none, and for what is no text. */
static json text_of(arena *a, const char *text)
{
    bool good = text && utf8_is_whole(text);
    return good ? json_string(a, text) : json_null();
}

static void write_skipped(const char *type, const char *project_id, const json_element *e)
{
    char reason[80];
    const char *code = e->too_large ? "size" : is_utf8(e) ? "depth" : "encoding";
    if (e->too_large && e->len <= MAX_RECORD)
        snprintf(reason, sizeof reason, "more than %d values", MAX_RECORD_VALUES);
    else if (e->too_large)
        snprintf(reason, sizeof reason, "larger than %zu MiB", MAX_RECORD / 1024 / 1024);
    else if (!is_utf8(e))
        snprintf(reason, sizeof reason, "it is not UTF-8");
    else
        snprintf(reason, sizeof reason, "nested deeper than %d levels", MAX_RECORD_DEPTH);
    arena *a = arena_new();
    json entity = json_object();
    json_add(a, &entity, "type", json_string(a, type));
    json_add(a, &entity, "id", text_of(a, e->id));
    json_add(a, &entity, "name", text_of(a, e->name));
    json v = skipped_make(a, entity, project_id, code, reason);
    ndjson_write(&v);
    msg_error("%s \"%s\" (%s) is skipped: %s", type, e->name ? e->name : "", e->id ? e->id : "",
              reason);
    arena_free(a);
}

/* Line ends between its tokens become blanks; within strings JSON has none. */
static void write_on_one_line(const char *text, size_t len)
{
    for (const char *end = text + len; text < end;) {
        size_t part = 0;
        while (text + part < end && text[part] != '\n' && text[part] != '\r')
            part++;
        output_write(text, part);
        text += part;
        if (text < end) {
            output_write(" ", 1);
            text++;
        }
    }
    output_write("\n", 1);
}

/* The members of `added` go before the object's own of other names. */
static void write_merged(arena *a, const char *type, const json *own, const json *added)
{
    json v = json_object();
    if (!json_text_is(json_get(own, "type"), type))
        json_add(a, &v, "type", json_string(a, type));
    for (uint32_t i = 0; added && i < added->len; i++)
        json_add(a, &v, added->members[i].key, added->members[i].value);
    json first = v;
    for (uint32_t i = 0; i < own->len; i++)
        if (!json_get(&first, own->members[i].key))
            json_add(a, &v, own->members[i].key, own->members[i].value);
    ndjson_write(&v);
}

static bool write_parsed(const char *type, const char *project_id, const json_element *e,
                         const json *added)
{
    arena *a = arena_new();
    json own;
    bool parsed = json_parse(a, e->text, e->len, &own, NULL, NULL);
    if (parsed)
        write_merged(a, type, &own, added);
    else /* deeper than even a line may be, or no UTF-8 */
        write_skipped(type, project_id, e);
    arena_free(a);
    return parsed;
}

bool zou_record_write(const char *type, const char *project_id, const json_element *e,
                      const json *added)
{
    if (!e->text || !is_utf8(e)) {
        write_skipped(type, project_id, e);
        return false;
    }
    if (added || !e->type || strcmp(e->type, type) != 0)
        return write_parsed(type, project_id, e, added);
    write_on_one_line(e->text, e->len);
    return true;
}

/* What json_splitter would have found. */
static json_element element_of(const json *object)
{
    buf text = {0};
    json_write(&text, object);
    json_element e = {.len = text.len,
                      .id = json_text(json_get(object, "id")),
                      .name = json_text(json_get(object, "name")),
                      .type = json_text(json_get(object, "type")),
                      .too_large = text.len > MAX_RECORD,
                      .too_deep = json_depth(object) > MAX_RECORD_DEPTH};
    buf_free(&text);
    return e;
}

bool zou_record_write_tree(const char *type, const char *project_id, const json *object,
                           const json *added)
{
    json_element e = element_of(object);
    if (e.too_large || e.too_deep) {
        write_skipped(type, project_id, &e);
        return false;
    }
    arena *a = arena_new();
    write_merged(a, type, object, added);
    arena_free(a);
    return true;
}
