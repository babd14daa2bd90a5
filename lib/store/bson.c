#include "store/bson.h"

#include "base/limits.h"
#include "store/libmongoc.h"

#include <errno.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

/* One document on its way to BSON. */
typedef struct writer {
    error *e;       /* borrowed */
    bool canonical; /* so far; it would come back in the same words */
} writer;

/* libbson's own limit is far higher: what is over ours needn't get there. */
static bool fits(writer *w, const bson_t *b, bool appended)
{
    return (appended && b->len <= MAX_DOCUMENT) ||
           error_set(w->e, EX_DATAERR, "larger than the %zu MiB that MongoDB takes",
                     MAX_DOCUMENT / 1024 / 1024);
}

/* ---- the types of Extended JSON, to BSON ------------------------------- */

/* The one member of an object that has only that one. */
static const json *only(const json *object, const char *key)
{
    return object->len == 1 ? json_get(object, key) : NULL;
}

static bool text_int64(const json *v, int64_t *out)
{
    const char *text = json_text(v);
    if (!text || !*text)
        return false;
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return !errno && *end == '\0';
}

static bool text_double(const json *v, double *out)
{
    const char *text = json_text(v);
    if (!text || !*text)
        return false;
    char *end;
    *out = strtod(text, &end);
    return *end == '\0';
}

/* 2026-11-23T05:17:34.123Z, or with an offset as +01:00. */
static bool text_date(const char *text, int64_t *milliseconds)
{
    struct tm tm = {0};
    const char *p =
        text[0] >= '0' && text[0] <= '9' ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    if (!p)
        return false;
    int64_t fraction = 0, weight = 100;
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++, weight /= 10)
            fraction += (*p - '0') * weight;
    int64_t offset = 0; /* seconds */
    if (strcmp(p, "Z") != 0) {
        struct tm zone = {0};
        const char *end = *p == '+' || *p == '-' ? strptime(p, "%z", &zone) : NULL;
        if (!end || *end)
            return false;
        offset = zone.tm_gmtoff;
    }
    *milliseconds = ((int64_t)timegm(&tm) - offset) * 1000 + fraction;
    return true;
}

static bool read_date(const json *v, int64_t *milliseconds)
{
    if (json_is(v, JSON_OBJECT))
        return text_int64(only(v, "$numberLong"), milliseconds);
    const char *text = json_text(v);
    return text && text_date(text, milliseconds);
}

static bool read_binary(const json *v, buf *bytes, unsigned *subtype)
{
    const json *base64 = json_get(v, "base64");
    const char *type = json_text(json_get(v, "subType"));
    if (!json_text(base64) || !type || base64->len % 4 != 0 || v->len != 2)
        return false;
    char *end;
    unsigned long number = strtoul(type, &end, 16);
    if (end == type || *end || number > 255)
        return false;
    *subtype = (unsigned)number;
    buf_reserve(bytes, base64->len);
    int len = EVP_DecodeBlock((unsigned char *)bytes->data, (const unsigned char *)base64->text,
                              (int)base64->len);
    if (len < 0)
        return false;
    for (uint32_t i = base64->len; i > 0 && base64->text[i - 1] == '='; i--)
        len--; /* the padding was decoded into zeros */
    bytes->len = (size_t)len;
    return len >= 0;
}

static bool append_binary(bson_t *b, const char *key, const json *v, bool *appended)
{
    buf bytes = {0};
    unsigned subtype;
    bool good = read_binary(v, &bytes, &subtype);
    if (good)
        *appended = bson_append_binary(b, key, -1, (bson_subtype_t)subtype,
                                       (const uint8_t *)bytes.data, (uint32_t)bytes.len);
    buf_free(&bytes);
    return good;
}

static bool append_timestamp(bson_t *b, const char *key, const json *v, bool *appended)
{
    int64_t seconds, number;
    if (!json_int64(json_get(v, "t"), &seconds) || !json_int64(json_get(v, "i"), &number) ||
        seconds < 0 || seconds > UINT32_MAX || number < 0 || number > UINT32_MAX || v->len != 2)
        return false;
    *appended = bson_append_timestamp(b, key, -1, (uint32_t)seconds, (uint32_t)number);
    return true;
}

/* A text that BSON ends with a NUL: it can't hold one. */
static const char *c_string(const json *v)
{
    return json_text(v) && strlen(v->text) == v->len ? v->text : NULL;
}

static bool append_regex(bson_t *b, const char *key, const json *v, bool *appended)
{
    const char *pattern = c_string(json_get(v, "pattern"));
    const char *options = c_string(json_get(v, "options"));
    if (!pattern || !options || v->len != 2)
        return false;
    *appended = bson_append_regex(b, key, -1, pattern, options);
    return true;
}

static bool append_oid(bson_t *b, const char *key, const json *v, bool *appended)
{
    bson_oid_t oid;
    if (!json_text(v) || !bson_oid_is_valid(v->text, v->len) || v->len != 24)
        return false;
    bson_oid_init_from_string(&oid, v->text);
    *appended = bson_append_oid(b, key, -1, &oid);
    return true;
}

static bool append_number(bson_t *b, const char *key, const json *object, bool *appended)
{
    int64_t n;
    double d;
    bson_decimal128_t decimal;
    const json *v;
    if (text_int64(only(object, "$numberInt"), &n) && n >= INT32_MIN && n <= INT32_MAX)
        *appended = bson_append_int32(b, key, -1, (int32_t)n);
    else if (text_int64(only(object, "$numberLong"), &n))
        *appended = bson_append_int64(b, key, -1, n);
    else if (text_double(only(object, "$numberDouble"), &d))
        *appended = bson_append_double(b, key, -1, d);
    else if (json_text(v = only(object, "$numberDecimal")) &&
             bson_decimal128_from_string(v->text, &decimal))
        *appended = bson_append_decimal128(b, key, -1, &decimal);
    else
        return false;
    return true;
}

/* False when `object` is none of them. MongoDB's deprecated types (symbol,
 * code with scope, DBPointer) can be read, but not written. */
static bool append_type(bson_t *b, const char *key, const json *object, bool *appended)
{
    const json *v;
    int64_t n;
    if ((v = only(object, "$oid")))
        return append_oid(b, key, v, appended);
    if ((v = only(object, "$binary")))
        return append_binary(b, key, v, appended);
    if ((v = only(object, "$timestamp")))
        return append_timestamp(b, key, v, appended);
    if ((v = only(object, "$regularExpression")))
        return append_regex(b, key, v, appended);
    if ((v = only(object, "$date"))) {
        bool good = read_date(v, &n);
        if (good)
            *appended = bson_append_date_time(b, key, -1, n);
        return good;
    }
    if (c_string(v = only(object, "$code"))) {
        *appended = bson_append_code(b, key, -1, v->text);
        return true;
    }
    if (only(object, "$minKey")) {
        *appended = bson_append_minkey(b, key, -1);
        return true;
    }
    if (only(object, "$maxKey")) {
        *appended = bson_append_maxkey(b, key, -1);
        return true;
    }
    if (only(object, "$undefined")) {
        *appended = bson_append_undefined(b, key, -1);
        return true;
    }
    return append_number(b, key, object, appended);
}

/* ---- json to BSON ------------------------------------------------------- */

static bool append(writer *w, bson_t *b, const char *key, const json *v, int depth);

static const char *type_key(const json *object)
{
    for (uint32_t i = 0; i < object->len; i++)
        if (object->members[i].key[0] == '$')
            return object->members[i].key;
    return NULL;
}

/* Of the types only ids are common enough to be worth a look. */
static bool type_is_canonical(const json *object)
{
    const char *oid = json_text(only(object, "$oid"));
    return oid && strspn(oid, "0123456789abcdef") == 24;
}

static bool append_object(writer *w, bson_t *b, const char *key, const json *v, int depth)
{
    const char *dollar = type_key(v);
    if (dollar) {
        bool appended;
        w->canonical = w->canonical && type_is_canonical(v);
        if (!append_type(b, key, v, &appended))
            return error_set(w->e, EX_DATAERR,
                             "\"%.80s\" is no type of Extended JSON, or not so written", dollar);
        return fits(w, b, appended);
    }
    bson_t child;
    if (!fits(w, b, bson_append_document_begin(b, key, -1, &child)))
        return false;
    bool ok = true;
    for (uint32_t i = 0; ok && i < v->len; i++)
        ok = append(w, &child, v->members[i].key, &v->members[i].value, depth + 1);
    return bson_append_document_end(b, &child) && ok && fits(w, b, true);
}

static bool append_array(writer *w, bson_t *b, const char *key, const json *v, int depth)
{
    bson_t child;
    if (!fits(w, b, bson_append_array_begin(b, key, -1, &child)))
        return false;
    bool ok = true;
    for (uint32_t i = 0; ok && i < v->len; i++) {
        char digits[16];
        const char *index;
        bson_uint32_to_string(i, &index, digits, sizeof digits);
        ok = append(w, &child, index, &v->items[i], depth + 1);
    }
    return bson_append_array_end(b, &child) && ok && fits(w, b, true);
}

/* Whether json_real would write it so; no for some that it would. */
static bool real_is_canonical(const json *v, double d)
{
    char text[40];
    int len = snprintf(text, sizeof text - 2, "%.15g", d);
    if (!strpbrk(text, ".e"))
        strcpy(text + len, ".0");
    return strcmp(text, v->text) == 0;
}

static bool append_plain_number(writer *w, bson_t *b, const char *key, const json *v)
{
    if (json_is_integer(v)) {
        int64_t n;
        if (!json_int64(v, &n))
            return error_set(w->e, EX_DATAERR, "the integer %.40s is beyond 64 bits", v->text);
        if (n == 0 && v->len > 1)
            w->canonical = false; /* -0 */
        if (n >= INT32_MIN && n <= INT32_MAX)
            return fits(w, b, bson_append_int32(b, key, -1, (int32_t)n));
        return fits(w, b, bson_append_int64(b, key, -1, n));
    }
    double d;
    if (!json_double(v, &d))
        return error_set(w->e, EX_DATAERR, "the number %.40s is beyond a double", v->text);
    w->canonical = w->canonical && real_is_canonical(v, d);
    return fits(w, b, bson_append_double(b, key, -1, d));
}

/* `depth` counts the containers around the value. */
static bool append(writer *w, bson_t *b, const char *key, const json *v, int depth)
{
    if (depth >= MAX_DEPTH && v->type >= JSON_ARRAY)
        return error_set(w->e, EX_DATAERR, "nested deeper than %d levels", MAX_DEPTH);
    switch ((json_type)v->type) {
    case JSON_NULL: return fits(w, b, bson_append_null(b, key, -1));
    case JSON_FALSE:
    case JSON_TRUE: return fits(w, b, bson_append_bool(b, key, -1, v->type == JSON_TRUE));
    case JSON_NUMBER: return append_plain_number(w, b, key, v);
    case JSON_STRING:
        return fits(w, b,
                    v->len <= MAX_DOCUMENT && bson_append_utf8(b, key, -1, v->text, (int)v->len));
    case JSON_ARRAY: return append_array(w, b, key, v, depth);
    case JSON_OBJECT: return append_object(w, b, key, v, depth);
    }
    return false;
}

bool bsonjson_value(bson_t *out, const char *key, const json *value, error *e)
{
    writer w = {e, true};
    return append(&w, out, key, value, 1);
}

static bool append_document(writer *w, bson_t *out, const json *document)
{
    const char *dollar = type_key(document);
    if (dollar)
        return error_set(w->e, EX_DATAERR, "a document can't have a key \"%.80s\"", dollar);
    const json *id = json_get(document, "_id");
    if (id && id != &document->members[0].value)
        w->canonical = false;
    if (id && !append(w, out, "_id", id, 1))
        return false;
    for (uint32_t i = 0; i < document->len; i++) {
        const json_member *m = &document->members[i];
        if (&m->value != id && !append(w, out, m->key, &m->value, 1))
            return false;
    }
    return true;
}

bool bsonjson_document(bson_t *out, const json *document, error *e)
{
    writer w = {e, true};
    return append_document(&w, out, document);
}

/* ---- BSON to json ------------------------------------------------------- */

static json wrap(arena *a, const char *key, json value)
{
    json object = json_object();
    json_add(a, &object, key, value);
    return object;
}

static json wrap_pair(arena *a, const char *key, const char *first, json x, const char *second,
                      json y)
{
    json pair = json_object();
    json_add(a, &pair, first, x);
    json_add(a, &pair, second, y);
    return wrap(a, key, pair);
}

static json wrap_int64(arena *a, int64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)n);
    return wrap(a, "$numberLong", json_string(a, text));
}

static json read_double(arena *a, double d)
{
    if (isfinite(d))
        return json_real(a, d);
    const char *text = isnan(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity";
    return wrap(a, "$numberDouble", json_string(a, text));
}

/* A text from 1970 to 9999, else a number: so the specification. */
static json read_date_time(arena *a, int64_t milliseconds)
{
    const int64_t year_10000 = INT64_C(253402300800) * 1000;
    if (milliseconds < 0 || milliseconds >= year_10000)
        return wrap(a, "$date", wrap_int64(a, milliseconds));
    time_t seconds = (time_t)(milliseconds / 1000);
    struct tm tm;
    char text[64];
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    int fraction = (int)(milliseconds % 1000);
    if (fraction)
        snprintf(text + len, sizeof text - len, ".%03dZ", fraction);
    else
        strcpy(text + len, "Z");
    return wrap(a, "$date", json_string(a, text));
}

static json read_binary_value(arena *a, const bson_iter_t *it)
{
    bson_subtype_t subtype;
    uint32_t len;
    const uint8_t *bytes;
    bson_iter_binary(it, &subtype, &len, &bytes);
    char *base64 = arena_alloc(a, (size_t)len / 3 * 4 + 5);
    int written = EVP_EncodeBlock((unsigned char *)base64, bytes, (int)len);
    json text = json_stringn(a, base64, (size_t)written);
    char type[8];
    snprintf(type, sizeof type, "%02x", (unsigned)subtype & 0xff);
    return wrap_pair(a, "$binary", "base64", text, "subType", json_string(a, type));
}

static json read_oid(arena *a, const bson_oid_t *oid)
{
    char hex[25];
    bson_oid_to_string(oid, hex);
    return wrap(a, "$oid", json_stringn(a, hex, 24));
}

static json read_members(arena *a, bson_iter_t *it, bool is_array);

static json read_scope(arena *a, const bson_iter_t *it)
{
    uint32_t len, scope_len;
    const uint8_t *scope;
    const char *code = bson_iter_codewscope(it, &len, &scope_len, &scope);
    json v = wrap(a, "$code", json_string(a, code));
    bson_iter_t inside;
    json members = json_object();
    if (bson_iter_init_from_data(&inside, scope, scope_len))
        members = read_members(a, &inside, false);
    json_add(a, &v, "$scope", members);
    return v;
}

static json read_rare(arena *a, const bson_iter_t *it)
{
    uint32_t len, seconds, number;
    const char *text, *options;
    const bson_oid_t *oid;
    bson_decimal128_t decimal;
    char digits[BSON_DECIMAL128_STRING];
    switch (bson_iter_type(it)) {
    case BSON_TYPE_REGEX:
        text = bson_iter_regex(it, &options);
        return wrap_pair(a, "$regularExpression", "pattern", json_string(a, text), "options",
                         json_string(a, options));
    case BSON_TYPE_TIMESTAMP:
        bson_iter_timestamp(it, &seconds, &number);
        return wrap_pair(a, "$timestamp", "t", json_integer(a, seconds), "i",
                         json_integer(a, number));
    case BSON_TYPE_DECIMAL128:
        bson_iter_decimal128(it, &decimal);
        bson_decimal128_to_string(&decimal, digits);
        return wrap(a, "$numberDecimal", json_string(a, digits));
    case BSON_TYPE_DBPOINTER:
        bson_iter_dbpointer(it, &len, &text, &oid);
        return wrap_pair(a, "$dbPointer", "$ref", json_stringn(a, text, len), "$id",
                         read_oid(a, oid));
    case BSON_TYPE_CODE: return wrap(a, "$code", json_string(a, bson_iter_code(it, &len)));
    case BSON_TYPE_SYMBOL: return wrap(a, "$symbol", json_string(a, bson_iter_symbol(it, &len)));
    case BSON_TYPE_CODEWSCOPE: return read_scope(a, it);
    case BSON_TYPE_UNDEFINED: return wrap(a, "$undefined", json_bool(true));
    case BSON_TYPE_MINKEY: return wrap(a, "$minKey", json_integer(a, 1));
    case BSON_TYPE_MAXKEY: return wrap(a, "$maxKey", json_integer(a, 1));
    default: return json_null();
    }
}

static json read_value(arena *a, const bson_iter_t *it)
{
    uint32_t len;
    bson_iter_t inside;
    switch (bson_iter_type(it)) {
    case BSON_TYPE_NULL: return json_null();
    case BSON_TYPE_BOOL: return json_bool(bson_iter_bool(it));
    case BSON_TYPE_INT32: return json_integer(a, bson_iter_int32(it));
    case BSON_TYPE_INT64: return json_integer(a, bson_iter_int64(it));
    case BSON_TYPE_DOUBLE: return read_double(a, bson_iter_double(it));
    case BSON_TYPE_UTF8: {
        const char *text = bson_iter_utf8(it, &len);
        return json_stringn(a, text, len);
    }
    case BSON_TYPE_OID: return read_oid(a, bson_iter_oid(it));
    case BSON_TYPE_DATE_TIME: return read_date_time(a, bson_iter_date_time(it));
    case BSON_TYPE_BINARY: return read_binary_value(a, it);
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY: {
        bool is_array = bson_iter_type(it) == BSON_TYPE_ARRAY;
        if (!bson_iter_recurse(it, &inside))
            return is_array ? json_array() : json_object();
        return read_members(a, &inside, is_array);
    }
    default: return read_rare(a, it);
    }
}

static json read_members(arena *a, bson_iter_t *it, bool is_array)
{
    json v = is_array ? json_array() : json_object();
    while (bson_iter_next(it))
        if (is_array)
            json_push(a, &v, read_value(a, it));
        else
            json_add(a, &v, bson_iter_key(it), read_value(a, it));
    return v;
}

json bsonjson_read(arena *a, const bson_t *document)
{
    bson_iter_t it;
    if (!bson_iter_init(&it, document))
        return json_object();
    return read_members(a, &it, false);
}

bool bsonjson_canonical(arena *a, const json *document, json *out, error *e)
{
    bson_t b = BSON_INITIALIZER;
    writer w = {e, true};
    bool ok = append_document(&w, &b, document);
    if (ok)
        *out = w.canonical ? *document : bsonjson_read(a, &b);
    bson_destroy(&b);
    return ok;
}
