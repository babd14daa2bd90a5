/* Reading from MongoDB. */
#include "store/bson.h"
#include "store/mongo.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* What is wanted of the documents that a filter finds. */
typedef enum reading {
    READ_WHOLE,
    READ_OUTLINES /* with the visual parent */
} reading;

/* The options, and of which fields documents are to come. The caller destroys it. */
static bson_t *with_fields(const bson_t *opts, const char *const *fields)
{
    bson_t *out = opts ? bson_copy(opts) : bson_new(), projection;
    if (!fields)
        return out;
    BSON_APPEND_DOCUMENT_BEGIN(out, "projection", &projection);
    BSON_APPEND_INT32(&projection, "_id", 1);
    for (const char *const *f = fields; *f; f++)
        BSON_APPEND_INT32(&projection, *f, 1);
    bson_append_document_end(out, &projection);
    return out;
}

/* Find and hand out; outlines have fields of their own. */
static bool find(mongo_store *s, store_ns ns, const bson_t *filter, const bson_t *opts,
                 reading wanted, const driver_sink *out, error *e)
{
    mongoc_collection_t *collection = mongo_collection(s, ns);
    bson_t *all = with_fields(opts, wanted == READ_WHOLE ? out->fields : NULL);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, filter, all, NULL);
    const bson_t *bytes;
    bool go_on = true;
    while (go_on && mongoc_cursor_next(cursor, &bytes)) {
        json document = bsonjson_read(out->arena, bytes);
        if (wanted == READ_OUTLINES)
            document = store_outline(out->arena, &document, true);
        go_on = out->fn(out->context, ns, &document);
    }
    bson_error_t why;
    bool ok = !mongoc_cursor_error(cursor, &why) || mongo_fail(s, &why, e);
    mongoc_cursor_destroy(cursor);
    bson_destroy(all);
    mongoc_collection_destroy(collection);
    return ok;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool mongo_projects(store *base, const driver_sink *out, error *e)
{
    mongo_store *s = (mongo_store *)base;
    mongoc_database_t *database = mongoc_client_get_database(s->client, base->avalon);
    bson_error_t why;
    char **names = mongoc_database_get_collection_names_with_opts(database, NULL, &why);
    mongoc_database_destroy(database);
    if (!names)
        return mongo_fail(s, &why, e);
    size_t n = 0;
    while (names[n])
        n++;
    qsort(names, n, sizeof *names, by_text);

    bson_t *filter = BCON_NEW("type", "project");
    bson_t *opts = BCON_NEW("sort", "{", "_id", BCON_INT32(1), "}", "limit", BCON_INT64(1));
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        if (strncmp(names[i], "system.", strlen("system.")) != 0) /* MongoDB's own */
            ok = find(s, (store_ns){base->avalon, names[i]}, filter, opts, READ_WHOLE, out, e);
    bson_destroy(filter);
    bson_destroy(opts);
    bson_strfreev(names);
    return ok;
}

#define ASSET_TYPES "project", "asset", "archived_asset" /* as store_is_asset */

/* Hands on documents until the reader has enough. */
typedef struct sink_end {
    const driver_sink *out; /* borrowed */
    bool ended;
} sink_end;

static bool give(void *context, store_ns ns, const json *document)
{
    sink_end *s = context;
    s->ended = !s->out->fn(s->out->context, ns, document);
    return !s->ended;
}

static bool find_links(mongo_store *s, store_ns ns, const driver_sink *out, error *e)
{
    bson_t *linked = BCON_NEW("type", "{", "$in", "[", ASSET_TYPES, "]", "}", "data.zou.id", "{",
                              "$exists", BCON_BOOL(true), "}");
    bson_t *opts =
        BCON_NEW("projection", "{", "_id", BCON_INT32(0), "data.zou.id", BCON_INT32(1), "}");
    bool ok = find(s, ns, linked, opts, READ_WHOLE, out, e);
    bson_destroy(linked);
    bson_destroy(opts);
    return ok;
}

bool mongo_documents(store *base, store_ns ns, store_what what, const driver_sink *out, error *e)
{
    mongo_store *s = (mongo_store *)base;
    if (what == STORE_LINKS)
        return find_links(s, ns, out, e);
    bson_t *assets = BCON_NEW("type", "{", "$in", "[", ASSET_TYPES, "]", "}");
    bson_t *others = BCON_NEW("type", "{", "$nin", "[", ASSET_TYPES, "]", "}");
    bson_t *everything = bson_new(), *by_id = BCON_NEW("sort", "{", "_id", BCON_INT32(1), "}");
    bson_t *outlines = BCON_NEW("sort", "{", "_id", BCON_INT32(1), "}", "projection", "{", "type",
                                BCON_INT32(1), "parent", BCON_INT32(1), "}");
    sink_end whole = {out, false};
    driver_sink first = {out->arena, give, &whole, out->fields};
    bool ok = find(s, ns, what == STORE_ALL ? everything : assets, by_id, READ_WHOLE, &first, e) &&
              (what != STORE_ENTITIES || whole.ended ||
               find(s, ns, others, outlines, READ_OUTLINES, out, e));
    bson_destroy(assets);
    bson_destroy(others);
    bson_destroy(everything);
    bson_destroy(by_id);
    bson_destroy(outlines);
    return ok;
}

static bool take_note(void *context, store_ns ns, const json *document)
{
    (void)ns, (void)document;
    *(bool *)context = true;
    return false;
}

static bool any(mongo_store *s, store_ns ns, const bson_t *filter, bool *found, error *e)
{
    arena *a = arena_new();
    bson_t *opts = BCON_NEW("limit", BCON_INT64(1), "projection", "{", "_id", BCON_INT32(1), "}");
    *found = false;
    bool ok = find(s, ns, filter, opts, READ_WHOLE, &(driver_sink){a, take_note, found, NULL}, e);
    bson_destroy(opts);
    arena_free(a);
    return ok;
}

bool mongo_content_of(store *base, store_ns ns, store_content *content, error *e)
{
    mongo_store *s = (mongo_store *)base;
    bson_t *everything = bson_new();
    bson_t *other = BCON_NEW("type", "{", "$nin", "[", ASSET_TYPES, "]", "}");
    bool published = false, something = false;
    bool ok = any(s, ns, other, &published, e) && any(s, ns, everything, &something, e);
    *content = published ? STORE_PUBLISHED : something ? STORE_UNPUBLISHED : STORE_EMPTY;
    bson_destroy(everything);
    bson_destroy(other);
    return ok;
}

/* Append `{"$in":[ids]}` as `key`. */
static bool append_in(bson_t *filter, const char *key, store_ids ids, error *why)
{
    bson_t in, list;
    bool ok = true;
    BSON_APPEND_DOCUMENT_BEGIN(filter, key, &in);
    BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
    for (size_t i = 0; ok && i < ids.n; i++) {
        char digits[16];
        const char *index;
        bson_uint32_to_string((uint32_t)i, &index, digits, sizeof digits);
        ok = bsonjson_value(&list, index, ids.items[i], why);
    }
    bson_append_array_end(&in, &list);
    bson_append_document_end(filter, &in);
    return ok;
}

bool mongo_get_many(store *base, store_ns ns, store_ids ids, const driver_sink *out, error *e)
{
    mongo_store *s = (mongo_store *)base;
    bson_t filter = BSON_INITIALIZER;
    error why;
    bool ok = append_in(&filter, "_id", ids, &why)
                  ? find(s, ns, &filter, NULL, READ_WHOLE, out, e)
                  : error_set(e, EX_DATAERR, "%s: an _id that cannot be: %s", base->name, why.what);
    bson_destroy(&filter);
    return ok;
}

bool mongo_linking(store *base, store_ns ns, store_ids ids, const driver_sink *out, error *e)
{
    mongo_store *s = (mongo_store *)base;
    bson_t filter = BSON_INITIALIZER;
    error why;
    BCON_APPEND(&filter, "type", "{", "$in", "[", "asset", "archived_asset", "]", "}");
    bool ok = append_in(&filter, "data.inputLinks.id", ids, &why)
                  ? find(s, ns, &filter, NULL, READ_WHOLE, out, e)
                  : error_set(e, EX_DATAERR, "%s: an _id that cannot be: %s", base->name, why.what);
    bson_destroy(&filter);
    return ok;
}

/* `{field: {$in: texts}}` */
static void append_texts(bson_t *filter, const char *field, store_texts texts)
{
    bson_t in, list;
    BSON_APPEND_DOCUMENT_BEGIN(filter, field, &in);
    BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
    for (size_t i = 0; i < texts.n; i++) {
        char digits[16];
        const char *index;
        bson_uint32_to_string((uint32_t)i, &index, digits, sizeof digits);
        BSON_APPEND_UTF8(&list, index, texts.items[i]);
    }
    bson_append_array_end(&in, &list);
    bson_append_document_end(filter, &in);
}

/* Assets with one of these texts as `field`; `kind`: of Kitsu's that they must
 * have or, with a `!` before it, must not; NULL: any. */
static bool find_assets(mongo_store *s, store_ns ns, const char *field, const char *kind,
                        const store_query *q, const driver_sink *out, error *e)
{
    bson_t filter = BSON_INITIALIZER;
    append_texts(&filter, field, (store_texts){q->values, q->n});
    BCON_APPEND(&filter, "type", "{", "$in", "[", "asset", "archived_asset", "]", "}");
    if (kind && *kind == '!')
        BCON_APPEND(&filter, "data.zou.type", "{", "$ne", BCON_UTF8(kind + 1), "}");
    else if (kind)
        BSON_APPEND_UTF8(&filter, "data.zou.type", kind);
    bool ok = find(s, ns, &filter, NULL, READ_WHOLE, out, e);
    bson_destroy(&filter);
    return ok;
}

bool mongo_find(store *base, store_ns ns, store_query q, const driver_sink *out, error *e)
{
    static const char *const fields[] = {[STORE_ZOU_ID] = "data.zou.id",
                                         [STORE_NAME] = "name",
                                         [STORE_ZOU_NAME] = "data.zou.name",
                                         [STORE_ROOT_OF] = "data.root_of"};
    mongo_store *s = (mongo_store *)base;
    if (q.key != STORE_ZOU_PARENT)
        return find_assets(s, ns, fields[q.key], NULL, &q, out, e);
    return find_assets(s, ns, "data.zou.parent_id", "!Asset", &q, out, e) &&
           find_assets(s, ns, "data.zou.entity_type_id", "Asset", &q, out, e);
}

bool mongo_children(store *base, store_ns ns, store_ids ids, const driver_sink *out, error *e)
{
    mongo_store *s = (mongo_store *)base;
    bson_t others = BSON_INITIALIZER, assets = BSON_INITIALIZER;
    bson_t *opts = BCON_NEW("projection", "{", "type", BCON_INT32(1), "parent", BCON_INT32(1),
                            "data.visualParent", BCON_INT32(1), "}");
    error why;
    BCON_APPEND(&others, "type", "{", "$nin", "[", ASSET_TYPES, "]", "}");
    BCON_APPEND(&assets, "type", "{", "$in", "[", "asset", "archived_asset", "]", "}");
    bool ok = append_in(&others, "parent", ids, &why) &&
              append_in(&assets, "data.visualParent", ids, &why);
    if (!ok)
        error_set(e, EX_DATAERR, "%s: an _id that cannot be: %s", base->name, why.what);
    ok = ok && find(s, ns, &others, opts, READ_OUTLINES, out, e) &&
         find(s, ns, &assets, opts, READ_OUTLINES, out, e);
    bson_destroy(&others);
    bson_destroy(&assets);
    bson_destroy(opts);
    return ok;
}

bool mongo_select(store *base, store_ns ns, const char *field, store_texts values,
                  const driver_sink *out, error *e)
{
    bson_t filter = BSON_INITIALIZER;
    append_texts(&filter, field, values);
    bool ok = find((mongo_store *)base, ns, &filter, NULL, READ_WHOLE, out, e);
    bson_destroy(&filter);
    return ok;
}
