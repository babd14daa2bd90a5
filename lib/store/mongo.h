/* mongo.h - what the files of the MongoDB driver share. For store/mongo*.c only. */
#ifndef OPKITSU_STORE_MONGO_H
#define OPKITSU_STORE_MONGO_H

#include "store/driver.h"
#include "store/libmongoc.h"
#include "store/mongo_watch.h"

/* MongoDB's own numbers of errors, from its error_codes.yml. */
enum {
    UNAUTHORIZED = 13,
    AUTHENTICATION_FAILED = 18,
    NAMESPACE_NOT_FOUND = 26,
    COMMAND_NOT_FOUND = 59,
    INVALID_NAMESPACE = 73,
    DUPLICATE_KEY = 11000,
    OUT_OF_DISK_SPACE = 14031
};

/* Whether an error of this number says nothing of what was asked, and the same may succeed
 * a moment later: another server becomes the primary, say. */
bool mongo_is_passing(int64_t code);

typedef struct mongo_store {
    store base;
    mongoc_client_t *client; /* owned */
    bool reached;            /* it has answered once */
    bool index_warned;
    mongo_watch *watch; /* owned */
    size_t bulk;        /* writes; as many as one bulk may have, by how fast the server is */
} mongo_store;

/* Fill in `*e` from libmongoc's error. Returns false. */
bool mongo_fail(const mongo_store *s, const bson_error_t *why, error *e);
/* How many writes a bulk may have after one of `bulk` that took so many seconds: a server
 * that is slow gets less at a time, so that each is answered before libmongoc gives up. */
size_t mongo_next_bulk(size_t bulk, double seconds, double slow);
/* The caller destroys it. */
mongoc_collection_t *mongo_collection(mongo_store *s, store_ns ns);

/* ---- of the driver (store/driver.h): store/mongo_read.c -------------------- */

bool mongo_projects(store *base, const driver_sink *out, error *e);
bool mongo_documents(store *base, store_ns ns, store_what what, const driver_sink *out, error *e);
bool mongo_content_of(store *base, store_ns ns, store_content *content, error *e);
bool mongo_get_many(store *base, store_ns ns, store_ids ids, const driver_sink *out, error *e);
bool mongo_find(store *base, store_ns ns, store_query q, const driver_sink *out, error *e);
bool mongo_children(store *base, store_ns ns, store_ids ids, const driver_sink *out, error *e);
bool mongo_linking(store *base, store_ns ns, store_ids ids, const driver_sink *out, error *e);
bool mongo_select(store *base, store_ns ns, const char *field, store_texts values,
                  const driver_sink *out, error *e);

/* ---- store/mongo_write.c ---------------------------------------------------- */

bool mongo_write_all(store *base, store_ns ns, store_write *writes, size_t n, arena *a, error *e);
bool mongo_put(store *base, store_ns ns, const json *document, arena *a, error *e);
bool mongo_prune(store *base, store_ns ns, const store_age *age, error *e);

#endif
