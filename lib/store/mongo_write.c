/* Writing to MongoDB: bulks of writes that carry what they expect in their filters. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "json/path.h"
#include "store/bson.h"
#include "store/mongo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* writes; a bulk of a server that answers quickly, and the least. */
#define MAX_BULK 512
#define MIN_BULK 8

#define SLOW_SECONDS 5.0 /* which a bulk should not take; in a fifth of it, it may have more */

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

/* `{"$set":{path:value},"$unset":{path:""}}` from the document as it should be. */
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

/* Whether a duplicate key is that of `_id`, and not of a unique index of the studio's own,
 * which planning again would meet again. Old servers name only the index. */
static bool is_duplicate_id(const bson_t *reply, const char *message)
{
    bson_iter_t it, pattern;
    if (bson_iter_init_find(&it, reply, "keyPattern") && BSON_ITER_HOLDS_DOCUMENT(&it) &&
        bson_iter_recurse(&it, &pattern))
        return bson_iter_find(&pattern, "_id");
    return !strstr(message, "index: ") || strstr(message, "index: _id_");
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
    if (mongo_is_passing(code))
        return error_set(e, EX_TEMPFAIL, "%s: %s", s->base.name, message);
    if (index < 0 || (size_t)index >= sent->n)
        return error_set(e, EX_PROTOCOL, "%s: unexpected reply to a bulk of writes", s->base.name);
    store_write *w = sent->writes[index];
    bool missed = code == DUPLICATE_KEY && is_duplicate_id(reply, message);
    w->outcome = missed ? STORE_MISSED : STORE_REFUSED;
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
 * has if a field is not what it should be. */
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
        w->outcome = w->op == STORE_DELETE ? STORE_DONE : STORE_MISSED; /* if it no longer exists */
        ids[n++] = w->id;
    }
    bool ok = n == 0 || mongo_get_many(&s->base, ns, (store_ids){ids, n},
                                       &(driver_sink){a, check_one, sent, NULL}, e);
    free(ids);
    return ok;
}

/* The server will not have a collection of this name: a matter of this project's alone. */
static bool refuse_all(sending *sent, const char *message)
{
    for (size_t i = 0; i < sent->n; i++) {
        sent->writes[i]->outcome = STORE_REFUSED;
        snprintf(sent->writes[i]->what, sizeof sent->writes[i]->what, "%.*s",
                 (int)sizeof sent->writes[i]->what - 1, message);
    }
    return true;
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
        return why.code == INVALID_NAMESPACE ? refuse_all(sent, why.message)
                                             : mongo_fail(s, &why, e);
    static const char *const counted[] = {
        [STORE_INSERT] = "nInserted", [STORE_UPDATE] = "nMatched", [STORE_DELETE] = "nRemoved"};
    store_op op = sent->writes[0]->op;
    if (number_in(&sent->reply, counted[op]) == (int64_t)sent->expected)
        return true;
    if (op == STORE_INSERT)
        return error_set(e, EX_TEMPFAIL, "%s: the writes stopped half way", s->base.name);
    return find_missed(s, ns, sent, a, e);
}

size_t mongo_next_bulk(size_t bulk, double seconds, double slow)
{
    if (seconds > slow && bulk > MIN_BULK)
        return bulk / 2;
    return seconds < slow / 5 && bulk < MAX_BULK ? bulk * 2 : bulk;
}

/* The writes of one kind, the next of `writes` that one bulk may have: `*done` of them are
 * looked at. */
static bool write_some(mongo_store *s, store_ns ns, store_op op, store_write *writes, size_t n,
                       size_t *done, arena *a, error *e)
{
    size_t i = 0;
    mongoc_collection_t *collection = mongo_collection(s, ns);
    bson_t *unordered = BCON_NEW("ordered", BCON_BOOL(false));
    sending sent = {
        .bulk = mongoc_collection_create_bulk_operation_with_opts(collection, unordered),
        .as_is = BCON_NEW("validate", BCON_BOOL(false)),
        .writes = xmalloc(n * sizeof *sent.writes),
        .reply = BSON_INITIALIZER,
    };
    for (; i < n && sent.n < s->bulk; i++)
        if (writes[i].op == op)
            add_write(&sent, &writes[i]);
    *done = i;
    bool ok = true;
    if (sent.n) {
        double begun = clock_now();
        bson_destroy(&sent.reply); /* executing makes it anew */
        ok = send_bulk(s, ns, &sent, a, e);
        s->bulk = mongo_next_bulk(s->bulk, clock_now() - begun,
                                  clock_wait_setting("OPKITSU_SLOW_SECONDS", SLOW_SECONDS));
    }
    bson_destroy(&sent.reply);
    free(sent.writes);
    bson_destroy(sent.as_is);
    mongoc_bulk_operation_destroy(sent.bulk);
    bson_destroy(unordered);
    mongoc_collection_destroy(collection);
    return ok;
}

bool mongo_write_all(store *base, store_ns ns, store_write *writes, size_t n, arena *a, error *e)
{
    static const store_op ops[] = {STORE_INSERT, STORE_UPDATE, STORE_DELETE};
    bool ok = true;
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
        for (size_t i = 0, done; ok && i < n; i += done)
            ok = write_some((mongo_store *)base, ns, ops[k], writes + i, n - i, &done, a, e);
    return ok;
}

bool mongo_put(store *base, store_ns ns, const json *document, arena *a, error *e)
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
        mongoc_collection_t *collection = mongo_collection(s, ns);
        ok = mongoc_collection_replace_one(collection, &filter, &bytes, upsert, NULL, &be) ||
             mongo_fail(s, &be, e);
        mongoc_collection_destroy(collection);
    } else {
        error_set(e, EX_IOERR, "%s: refused the suite's own state: %s", base->name, why.what);
    }
    bson_destroy(upsert);
    bson_destroy(&bytes);
    bson_destroy(&filter);
    return ok;
}

bool mongo_prune(store *base, store_ns ns, const store_age *age, error *e)
{
    mongo_store *s = (mongo_store *)base;
    bson_t *filter =
        BCON_NEW("$and", "[", "{", age->field, "{", "$lt", BCON_DOUBLE(age->before), "}", "}", "{",
                 age->kept, "{", "$not", "{", "$gte", BCON_DOUBLE(age->until), "}", "}", "}", "]");
    mongoc_collection_t *collection = mongo_collection(s, ns);
    bson_error_t why;
    bool ok = mongoc_collection_delete_many(collection, filter, NULL, NULL, &why) ||
              mongo_fail(s, &why, e);
    mongoc_collection_destroy(collection);
    bson_destroy(filter);
    return ok;
}
