#include "store/bson_types.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const json *bson_type_value(const json *object, const char *key)
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
        return text_int64(bson_type_value(v, "$numberLong"), milliseconds);
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
    if (text_int64(bson_type_value(object, "$numberInt"), &n) && n >= INT32_MIN && n <= INT32_MAX)
        *appended = bson_append_int32(b, key, -1, (int32_t)n);
    else if (text_int64(bson_type_value(object, "$numberLong"), &n))
        *appended = bson_append_int64(b, key, -1, n);
    else if (text_double(bson_type_value(object, "$numberDouble"), &d))
        *appended = bson_append_double(b, key, -1, d);
    else if (json_text(v = bson_type_value(object, "$numberDecimal")) &&
             bson_decimal128_from_string(v->text, &decimal))
        *appended = bson_append_decimal128(b, key, -1, &decimal);
    else
        return false;
    return true;
}

bool bson_type_append(bson_t *b, const char *key, const json *object, bool *appended)
{
    const json *v;
    int64_t n;
    if ((v = bson_type_value(object, "$oid")))
        return append_oid(b, key, v, appended);
    if ((v = bson_type_value(object, "$binary")))
        return append_binary(b, key, v, appended);
    if ((v = bson_type_value(object, "$timestamp")))
        return append_timestamp(b, key, v, appended);
    if ((v = bson_type_value(object, "$regularExpression")))
        return append_regex(b, key, v, appended);
    if ((v = bson_type_value(object, "$date"))) {
        bool good = read_date(v, &n);
        if (good)
            *appended = bson_append_date_time(b, key, -1, n);
        return good;
    }
    if (c_string(v = bson_type_value(object, "$code"))) {
        *appended = bson_append_code(b, key, -1, v->text);
        return true;
    }
    if (bson_type_value(object, "$minKey")) {
        *appended = bson_append_minkey(b, key, -1);
        return true;
    }
    if (bson_type_value(object, "$maxKey")) {
        *appended = bson_append_maxkey(b, key, -1);
        return true;
    }
    if (bson_type_value(object, "$undefined")) {
        *appended = bson_append_undefined(b, key, -1);
        return true;
    }
    return append_number(b, key, object, appended);
}
