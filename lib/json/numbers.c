#include "json/numbers.h"

#include <string.h>

static const char blanks[] = " \t\r\n\f\v";

static bool number_from_text(arena *a, const char *text, size_t len, json *out)
{
    while (len && strchr(blanks, *text))
        text++, len--;
    while (len && strchr(blanks, text[len - 1]))
        len--;
    return len && !memchr(text, '\0', len) && json_parse(a, text, len, out, NULL, NULL) &&
           out->type == JSON_NUMBER;
}

/* `v` itself when it is a number, the number in its text, or NULL. */
static const json *as_number(arena *a, const json *v, json *scratch)
{
    if (json_is(v, JSON_NUMBER))
        return v;
    if (json_is(v, JSON_STRING) && number_from_text(a, v->text, v->len, scratch))
        return scratch;
    return NULL;
}

bool number_real(arena *a, const json *v, double *out)
{
    json scratch;
    return json_double(as_number(a, v, &scratch), out);
}

bool number_int32(arena *a, const json *v, int32_t *out)
{
    json scratch;
    int64_t n;
    if (!json_int64(as_number(a, v, &scratch), &n) || n < INT32_MIN || n > INT32_MAX)
        return false;
    *out = (int32_t)n;
    return true;
}

bool number_resolution(arena *a, const json *v, int32_t *width, int32_t *height)
{
    if (!json_is(v, JSON_STRING))
        return false;
    const char *x = memchr(v->text, 'x', v->len);
    if (!x)
        return false;
    size_t left = (size_t)(x - v->text);
    json w = json_stringn(a, v->text, left), h = json_stringn(a, x + 1, v->len - left - 1);
    return number_int32(a, &w, width) && number_int32(a, &h, height) && *width > 0 && *height > 0;
}
