#include "record/display.h"

#include "base/msg.h"
#include "record/record.h"

#define MAX_VALUE 60 /* bytes of a value that are shown; a line of a terminal */

void display_sanitized(buf *b, const char *text, size_t len)
{
    for (const char *end = text + len; text < end;) {
        bool unsafe = true;
        size_t n = *text ? msg_character(text, &unsafe) : 1;
        if (unsafe || n > (size_t)(end - text))
            buf_addc(b, '?');
        else
            buf_add(b, text, n);
        text += n;
    }
}

void display_text(buf *b, const json *text, const char *otherwise)
{
    if (json_text(text) && text->len)
        display_sanitized(b, text->text, text->len);
    else
        buf_adds(b, otherwise);
}

void display_place(buf *b, const json *entity)
{
    const json *path = json_get(entity, "path");
    if (!record_is_texts(path) || path->len == 0) {
        display_text(b, json_get(entity, "name"), "");
        return;
    }
    for (uint32_t i = 0; i < path->len; i++) {
        buf_adds(b, i ? "/" : "");
        display_text(b, &path->items[i], "");
    }
}

void display_entity(buf *b, const json *entity)
{
    display_text(b, json_get(entity, "type"), "document");
    buf_adds(b, " \"");
    display_place(b, entity);
    buf_adds(b, "\"");
}

void display_value(buf *b, const json *v)
{
    const json *id = json_get(v, "$oid");
    if (!v) {
        buf_adds(b, "nothing");
    } else if (json_is(v, JSON_OBJECT)) {
        display_text(b, id, v->len ? "{...}" : "{}");
    } else {
        buf text = {0};
        json_write(&text, v);
        size_t len = text.len;
        if (len > MAX_VALUE)
            for (len = MAX_VALUE; len > 0 && ((unsigned char)text.data[len] & 0xc0) == 0x80;)
                len--; /* not within a character */
        display_sanitized(b, text.data, len);
        buf_adds(b, len < text.len ? "..." : "");
        buf_free(&text);
    }
}
