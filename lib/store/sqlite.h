/* sqlite.h - what the files of the SQLite driver share. For store/sqlite*.c only. */
#ifndef OPKITSU_STORE_SQLITE_H
#define OPKITSU_STORE_SQLITE_H

#include "store/driver.h"

#include <sqlite3.h>

typedef struct sqlite_store {
    store base;
    sqlite3 *db; /* owned; NULL: to be read, and there is no file yet */
    char *path;  /* owned */
    store_mode mode;
    unsigned wait;  /* seconds */
    long long call; /* number of the last spooled read */
} sqlite_store;

/* Fill in `*e` from SQLite's last error. Returns false. */
bool sqlite_fail(const sqlite_store *s, error *e);

/* Run SQL that gives no rows. */
bool sqlite_execute(sqlite_store *s, const char *sql, error *e);
/* The caller finalises it; NULL with the error. */
sqlite3_stmt *sqlite_prepare(sqlite_store *s, const char *sql, error *e);
/* NULL is SQL's NULL. The text must live until the statement is reset. */
void sqlite_bind(sqlite3_stmt *statement, int column, const char *text);
/* Run a statement that gives no rows, and make it ready for the next. */
bool sqlite_run(sqlite_store *s, sqlite3_stmt *statement, error *e);
/* The only number that a query gives; `argument`: its parameter, or NULL. */
bool sqlite_query_number(sqlite_store *s, const char *sql, const char *argument, int *number,
                         error *e);

/* Whether a namespace is in AVALON_DB (table `documents`) or not (`openpype`). */
bool sqlite_in_avalon(const sqlite_store *s, store_ns ns);
/* An error for a database that is neither of the two. */
bool sqlite_known_db(const sqlite_store *s, store_ns ns, error *e);
/* Before reading: open the file if it has come into being since the store was
 * opened. `s->db` stays NULL as long as there is nothing to read. */
bool sqlite_look(sqlite_store *s, error *e);

/* ---- of the driver (store/driver.h): store/sqlite_read.c -------------------- */

bool sqlite_projects(store *base, const driver_sink *out, error *e);
bool sqlite_documents(store *base, store_ns ns, store_what what, const driver_sink *out, error *e);
bool sqlite_content_of(store *base, store_ns ns, store_content *content, error *e);
bool sqlite_get_many(store *base, store_ns ns, store_ids ids, const driver_sink *out, error *e);
bool sqlite_find(store *base, store_ns ns, store_query q, const driver_sink *out, error *e);
bool sqlite_children(store *base, store_ns ns, store_ids ids, const driver_sink *out, error *e);
bool sqlite_linking(store *base, store_ns ns, store_ids ids, const driver_sink *out, error *e);
/* Of the table `openpype`: the fields with columns, in the order of its statements; ends
 * with NULL. */
extern const char *const sqlite_state_columns[];
bool sqlite_select(store *base, store_ns ns, const char *field, store_texts values,
                   const driver_sink *out, error *e);

/* ---- store/sqlite_write.c ----------------------------------------------------- */

bool sqlite_write_all(store *base, store_ns ns, store_write *writes, size_t n, arena *a, error *e);
bool sqlite_drop(store *base, store_ns ns, bool anyway, store_content *content, error *e);
bool sqlite_put(store *base, store_ns ns, const json *document, arena *a, error *e);
bool sqlite_prune(store *base, store_ns ns, const store_age *age, error *e);

#endif
