/* MongoDB, through libmongoc: sockets, TLS, log-in, replica sets and
 * mongodb+srv are its work. Writes are acknowledged by a majority and carry
 * what they expect in their filters; nothing here needs a transaction. */
#include "base/limits.h"

#include "base/mem.h"
#include "base/msg.h"
#include "json/path.h"
#include "store/bson.h"
#include "store/driver.h"
#include "store/libmongoc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#define SELECTION_TIMEOUT 5000  /* milliseconds, when the URL names none */
#define MAJORITY_TIMEOUT  30000 /* milliseconds; a majority that is away must not hang a sync */

/* MongoDB's own numbers of errors, from its error_codes.yml. */
enum {
    UNAUTHORIZED = 13,
    AUTHENTICATION_FAILED = 18,
    NAMESPACE_NOT_FOUND = 26,
    COMMAND_NOT_FOUND = 59,
    DUPLICATE_KEY = 11000,
    OUT_OF_DISK_SPACE = 14031
};

typedef struct mongo_store {
    store base;
    mongoc_client_t *client; /* owned */
    bool reached;            /* it has answered once */
    bool index_complained;
} mongo_store;

static bool fail(const mongo_store *s, const bson_error_t *why, error *e)
{
    const char *name = s->base.name;
    bool refused =
        why->code == UNAUTHORIZED || why->code == AUTHENTICATION_FAILED ||
        (why->domain == MONGOC_ERROR_CLIENT && why->code == MONGOC_ERROR_CLIENT_AUTHENTICATE);
    if (refused)
        return error_set(e, EX_NOPERM, "%s: access refused: %s", name, why->message);
    if (why->code == OUT_OF_DISK_SPACE)
        return error_set(e, EX_IOERR, "%s: %s", name, why->message);
    if (!s->reached)
        return error_set(e, EX_UNAVAILABLE, "%s: unreachable: %s", name, why->message);
    return error_set(e, EX_TEMPFAIL, "%s: %s", name, why->message);
}

static mongoc_collection_t *collection_of(mongo_store *s, store_ns ns)
{
    return mongoc_client_get_collection(s->client, ns.db, ns.coll);
}

/* ---- reading ------------------------------------------------------------ */

typedef struct reading {
    arena *arena;
    store_fn *fn;
    void *context;
    bool entities; /* of a subset only the outline */
    bool outline;  /* of all, for store_below */
} reading;

/* Find and hand out. */
static bool find(mongo_store *s, store_ns ns, const bson_t *filter, const bson_t *opts,
                 const reading *r, error *e)
{
    mongoc_collection_t *collection = collection_of(s, ns);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, filter, opts, NULL);
    const bson_t *bytes;
    bool go_on = true;
    while (go_on && mongoc_cursor_next(cursor, &bytes)) {
        json document = bsonjson_read(r->arena, bytes);
        const char *type = json_text(json_get(&document, "type"));
        if (r->outline || (r->entities && type && strcmp(type, "subset") == 0))
            document = store_outline(r->arena, &document, r->outline);
        go_on = r->fn(r->context, ns, &document);
    }
    bson_error_t why;
    bool ok = !mongoc_cursor_error(cursor, &why) || fail(s, &why, e);
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(collection);
    return ok;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool mongo_projects(store *base, arena *a, store_fn *fn, void *context, error *e)
{
    mongo_store *s = (mongo_store *)base;
    mongoc_database_t *database = mongoc_client_get_database(s->client, base->avalon);
    bson_error_t why;
    char **names = mongoc_database_get_collection_names_with_opts(database, NULL, &why);
    mongoc_database_destroy(database);
    if (!names)
        return fail(s, &why, e);
    size_t n = 0;
    while (names[n])
        n++;
    qsort(names, n, sizeof *names, by_text);

    bson_t *filter = BCON_NEW("type", "project");
    bson_t *opts = BCON_NEW("sort", "{", "_id", BCON_INT32(1), "}", "limit", BCON_INT64(1));
    reading r = {a, fn, context, false, false};
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = find(s, (store_ns){base->avalon, names[i]}, filter, opts, &r, e);
    bson_destroy(filter);
    bson_destroy(opts);
    bson_strfreev(names);
    return ok;
}

static bool mongo_documents(store *base, store_ns ns, store_what what, arena *a, store_fn *fn,
                            void *context, error *e)
{
    bool entities = what == STORE_ENTITIES;
    bson_t *filter = entities ? BCON_NEW("type", "{", "$in", "[", "project", "asset",
                                         "archived_asset", "subset", "]", "}")
                              : bson_new();
    bson_t *opts = BCON_NEW("sort", "{", "_id", BCON_INT32(1), "}");
    reading r = {a, fn, context, entities, false};
    bool ok = find((mongo_store *)base, ns, filter, opts, &r, e);
    bson_destroy(filter);
    bson_destroy(opts);
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
    reading r = {a, take_note, found, false, false};
    bool ok = find(s, ns, filter, opts, &r, e);
    bson_destroy(opts);
    arena_free(a);
    return ok;
}

static bool mongo_content_of(store *base, store_ns ns, store_content *content, error *e)
{
    mongo_store *s = (mongo_store *)base;
    bson_t *everything = bson_new();
    bson_t *other = BCON_NEW("type", "{", "$nin", "[", "project", "asset", "]", "}");
    bool published = false, something = false;
    bool ok = any(s, ns, other, &published, e) && any(s, ns, everything, &something, e);
    *content = published ? STORE_PUBLISHED : something ? STORE_UNPUBLISHED : STORE_EMPTY;
    bson_destroy(everything);
    bson_destroy(other);
    return ok;
}

/* Append `{"$in":[ids]}` as `key`. */
static bool append_in(bson_t *filter, const char *key, const json *const *ids, size_t n, error *why)
{
    bson_t in, list;
    bool ok = true;
    BSON_APPEND_DOCUMENT_BEGIN(filter, key, &in);
    BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
    for (size_t i = 0; ok && i < n; i++) {
        char digits[16];
        const char *index;
        bson_uint32_to_string((uint32_t)i, &index, digits, sizeof digits);
        ok = bsonjson_value(&list, index, ids[i], why);
    }
    bson_append_array_end(&in, &list);
    bson_append_document_end(filter, &in);
    return ok;
}

static bool mongo_get_many(store *base, store_ns ns, const json *const *ids, size_t n, arena *a,
                           store_fn *fn, void *context, error *e)
{
    mongo_store *s = (mongo_store *)base;
    bson_t filter = BSON_INITIALIZER;
    error why;
    reading r = {a, fn, context, false, false};
    bool ok = append_in(&filter, "_id", ids, n, &why)
                  ? find(s, ns, &filter, NULL, &r, e)
                  : error_set(e, EX_DATAERR, "%s: an _id that cannot be: %s", base->name, why.what);
    bson_destroy(&filter);
    return ok;
}

/* Assets with one of these texts as `field`; `kind`: of Kitsu's that they must
 * have or, with a `!` before it, must not; NULL: any. */
static bool find_assets(mongo_store *s, store_ns ns, const char *field, const char *const *values,
                        size_t n, const char *kind, const reading *r, error *e)
{
    bson_t filter = BSON_INITIALIZER, in, list;
    BSON_APPEND_DOCUMENT_BEGIN(&filter, field, &in);
    BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
    for (size_t i = 0; i < n; i++) {
        char digits[16];
        const char *index;
        bson_uint32_to_string((uint32_t)i, &index, digits, sizeof digits);
        BSON_APPEND_UTF8(&list, index, values[i]);
    }
    bson_append_array_end(&in, &list);
    bson_append_document_end(&filter, &in);
    BCON_APPEND(&filter, "type", "{", "$in", "[", "asset", "archived_asset", "]", "}");
    if (kind && *kind == '!')
        BCON_APPEND(&filter, "data.zou.type", "{", "$ne", BCON_UTF8(kind + 1), "}");
    else if (kind)
        BSON_APPEND_UTF8(&filter, "data.zou.type", kind);
    bool ok = find(s, ns, &filter, NULL, r, e);
    bson_destroy(&filter);
    return ok;
}

static bool mongo_find(store *base, store_ns ns, store_key key, const char *const *values, size_t n,
                       arena *a, store_fn *fn, void *context, error *e)
{
    static const char *const fields[] = {
        [STORE_ZOU_ID] = "data.zou.id", [STORE_NAME] = "name", [STORE_ROOT_OF] = "data.root_of"};
    mongo_store *s = (mongo_store *)base;
    reading r = {a, fn, context, false, false};
    if (key != STORE_ZOU_PARENT)
        return find_assets(s, ns, fields[key], values, n, NULL, &r, e);
    return find_assets(s, ns, "data.zou.parent_id", values, n, "!Asset", &r, e) &&
           find_assets(s, ns, "data.zou.entity_type_id", values, n, "Asset", &r, e);
}

static bool mongo_below(store *base, store_ns ns, const json *const *ids, size_t n, arena *a,
                        store_fn *fn, void *context, error *e)
{
    mongo_store *s = (mongo_store *)base;
    bson_t subsets = BSON_INITIALIZER, assets = BSON_INITIALIZER;
    bson_t *opts = BCON_NEW("projection", "{", "type", BCON_INT32(1), "parent", BCON_INT32(1),
                            "data.visualParent", BCON_INT32(1), "}");
    error why;
    reading r = {a, fn, context, false, true};
    BSON_APPEND_UTF8(&subsets, "type", "subset");
    BCON_APPEND(&assets, "type", "{", "$in", "[", "asset", "archived_asset", "]", "}");
    bool ok = append_in(&subsets, "parent", ids, n, &why) &&
              append_in(&assets, "data.visualParent", ids, n, &why);
    if (!ok)
        error_set(e, EX_DATAERR, "%s: an _id that cannot be: %s", base->name, why.what);
    ok = ok && find(s, ns, &subsets, opts, &r, e) && find(s, ns, &assets, opts, &r, e);
    bson_destroy(&subsets);
    bson_destroy(&assets);
    bson_destroy(opts);
    return ok;
}

/* The server's, from what it says of itself; before MongoDB 5 the question had
 * another name. */
static bool mongo_now(store *base, double *seconds, error *e)
{
    static const char *const questions[] = {"hello", "isMaster"};
    mongo_store *s = (mongo_store *)base;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        bson_t *question = BCON_NEW(questions[i], BCON_INT32(1)), reply;
        bson_iter_t it;
        bson_error_t why;
        bool ok = mongoc_client_command_simple(s->client, "admin", question, NULL, &reply, &why);
        bool told =
            ok && bson_iter_init_find(&it, &reply, "localTime") && BSON_ITER_HOLDS_DATE_TIME(&it);
        if (told)
            *seconds = (double)bson_iter_date_time(&it) / 1e3;
        bson_destroy(question);
        bson_destroy(&reply);
        if (told)
            return true;
        if (!ok && why.code != COMMAND_NOT_FOUND)
            return fail(s, &why, e);
    }
    return error_set(e, EX_PROTOCOL, "%s: it does not tell its time", base->name);
}

/* ---- writing ------------------------------------------------------------ */

static bool mongo_begin(store *base, error *e)
{
    (void)base, (void)e;
    return true;
}

static void mongo_rollback(store *base)
{
    (void)base;
}

/* Append that `path` is what it was. To MongoDB null is equal to nothing at
 * all, hence the type. */
static bool append_expected(bson_t *filter, const char *path, const json *value, error *why)
{
    bson_t condition;
    bool ok = true;
    BSON_APPEND_DOCUMENT_BEGIN(filter, path, &condition);
    if (!value)
        BSON_APPEND_BOOL(&condition, "$exists", false);
    else if (value->type == JSON_NULL)
        BSON_APPEND_UTF8(&condition, "$type", "null");
    else
        ok = bsonjson_value(&condition, "$eq", value, why);
    bson_append_document_end(filter, &condition);
    return ok;
}

/* `{"$set":{path:value},"$unset":{path:""}}` from the document as it shall be. */
static bool append_changes(bson_t *update, const store_write *w, error *why)
{
    bson_t set = BSON_INITIALIZER, unset = BSON_INITIALIZER;
    bool ok = true;
    for (size_t i = 0; ok && i < w->n_paths; i++) {
        const json *value = path_get(w->after, w->paths[i]);
        if (value)
            ok = bsonjson_value(&set, w->paths[i], value, why);
        else
            BSON_APPEND_UTF8(&unset, w->paths[i], "");
    }
    if (!bson_empty(&set))
        BSON_APPEND_DOCUMENT(update, "$set", &set);
    if (!bson_empty(&unset))
        BSON_APPEND_DOCUMENT(update, "$unset", &unset);
    bson_destroy(&set);
    bson_destroy(&unset);
    return ok;
}

/* MongoDB looks at the size of an updated document itself, but in words of its
 * own. What has no place in BSON and is not touched is left to it. */
static bool fits(const json *document, error *why)
{
    bson_t whole = BSON_INITIALIZER;
    bool ok = bsonjson_document(&whole, document, why) || whole.len <= MAX_DOCUMENT;
    bson_destroy(&whole);
    return ok;
}

/* A bulk of one kind of writes, and which of them each operation is. */
typedef struct sending {
    mongoc_bulk_operation_t *bulk; /* owned */
    bson_t *as_is;                 /* owned; its options: keys may be empty or have dots */
    store_write **writes;          /* owned list of borrowed writes */
    size_t n;
    size_t expected; /* of them, those that were not refused */
    bson_t reply;
} sending;

/* Add `w`, with what it expects in `filter`. */
static bool add(sending *sent, const store_write *w, bson_t *filter, bson_t *content, error *why)
{
    bson_error_t be;
    bool ok = true, added = false;
    switch (w->op) {
    case STORE_INSERT:
        ok = bsonjson_document(content, w->after, why);
        added = ok && mongoc_bulk_operation_insert_with_opts(sent->bulk, content, sent->as_is, &be);
        break;
    case STORE_UPDATE:
        ok = fits(w->after, why) && append_changes(content, w, why) &&
             bsonjson_value(filter, "_id", w->id, why);
        for (size_t i = 0; ok && i < w->n_paths; i++)
            ok = append_expected(filter, w->paths[i], path_get(w->before, w->paths[i]), why);
        added = ok && mongoc_bulk_operation_update_one_with_opts(sent->bulk, filter, content,
                                                                 sent->as_is, &be);
        break;
    case STORE_DELETE:
        for (uint32_t i = 0; ok && i < w->before->len; i++)
            ok = append_expected(filter, w->before->members[i].key, &w->before->members[i].value,
                                 why);
        added = ok && mongoc_bulk_operation_remove_one_with_opts(sent->bulk, filter, NULL, &be);
        break;
    }
    if (ok && !added)
        snprintf(why->what, sizeof why->what, "%.*s", (int)sizeof why->what - 1, be.message);
    return added;
}

static void add_write(sending *sent, store_write *w)
{
    bson_t filter = BSON_INITIALIZER, content = BSON_INITIALIZER;
    error why = {0};
    bool added = add(sent, w, &filter, &content, &why);
    w->outcome = added ? STORE_DONE : STORE_REFUSED;
    snprintf(w->what, sizeof w->what, "%.*s", (int)sizeof w->what - 1, added ? "" : why.what);
    if (added)
        sent->writes[sent->n++] = w;
    bson_destroy(&filter);
    bson_destroy(&content);
}

/* ---- what became of a bulk ---------------------------------------------- */

static int64_t number_in(const bson_t *object, const char *key)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, object, key) ? bson_iter_as_int64(&it) : -1;
}

/* Go to the start of a list in the reply. */
static bool open_list(const bson_t *reply, const char *key, bson_iter_t *list)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, reply, key) && bson_iter_recurse(&it, list);
}

/* One of `writeErrors`: the others were tried all the same. */
static bool take_write_error(mongo_store *s, sending *sent, const bson_t *reply, error *e)
{
    bson_iter_t it;
    const char *message = "refused";
    if (bson_iter_init_find(&it, reply, "errmsg") && BSON_ITER_HOLDS_UTF8(&it))
        message = bson_iter_utf8(&it, NULL);
    int64_t code = number_in(reply, "code"), index = number_in(reply, "index");
    if (code == OUT_OF_DISK_SPACE)
        return error_set(e, EX_IOERR, "%s: %s", s->base.name, message);
    if (index < 0 || (size_t)index >= sent->n)
        return error_set(e, EX_PROTOCOL, "%s: an answer that makes no sense", s->base.name);
    store_write *w = sent->writes[index];
    w->outcome = code == DUPLICATE_KEY ? STORE_MISSED : STORE_REFUSED;
    snprintf(w->what, sizeof w->what, "%s", message);
    sent->expected--;
    return true;
}

static bool take_write_errors(mongo_store *s, sending *sent, bool *some, error *e)
{
    bson_iter_t list;
    *some = false;
    if (!open_list(&sent->reply, "writeErrors", &list))
        return true;
    bool ok = true;
    while (ok && bson_iter_next(&list)) {
        const uint8_t *bytes;
        uint32_t len;
        bson_t reply;
        bson_iter_document(&list, &len, &bytes);
        *some = true;
        if (bytes && bson_init_static(&reply, bytes, len))
            ok = take_write_error(s, sent, &reply, e);
    }
    return ok;
}

/* A document that is there after the bulk: a delete has missed it, an update
 * has if a field is not what it shall be. */
static bool check_one(void *context, store_ns ns, const json *document)
{
    (void)ns;
    const sending *sent = context;
    const json *id = json_get(document, "_id");
    for (size_t i = 0; i < sent->n; i++) {
        store_write *w = sent->writes[i];
        if (w->outcome == STORE_REFUSED || !json_equal(w->id, id, NULL))
            continue;
        w->outcome = w->op == STORE_DELETE ? STORE_MISSED : STORE_DONE;
        for (size_t k = 0; k < w->n_paths; k++)
            if (!json_equal(path_get(document, w->paths[k]), path_get(w->after, w->paths[k]), NULL))
                w->outcome = STORE_MISSED;
    }
    return true;
}

/* The counts say that some writes met other documents than they expected, but
 * not which. */
static bool find_missed(mongo_store *s, store_ns ns, sending *sent, arena *a, error *e)
{
    const json **ids = xmalloc(sent->n * sizeof *ids);
    size_t n = 0;
    for (size_t i = 0; i < sent->n; i++) {
        store_write *w = sent->writes[i];
        if (w->outcome == STORE_REFUSED)
            continue;
        w->outcome = w->op == STORE_DELETE ? STORE_DONE : STORE_MISSED; /* if it is gone */
        ids[n++] = w->id;
    }
    bool ok = n == 0 || mongo_get_many(&s->base, ns, ids, n, a, check_one, sent, e);
    free(ids);
    return ok;
}

static bool send_bulk(mongo_store *s, store_ns ns, sending *sent, arena *a, error *e)
{
    bson_error_t why;
    bson_iter_t list;
    bool some_failed;
    sent->expected = sent->n;
    bool ok = mongoc_bulk_operation_execute(sent->bulk, &sent->reply, &why) != 0;
    if (!take_write_errors(s, sent, &some_failed, e))
        return false;
    if (open_list(&sent->reply, "writeConcernErrors", &list) && bson_iter_next(&list))
        return error_set(e, EX_TEMPFAIL, "%s: the writes were not acknowledged by a majority",
                         s->base.name);
    if (!ok && !some_failed)
        return fail(s, &why, e);
    static const char *const counted[] = {
        [STORE_INSERT] = "nInserted", [STORE_UPDATE] = "nMatched", [STORE_DELETE] = "nRemoved"};
    store_op op = sent->writes[0]->op;
    if (number_in(&sent->reply, counted[op]) == (int64_t)sent->expected)
        return true;
    if (op == STORE_INSERT)
        return error_set(e, EX_TEMPFAIL, "%s: the writes stopped half way", s->base.name);
    return find_missed(s, ns, sent, a, e);
}

/* The writes of one kind. */
static bool write_some(mongo_store *s, store_ns ns, store_op op, store_write *writes, size_t n,
                       arena *a, error *e)
{
    mongoc_collection_t *collection = collection_of(s, ns);
    bson_t *unordered = BCON_NEW("ordered", BCON_BOOL(false));
    sending sent = {
        .bulk = mongoc_collection_create_bulk_operation_with_opts(collection, unordered),
        .as_is = BCON_NEW("validate", BCON_BOOL(false)),
        .writes = xmalloc(n * sizeof *sent.writes),
        .reply = BSON_INITIALIZER,
    };
    for (size_t i = 0; i < n; i++)
        if (writes[i].op == op)
            add_write(&sent, &writes[i]);
    bool ok = true;
    if (sent.n) {
        bson_destroy(&sent.reply); /* executing makes it anew */
        ok = send_bulk(s, ns, &sent, a, e);
    }
    bson_destroy(&sent.reply);
    free(sent.writes);
    bson_destroy(sent.as_is);
    mongoc_bulk_operation_destroy(sent.bulk);
    bson_destroy(unordered);
    mongoc_collection_destroy(collection);
    return ok;
}

static bool mongo_write_all(store *base, store_ns ns, store_write *writes, size_t n, arena *a,
                            error *e)
{
    mongo_store *s = (mongo_store *)base;
    return write_some(s, ns, STORE_INSERT, writes, n, a, e) &&
           write_some(s, ns, STORE_UPDATE, writes, n, a, e) &&
           write_some(s, ns, STORE_DELETE, writes, n, a, e);
}

static bool mongo_drop(store *base, store_ns ns, bool anyway, store_content *content, error *e)
{
    mongo_store *s = (mongo_store *)base;
    if (!mongo_content_of(base, ns, content, e))
        return false;
    if (*content == STORE_EMPTY || (*content == STORE_PUBLISHED && !anyway))
        return true;
    mongoc_collection_t *collection = collection_of(s, ns);
    bson_error_t why;
    bool ok = mongoc_collection_drop_with_opts(collection, NULL, &why) ||
              why.code == NAMESPACE_NOT_FOUND || fail(s, &why, e);
    mongoc_collection_destroy(collection);
    return ok;
}

/* createIndexes, which does nothing where they are already. */
static bool create_indexes(mongo_store *s, store_ns ns, bool sparse, bson_error_t *why)
{
    static const struct {
        const char *name, *first, *second;
    } wanted[] = {
        {"opkitsu_zou_id", "data.zou.id", NULL},
        {"opkitsu_zou_parent", "data.zou.parent_id", NULL},
        {"opkitsu_zou_type", "data.zou.entity_type_id", NULL},
        {"opkitsu_root_of", "data.root_of", NULL},
        {"opkitsu_visual_parent", "data.visualParent", NULL},
        {"opkitsu_parent", "parent", "type"},
        {"opkitsu_name", "name", "type"},
    };
    bson_t command = BSON_INITIALIZER, list;
    BSON_APPEND_UTF8(&command, "createIndexes", ns.coll);
    BSON_APPEND_ARRAY_BEGIN(&command, "indexes", &list);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        bson_t index, key;
        char digits[2] = {(char)('0' + i), '\0'};
        BSON_APPEND_DOCUMENT_BEGIN(&list, digits, &index);
        BSON_APPEND_DOCUMENT_BEGIN(&index, "key", &key);
        BSON_APPEND_INT32(&key, wanted[i].first, 1);
        if (wanted[i].second)
            BSON_APPEND_INT32(&key, wanted[i].second, 1);
        bson_append_document_end(&index, &key);
        BSON_APPEND_UTF8(&index, "name", wanted[i].name);
        if (sparse && !wanted[i].second)
            BSON_APPEND_BOOL(&index, "sparse", true);
        bson_append_document_end(&list, &index);
    }
    bson_append_array_end(&command, &list);
    bool ok = mongoc_client_write_command_with_opts(s->client, ns.db, &command, NULL, NULL, why);
    bson_destroy(&command);
    return ok;
}

static bool mongo_index(store *base, store_ns ns, error *e)
{
    mongo_store *s = (mongo_store *)base;
    bson_error_t why;
    (void)e; /* a server that can't is used without */
    if (create_indexes(s, ns, true, &why) || create_indexes(s, ns, false, &why))
        return true;
    if (!s->index_complained)
        msg_warn("%s: it goes without indexes: %s", base->name, why.message);
    s->index_complained = true;
    return true;
}

static bool mongo_put(store *base, store_ns ns, const json *document, arena *a, error *e)
{
    (void)a;
    mongo_store *s = (mongo_store *)base;
    bson_t filter = BSON_INITIALIZER, bytes = BSON_INITIALIZER;
    bson_t *upsert = BCON_NEW("upsert", BCON_BOOL(true));
    error why;
    bson_error_t be;
    bool ok = bsonjson_document(&bytes, document, &why) &&
              bsonjson_value(&filter, "_id", json_get(document, "_id"), &why);
    if (ok) {
        mongoc_collection_t *collection = collection_of(s, ns);
        ok = mongoc_collection_replace_one(collection, &filter, &bytes, upsert, NULL, &be) ||
             fail(s, &be, e);
        mongoc_collection_destroy(collection);
    } else {
        error_set(e, EX_IOERR, "%s: it refuses its own state: %s", base->name, why.what);
    }
    bson_destroy(upsert);
    bson_destroy(&bytes);
    bson_destroy(&filter);
    return ok;
}

/* ---- opening ------------------------------------------------------------ */

static void mongo_close(store *base)
{
    mongo_store *s = (mongo_store *)base;
    if (s->client)
        mongoc_client_destroy(s->client);
}

static const store_driver driver = {
    .atomic = false,
    .close = mongo_close,
    .projects = mongo_projects,
    .documents = mongo_documents,
    .content_of = mongo_content_of,
    .get_many = mongo_get_many,
    .find = mongo_find,
    .below = mongo_below,
    .now = mongo_now,
    .begin = mongo_begin,
    .commit = mongo_begin,
    .rollback = mongo_rollback,
    .write_all = mongo_write_all,
    .drop = mongo_drop,
    .index = mongo_index,
    .put = mongo_put,
};

/* libmongoc would write its log to stderr, addresses and all. */
static void be_silent(mongoc_log_level_t level, const char *domain, const char *message,
                      void *context)
{
    (void)level, (void)domain, (void)message, (void)context;
}

static void set_default(mongoc_uri_t *uri, const char *option, int milliseconds)
{
    if (!mongoc_uri_has_option(uri, option))
        mongoc_uri_set_option_as_int32(uri, option, milliseconds);
}

static bool connect_to(mongo_store *s, const char *url, error *e)
{
    bson_error_t why = {0};
    mongoc_uri_t *uri = mongoc_uri_new_with_error(url, &why);
    if (!uri) /* what libmongoc says of it may quote the password */
        return error_set(e, EX_CONFIG, "%s: not a good MongoDB URL%s%s", s->base.name,
                         strchr(url, '@') ? "" : ": ", strchr(url, '@') ? "" : why.message);
    set_default(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, SELECTION_TIMEOUT);
    set_default(uri, MONGOC_URI_CONNECTTIMEOUTMS, SELECTION_TIMEOUT);
    s->client = mongoc_client_new_from_uri_with_error(uri, &why);
    mongoc_uri_destroy(uri);
    if (!s->client)
        return fail(s, &why, e);
    mongoc_client_set_error_api(s->client, MONGOC_ERROR_API_VERSION_2);
    mongoc_client_set_appname(s->client, "opkitsu");
    mongoc_write_concern_t *majority = mongoc_write_concern_new();
    mongoc_write_concern_set_wmajority(majority, MAJORITY_TIMEOUT);
    mongoc_client_set_write_concern(s->client, majority);
    mongoc_write_concern_destroy(majority);
    bson_t *ping = BCON_NEW("ping", BCON_INT32(1));
    bool ok = mongoc_client_command_simple(s->client, "admin", ping, NULL, NULL, &why);
    bson_destroy(ping);
    s->reached = ok;
    return ok || fail(s, &why, e);
}

/* libmongoc makes a file for its statistics when it is loaded, before main and
 * whether it is used or not, and a program that is killed leaves it behind:
 * thousands in a year, and a warning whenever a process number comes again.
 * Nobody reads it; without its name it goes with the process. */
__attribute__((constructor)) static void drop_statistics(void)
{
    char name[32];
    snprintf(name, sizeof name, "/mongoc-%ld", (long)getpid());
    shm_unlink(name);
}

store *store_mongo_open(const char *url, char *name, error *e)
{
    mongo_store *s = xmalloc(sizeof *s);
    *s = (mongo_store){.base = {.driver = &driver, .name = name}};
    mongoc_log_set_handler(be_silent, NULL);
    mongoc_init();
    if (connect_to(s, url, e))
        return &s->base;
    mongo_close(&s->base);
    free(s);
    return NULL;
}
