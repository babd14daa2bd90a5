/* driver.h - what a driver provides to the store. Only store/store.c and the drivers
 * include it; store/store.h describes each function. */
#ifndef OPKITSU_STORE_DRIVER_H
#define OPKITSU_STORE_DRIVER_H

#include "base/confine.h"
#include "store/types.h"

/* A store_sink, and of which fields documents are to come (store/store.h). Borrowed. */
typedef struct driver_sink {
    arena *arena;
    store_fn *fn;
    void *context;
    const char *const *fields;
} driver_sink;

typedef struct store_driver {
    bool atomic;
    void (*close)(store *s); /* frees what the driver added, not `s` */
    void (*needs)(const store *s, program_needs *n);
    bool (*projects)(store *s, const driver_sink *out, error *e);
    bool (*documents)(store *s, store_ns ns, store_what what, const driver_sink *out, error *e);
    bool (*content_of)(store *s, store_ns ns, store_content *content, error *e);
    bool (*get_many)(store *s, store_ns ns, store_ids ids, const driver_sink *out, error *e);
    bool (*find)(store *s, store_ns ns, store_query q, const driver_sink *out, error *e);
    bool (*children)(store *s, store_ns ns, store_ids ids, const driver_sink *out, error *e);
    bool (*linking)(store *s, store_ns ns, store_ids ids, const driver_sink *out, error *e);
    bool (*select)(store *s, store_ns ns, const char *field, store_texts values,
                   const driver_sink *out, error *e);
    bool (*now)(store *s, double *seconds, error *e);
    bool (*begin)(store *s, error *e);
    bool (*commit)(store *s, error *e);
    void (*rollback)(store *s);
    bool (*write_all)(store *s, store_ns ns, store_write *writes, size_t n, arena *a, error *e);
    bool (*drop)(store *s, store_ns ns, bool anyway, store_content *content, error *e);
    bool (*index)(store *s, store_ns ns, store_texts fields, error *e);
    bool (*put)(store *s, store_ns ns, const json *document, arena *a, error *e);
    bool (*prune)(store *s, store_ns ns, const store_age *age, error *e);
} store_driver;

/* A driver's own struct begins with this one. */
struct store {
    const store_driver *driver; /* borrowed */
    char *name;                 /* owned; without user and password */
    char *avalon, *openpype;    /* owned */
};

/* `address` (borrowed) is the URL (MongoDB) or the path (SQLite). Both return
 * their struct, connected, with `driver` and `name` set, owned by the caller; or
 * NULL with the error. Only then does the store take over `name`. */
store *store_mongo_open(const char *address, char *name, error *e);
store *store_sqlite_open(const char *address, char *name, store_mode mode, unsigned wait, error *e);

/* Whether a document is one of STORE_ASSETS, by its type (NULL: it has none). */
bool store_is_asset(const char *type);

/* A document as a sink wants it. The values are shared with `document`. */
json store_pick(const driver_sink *out, const json *document);

/* `{_id,type,parent}` of a document, with `data.visualParent` for store_children. The
 * values are shared with `document`. */
json store_outline(arena *a, const json *document, bool visual_parent);

#endif
