#include "store/bson.h"

#include "base/limits.h"
#include "store/bson_types.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

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
    const char *oid = json_text(bson_type_value(object, "$oid"));
    return oid && strspn(oid, "0123456789abcdef") == 24;
}

static bool append_object(writer *w, bson_t *b, const char *key, const json *v, int depth)
{
    const char *dollar = type_key(v);
    if (dollar) {
        bool appended;
        w->canonical = w->canonical && type_is_canonical(v);
        if (!bson_type_append(b, key, v, &appended))
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
