#include "json/pystr.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The shortest digits that give the number again; as an exponent from 1e16 on
 * and below 1e-4. */
static void add_real(buf *b, double value)
{
    char text[40];
    int n = 0; /* digits behind the first */
    if (isinf(value)) {
        buf_adds(b, value < 0 ? "-inf" : "inf");
        return;
    }
    for (; n < 17; n++) {
        snprintf(text, sizeof text, "%.*e", n, value);
        if (strtod(text, NULL) == value)
            break;
    }
    int exponent = atoi(strchr(text, 'e') + 1);
    if (exponent < -4 || exponent >= 16)
        buf_adds(b, text);
    else
        buf_addf(b, "%.*f", n - exponent > 1 ? n - exponent : 1, value);
}

static void add_number(buf *b, const json *v)
{
    if (!json_is_integer(v))
        add_real(b, strtod(v->text, NULL));
    else
        buf_adds(b, strcmp(v->text, "-0") == 0 ? "0" : v->text);
}

static void add_quoted(buf *b, const char *text, size_t len)
{
    bool single = memchr(text, '\'', len) != NULL;
    char quote = single && !memchr(text, '"', len) ? '"' : '\'';
    buf_addc(b, quote);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i], next = (unsigned char)text[i + 1];
        if (c == '\n' || c == '\r' || c == '\t')
            buf_addf(b, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (c == '\\' || c == (unsigned char)quote)
            buf_addf(b, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            buf_addf(b, "\\x%02x", c);
        else if (c == 0xc2 && i + 1 < len && (next <= 0xa0 || next == 0xad))
            buf_addf(b, "\\x%02x", (unsigned char)text[++i]);
        else
            buf_addc(b, (char)c);
    }
    buf_addc(b, quote);
}

static void add_inner(buf *b, const json *v)
{
    if (v->type == JSON_STRING)
        add_quoted(b, v->text, v->len);
    else
        pystr(b, v);
}

void pystr(buf *b, const json *v)
{
    switch ((json_type)v->type) {
    case JSON_NULL: buf_adds(b, "None"); break;
    case JSON_FALSE: buf_adds(b, "False"); break;
    case JSON_TRUE: buf_adds(b, "True"); break;
    case JSON_NUMBER: add_number(b, v); break;
    case JSON_STRING: buf_add(b, v->text, v->len); break;
    case JSON_ARRAY:
        for (uint32_t i = 0; i < v->len; i++) {
            buf_adds(b, i ? ", " : "[");
            add_inner(b, &v->items[i]);
        }
        buf_adds(b, v->len ? "]" : "[]");
        break;
    case JSON_OBJECT:
        for (uint32_t i = 0; i < v->len; i++) {
            buf_adds(b, i ? ", " : "{");
            add_quoted(b, v->members[i].key, strlen(v->members[i].key));
            buf_adds(b, ": ");
            add_inner(b, &v->members[i].value);
        }
        buf_adds(b, v->len ? "}" : "{}");
        break;
    }
}
