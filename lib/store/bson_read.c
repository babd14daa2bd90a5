/* BSON to json. */
#include "store/bson.h"

#include "store/libmongoc.h"

#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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
