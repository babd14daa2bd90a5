#include "json/numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is left to read of a text. */
typedef struct rest {
    const char *at, *end;
} rest;

static bool take(rest *r, const char *what)
{
    size_t len = strlen(what);
    bool found = (size_t)(r->end - r->at) >= len && memcmp(r->at, what, len) == 0;
    if (found)
        r->at += len;
    return found;
}

static void take_blanks(rest *r)
{
    while (r->at < r->end && strchr(" \t\r\n\f\v", *r->at) && *r->at)
        r->at++;
}

/* Returns their number. */
static size_t take_digits(rest *r)
{
    const char *first = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return (size_t)(r->at - first);
}

/* As JSON writes it: without a plus, or zeros that begin it, and with a point. */
static bool as_json(arena *a, bool negative, rest whole, rest decimals, json *out)
{
    while (whole.end - whole.at > 1 && *whole.at == '0')
        whole.at++;
    char *text = arena_printf(a, "%s%.*s%s%.*s", negative ? "-" : "", (int)(whole.end - whole.at),
                              whole.at, decimals.at < decimals.end ? "." : "",
                              (int)(decimals.end - decimals.at), decimals.at);
    return json_parse(a, text, strlen(text), out, NULL, NULL) && out->type == JSON_NUMBER;
}

static bool take_whole(arena *a, rest *r, json *out)
{
    rest digits = {r->at, NULL};
    bool some = take_digits(r) > 0;
    digits.end = r->at;
    return some && as_json(a, false, digits, (rest){0}, out);
}

static bool take_number(arena *a, rest *r, json *out)
{
    rest whole, decimals = {0};
    bool negative = take(r, "-");
    if (!negative)
        take(r, "+");
    whole.at = r->at;
    if (!take_digits(r))
        return false;
    whole.end = r->at;
    if (take(r, ".") || take(r, ",")) {
        decimals.at = r->at;
        if (!take_digits(r))
            return false;
        decimals.end = r->at;
    }
    return as_json(a, negative, whole, decimals, out);
}

static bool at_end(rest *r)
{
    take_blanks(r);
    return r->at == r->end;
}

static rest text_of(const json *v)
{
    rest r = {v->text, v->text + v->len};
    take_blanks(&r);
    return r;
}

/* `v` itself when it is a number, the number in its text, or NULL. */
static const json *as_number(arena *a, const json *v, json *scratch)
{
    if (json_is(v, JSON_NUMBER))
        return v;
    if (!json_is(v, JSON_STRING))
        return NULL;
    rest r = text_of(v);
    return take_number(a, &r, scratch) && at_end(&r) ? scratch : NULL;
}

bool number_real(arena *a, const json *v, double *out)
{
    json scratch;
    return json_double(as_number(a, v, &scratch), out);
}

bool number_ratio(arena *a, const json *v, double *out)
{
    if (number_real(a, v, out))
        return true;
    if (!json_is(v, JSON_STRING))
        return false;
    rest r = text_of(v);
    json above, below;
    double x, y;
    bool found = take_whole(a, &r, &above);
    take_blanks(&r);
    found = found && take(&r, "/");
    take_blanks(&r);
    found = found && take_whole(a, &r, &below) && at_end(&r) && json_double(&above, &x) &&
            json_double(&below, &y) && y > 0;
    if (found)
        *out = x / y;
    return found;
}

static bool int32_of(const json *number, int32_t *out)
{
    int64_t n;
    if (!json_int64(number, &n) || n < INT32_MIN || n > INT32_MAX)
        return false;
    *out = (int32_t)n;
    return true;
}

bool number_int32(arena *a, const json *v, int32_t *out)
{
    json scratch;
    return int32_of(as_number(a, v, &scratch), out);
}

bool number_resolution(arena *a, const json *v, int32_t *width, int32_t *height)
{
    if (!json_is(v, JSON_STRING))
        return false;
    rest r = text_of(v);
    json w, h;
    bool found = take_whole(a, &r, &w);
    take_blanks(&r);
    found = found && (take(&r, "x") || take(&r, "X") || take(&r, "*") || take(&r, "\xc3\x97"));
    take_blanks(&r);
    found = found && take_whole(a, &r, &h);
    take_blanks(&r);
    if (!take(&r, "px") && !take(&r, "p"))
        take(&r, "i");
    return found && at_end(&r) && int32_of(&w, width) && int32_of(&h, height) && *width > 0 &&
           *height > 0;
}

/* Nobody types exponents, so they are not read: 1e20 with all of its digits. */
static const char *without_exponent(arena *a, double x)
{
    const char *text = arena_printf(a, "%.0f", x);
    for (int decimals = 1; strtod(text, NULL) != x; decimals++)
        text = arena_printf(a, "%.*f", decimals, x);
    return text;
}

json number_text(arena *a, double x)
{
    json number = floor(x) == x && fabs(x) < 1e9 ? json_integer(a, (int64_t)x) : json_real(a, x);
    return json_string(a, strchr(number.text, 'e') ? without_exponent(a, x) : number.text);
}
