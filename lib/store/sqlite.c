/* The embedded store: one SQLite file.
 *
 * It keeps SQLite's rollback journal, not the write-ahead log: a WAL file can't
 * be read in a folder that one may not write, nor used over NFS, and a store
 * would be three files. What the log would have given is had otherwise: reads
 * are spooled to a temporary table before anybody looks at them, so no reader
 * holds a lock while its consumer sleeps, and a writer's pages stay in memory
 * up to SPILL_PAGES, so others can read until it commits. */
#include "store/bson.h"

#include "base/mem.h"
#include "store/driver.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define APPLICATION_ID 0x6f706b74 /* "opkt", for file(1) */
#define SCHEMA_VERSION 2          /* 1 was without zou_parent and root_of */
#define PAGE_SIZE      8192       /* bytes; an entity with its tasks is 2 to 8 KiB */
#define READER_WAIT    5          /* seconds, at least; a commit takes a moment */
#define SPILL_PAGES    16384      /* what a batch may hold before it locks readers out: 128 MiB */

typedef struct sqlite_store {
    store base;
    sqlite3 *db; /* owned; NULL: to be read, and there is no file yet */
    char *path;  /* owned */
    store_mode mode;
    unsigned wait;  /* seconds */
    long long call; /* number of the last spooled read */
} sqlite_store;

/* `documents` is AVALON_DB, a collection a project; `openpype` the other one.
 * `id` and `parent` are the 24 digits of an ObjectId, or the JSON text of an
 * id of any other type. `document` is the whole document. The other columns
 * are copies of its fields, to look for and for sqlite3(1). */
static const char schema[] =
    "CREATE TABLE documents (project TEXT NOT NULL, id TEXT NOT NULL, type TEXT, zou_id TEXT,"
    " name TEXT, parent TEXT, zou_parent TEXT, root_of TEXT, document TEXT NOT NULL);"
    "CREATE UNIQUE INDEX documents_id ON documents (project, id);"
    "CREATE INDEX documents_type ON documents (project, type);"
    "CREATE INDEX documents_name ON documents (project, name);"
    "CREATE INDEX documents_zou_id ON documents (project, zou_id) WHERE zou_id IS NOT NULL;"
    "CREATE INDEX documents_parent ON documents (project, parent) WHERE parent IS NOT NULL;"
    "CREATE INDEX documents_projects ON documents (project) WHERE type = 'project';"
    "CREATE TABLE openpype (collection TEXT NOT NULL, id TEXT NOT NULL, type TEXT,"
    " document TEXT NOT NULL);"
    "CREATE UNIQUE INDEX openpype_id ON openpype (collection, id);";

static const char new_indexes[] =
    "CREATE INDEX documents_zou_parent ON documents (project, zou_parent)"
    " WHERE zou_parent IS NOT NULL;"
    "CREATE INDEX documents_root_of ON documents (project, root_of) WHERE root_of IS NOT NULL;";

static const char upgrade[] =
    "ALTER TABLE documents ADD COLUMN zou_parent TEXT;"
    "ALTER TABLE documents ADD COLUMN root_of TEXT;"
    "UPDATE documents SET root_of = json_extract(document, '$.data.root_of'), zou_parent ="
    " CASE json_extract(document, '$.data.zou.type') WHEN 'Asset'"
    " THEN json_extract(document, '$.data.zou.entity_type_id')"
    " ELSE json_extract(document, '$.data.zou.parent_id') END"
    " WHERE type IN ('asset', 'archived_asset');";

/* ---- errors ------------------------------------------------------------- */

static int status_of(int code)
{
    switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return EX_TEMPFAIL;
    case SQLITE_NOTADB: return EX_CONFIG;
    case SQLITE_PERM:
    case SQLITE_AUTH: return EX_NOPERM;
    case SQLITE_NOMEM: return EX_OSERR;
    default: return EX_IOERR;
    }
}

/* What SQLite said last. */
static bool fail(const sqlite_store *s, error *e)
{
    int code = sqlite3_errcode(s->db), status = status_of(code);
    int number = sqlite3_system_errno(s->db); /* set by the next two only */
    bool system = number && (code == SQLITE_CANTOPEN || code == SQLITE_IOERR);
    const char *reason = system ? strerror(number) : sqlite3_errmsg(s->db);
    const char *name = s->base.name;
    switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(e, status, "%s: another program has kept it locked for %u s", name,
                         s->wait);
    case SQLITE_NOTADB: return error_set(e, status, "%s: not an SQLite database", name);
    case SQLITE_FULL: return error_set(e, status, "%s: no space left for it", name);
    case SQLITE_READONLY:
        return error_set(e, status, "%s: cannot be written: the file or its folder is read-only",
                         name);
    case SQLITE_CORRUPT: return error_set(e, status, "%s: the file is damaged: %s", name, reason);
    case SQLITE_CANTOPEN: return error_set(e, status, "%s: cannot be opened: %s", name, reason);
    default: return error_set(e, status, "%s: %s", name, reason);
    }
}

/* ---- statements --------------------------------------------------------- */

static bool execute(sqlite_store *s, const char *sql, error *e)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(s, e);
}

static sqlite3_stmt *prepare(sqlite_store *s, const char *sql, error *e)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail(s, e);
    return statement;
}

/* NULL is SQL's NULL. The text must live until the statement is reset. */
static void bind(sqlite3_stmt *statement, int column, const char *text)
{
    sqlite3_bind_text(statement, column, text, -1, SQLITE_STATIC);
}

/* Run a statement that gives no rows, and make it ready for the next. */
static bool run(sqlite_store *s, sqlite3_stmt *statement, error *e)
{
    int code = sqlite3_step(statement);
    bool ok = code == SQLITE_DONE || fail(s, e);
    sqlite3_reset(statement);
    return ok;
}

/* The only number that a query gives. */
static bool query_number(sqlite_store *s, const char *sql, const char *argument, int *number,
                         error *e)
{
    sqlite3_stmt *statement = prepare(s, sql, e);
    if (!statement)
        return false;
    if (argument)
        bind(statement, 1, argument);
    bool ok = sqlite3_step(statement) == SQLITE_ROW || fail(s, e);
    if (ok)
        *number = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return ok;
}

/* ---- documents ---------------------------------------------------------- */

static bool in_avalon(const sqlite_store *s, store_ns ns)
{
    return strcmp(ns.db, s->base.avalon) == 0;
}

/* There are two tables, not one for each name that a database can have. */
static bool known_db(const sqlite_store *s, store_ns ns, error *e)
{
    return in_avalon(s, ns) || strcmp(ns.db, s->base.openpype) == 0 ||
           error_set(e, EX_CONFIG, "%s: it has no database \"%.64s\", only \"%.64s\" and \"%.64s\"",
                     s->base.name, ns.db, s->base.avalon, s->base.openpype);
}

static const char *parent_text(arena *a, const json *document)
{
    const char *type = json_text(json_get(document, "type"));
    if (!type)
        return NULL;
    if (strcmp(type, "subset") == 0)
        return json_id(a, json_get(document, "parent"));
    if (strcmp(type, "asset") == 0 || strcmp(type, "archived_asset") == 0)
        return json_id(a, json_at(document, "data", "visualParent", NULL));
    return NULL;
}

static const char *zou_id_text(const json *document)
{
    const char *type = json_text(json_get(document, "type"));
    if (type && strcmp(type, "project") == 0)
        return json_text(json_at(document, "data", "zou_id", NULL));
    return json_text(json_at(document, "data", "zou", "id", NULL));
}

static const char *zou_parent_text(const json *document)
{
    const json *zou = json_at(document, "data", "zou", NULL);
    const char *kind = json_text(json_get(zou, "type"));
    bool is_asset = kind && strcmp(kind, "Asset") == 0;
    return json_text(json_get(zou, is_asset ? "entity_type_id" : "parent_id"));
}

static bool column_document(sqlite_store *s, sqlite3_stmt *row, int column, arena *a, json *out,
                            error *e)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    size_t len = (size_t)sqlite3_column_bytes(row, column);
    json_error what;
    if (text && json_parse(a, text, len, out, &what, NULL))
        return true;
    return error_set(e, EX_IOERR, "%s: the file is damaged: a document is not JSON", s->base.name);
}

/* ---- opening ------------------------------------------------------------ */

static bool make_folders(const char *path)
{
    char *folder = xstrdup(path);
    bool ok = true;
    for (char *slash = folder + 1; ok && (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        ok = mkdir(folder, 0777) == 0 || errno == EEXIST;
        *slash = '/';
    }
    free(folder);
    return ok;
}

/* SQLite makes its journal beside the file. */
static bool folder_writable(const char *path)
{
    char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    bool ok = access(slash ? folder : ".", W_OK) == 0;
    free(folder);
    return ok;
}

/* Whether the file is a store of ours that this version can use; `*empty`: it
 * holds no tables at all, as one that is being made right now. */
static bool check_version(sqlite_store *s, bool *empty, int *version, error *e)
{
    int id, tables;
    /* At one moment: a writer may be making the schema between two looks. */
    bool ok = execute(s, "SAVEPOINT version", e) &&
              query_number(s, "PRAGMA application_id", NULL, &id, e) &&
              query_number(s, "PRAGMA user_version", NULL, version, e) &&
              query_number(s, "SELECT count(*) FROM sqlite_schema", NULL, &tables, e);
    sqlite3_exec(s->db, "RELEASE version", NULL, NULL, NULL);
    if (!ok)
        return false;
    *empty = tables == 0;
    if (*empty && id == 0)
        return true;
    if (id != APPLICATION_ID)
        return error_set(e, EX_CONFIG, "%s: an SQLite database, but not of opkitsu", s->base.name);
    if (*version > SCHEMA_VERSION)
        return error_set(e, EX_CONFIG, "%s: made by a newer opkitsu (version %d, this one is %d)",
                         s->base.name, *version, SCHEMA_VERSION);
    return true;
}

/* Make the tables where there are none (for writing), and bring those of an
 * older version up to date. */
static bool make_schema(sqlite_store *s, error *e)
{
    bool empty, writing = s->mode == STORE_WRITE;
    int version;
    if (!check_version(s, &empty, &version, e))
        return false;
    if (empty ? !writing : version == SCHEMA_VERSION)
        return true;
    if (!execute(s, "BEGIN IMMEDIATE", e))
        return false;
    char pragmas[96];
    snprintf(pragmas, sizeof pragmas, "PRAGMA application_id=%d; PRAGMA user_version=%d",
             APPLICATION_ID, SCHEMA_VERSION);
    bool ok = check_version(s, &empty, &version, e); /* another one may have been first */
    if (ok && (empty || version < SCHEMA_VERSION))
        ok = execute(s, empty ? schema : upgrade, e) && execute(s, new_indexes, e) &&
             execute(s, pragmas, e);
    if (ok && execute(s, "COMMIT", e))
        return true;
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

static void close_db(sqlite_store *s)
{
    sqlite3_close(s->db);
    s->db = NULL;
}

static bool open_db(sqlite_store *s, error *e)
{
    bool writing = s->mode == STORE_WRITE;
    /* A reader opens it for writing too, if it may: to roll back what a killed
     * writer has left. SQLite falls back to reading only by itself. */
    int flags = SQLITE_OPEN_READWRITE | (writing ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK)
        return fail(s, e);
    sqlite3_busy_timeout(s->db, (int)s->wait * 1000);
    if (writing && (sqlite3_db_readonly(s->db, "main") == 1 || !folder_writable(s->path)))
        return error_set(e, EX_IOERR, "%s: cannot be written: the file or its folder is read-only",
                         s->base.name);
    char pragmas[96];
    snprintf(pragmas, sizeof pragmas,
             "PRAGMA page_size=%d; PRAGMA trusted_schema=OFF; PRAGMA cache_spill=%d", PAGE_SIZE,
             SPILL_PAGES);
    if (!execute(s, pragmas, e))
        return false;
    bool empty;
    int version;
    if (!make_schema(s, e) || !check_version(s, &empty, &version, e))
        return false;
    if (empty)
        close_db(s);
    return true;
}

/* For reading: the file may come into being after the store was opened.
 * `s->db` stays NULL as long as there is nothing to read. */
static bool look(sqlite_store *s, error *e)
{
    struct stat st;
    if (s->db)
        return true;
    if (stat(s->path, &st) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return true;
        return error_set(e, errno == EACCES ? EX_NOPERM : EX_IOERR, "%s: %s", s->base.name,
                         strerror(errno));
    }
    if (access(s->path, R_OK) != 0)
        return error_set(e, EX_NOPERM, "%s: %s", s->base.name, strerror(errno));
    if (open_db(s, e))
        return true;
    close_db(s);
    return false;
}

/* ---- reading ------------------------------------------------------------ */

typedef struct reading {
    arena *arena;
    store_fn *fn;
    void *context;
    const char *db;
    store_what what;
} reading;

static bool give_spooled(sqlite_store *s, const reading *r, error *e)
{
    sqlite3_stmt *rows =
        prepare(s, "SELECT coll, document FROM temp.spool WHERE call = ?1 ORDER BY rowid", e);
    if (!rows)
        return false;
    sqlite3_bind_int64(rows, 1, s->call);
    bool ok = true;
    int code;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        store_ns ns = {r->db, (const char *)sqlite3_column_text(rows, 0)};
        json document;
        ok = column_document(s, rows, 1, r->arena, &document, e);
        if (!ok)
            break;
        const char *type = json_text(json_get(&document, "type"));
        if (r->what == STORE_ENTITIES && type && strcmp(type, "subset") == 0)
            document = store_outline(r->arena, &document, false);
        if (!r->fn(r->context, ns, &document))
            break;
    }
    if (ok && code != SQLITE_ROW && code != SQLITE_DONE)
        ok = fail(s, e);
    sqlite3_finalize(rows);
    return ok;
}

/* Copy what `select` (of a collection's name and a document) gives, then hand
 * it out. A call may be made from within another one's `fn`. */
static bool spool(sqlite_store *s, const char *select, const char *coll, const reading *r, error *e)
{
    if (!execute(s, "CREATE TEMP TABLE IF NOT EXISTS spool (call, coll, document)", e))
        return false;
    long long call = s->call + 1;
    char sql[512];
    snprintf(sql, sizeof sql, "INSERT INTO temp.spool SELECT %lld, %s", call, select);
    sqlite3_stmt *fill = prepare(s, sql, e);
    if (!fill)
        return false;
    if (coll)
        bind(fill, 1, coll);
    bool ok = run(s, fill, e);
    sqlite3_finalize(fill);
    s->call = call;
    ok = ok && give_spooled(s, r, e);
    snprintf(sql, sizeof sql, "DELETE FROM temp.spool WHERE call = %lld", call);
    s->call = call - 1;
    return execute(s, sql, e) && ok;
}

static bool sqlite_projects(store *base, arena *a, store_fn *fn, void *context, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    reading r = {a, fn, context, base->avalon, STORE_ALL};
    if (!look(s, e))
        return false;
    if (!s->db)
        return true;
    return spool(s,
                 "project, document FROM documents AS d WHERE type = 'project' AND id ="
                 " (SELECT min(id) FROM documents WHERE project = d.project AND type = 'project')"
                 " ORDER BY project",
                 NULL, &r, e);
}

static bool sqlite_documents(store *base, store_ns ns, store_what what, arena *a, store_fn *fn,
                             void *context, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    reading r = {a, fn, context, ns.db, what};
    if (!known_db(s, ns, e) || !look(s, e))
        return false;
    if (!s->db)
        return true;
    const char *select =
        !in_avalon(s, ns) ? "collection, document FROM openpype WHERE collection = ?1 ORDER BY id"
        : what == STORE_ALL
            ? "project, document FROM documents WHERE project = ?1 ORDER BY id"
            : "project, document FROM documents WHERE project = ?1"
              " AND type IN ('project', 'asset', 'archived_asset', 'subset') ORDER BY id";
    return spool(s, select, ns.coll, &r, e);
}

static bool sqlite_content_of(store *base, store_ns ns, store_content *content, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    *content = STORE_EMPTY;
    if (!known_db(s, ns, e) || !look(s, e))
        return false;
    if (!s->db)
        return true;
    int number;
    if (!query_number(s,
                      in_avalon(s, ns)
                          ? "SELECT ifnull(max(1 + (type IS NULL OR type NOT IN"
                            " ('project', 'asset'))), 0) FROM documents WHERE project = ?1"
                          : "SELECT 2 * count(*) FROM openpype WHERE collection = ?1",
                      ns.coll, &number, e))
        return false;
    *content = number == 0 ? STORE_EMPTY : number == 1 ? STORE_UNPUBLISHED : STORE_PUBLISHED;
    return true;
}

/* Run `sql` (?1 the collection, ?2 a value) for each value and gather what it
 * gives. All of it is read before `fn` sees any: it is a batch's worth. */
static bool read_for_each(sqlite_store *s, const char *sql, store_ns ns, const char *const *values,
                          size_t n, arena *a, json *found, error *e)
{
    sqlite3_stmt *query = prepare(s, sql, e);
    bool ok = query != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        bind(query, 1, ns.coll);
        bind(query, 2, values[i]);
        int code;
        json document;
        while (ok && (code = sqlite3_step(query)) == SQLITE_ROW) {
            ok = column_document(s, query, 0, a, &document, e);
            if (ok)
                json_push(a, found, document);
        }
        if (ok && code != SQLITE_DONE)
            ok = fail(s, e);
        sqlite3_reset(query);
    }
    sqlite3_finalize(query);
    return ok;
}

static const char **id_texts(arena *a, const json *const *ids, size_t n)
{
    const char **texts = arena_alloc(a, n * sizeof *texts);
    for (size_t i = 0; i < n; i++)
        texts[i] = json_id(a, ids[i]);
    return texts;
}

static bool sqlite_find(store *base, store_ns ns, store_key key, const char *const *values,
                        size_t n, arena *a, store_fn *fn, void *context, error *e)
{
    static const char *const columns[] = {[STORE_ZOU_ID] = "zou_id",
                                          [STORE_ZOU_PARENT] = "zou_parent",
                                          [STORE_NAME] = "name",
                                          [STORE_ROOT_OF] = "root_of"};
    sqlite_store *s = (sqlite_store *)base;
    json found = json_array();
    char sql[192];
    if (!look(s, e))
        return false;
    if (!s->db || !in_avalon(s, ns))
        return true;
    snprintf(sql, sizeof sql,
             "SELECT document FROM documents WHERE project = ?1 AND %s = ?2"
             " AND +type IN ('asset', 'archived_asset')", /* +: by the other index */
             columns[key]);
    if (!read_for_each(s, sql, ns, values, n, a, &found, e))
        return false;
    for (uint32_t i = 0; i < found.len; i++)
        if (!fn(context, ns, &found.items[i]))
            break;
    return true;
}

static bool sqlite_get_many(store *base, store_ns ns, const json *const *ids, size_t n, arena *a,
                            store_fn *fn, void *context, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    json found = json_array();
    if (!known_db(s, ns, e) || !look(s, e))
        return false;
    if (!s->db)
        return true;
    if (!read_for_each(s,
                       in_avalon(s, ns)
                           ? "SELECT document FROM documents WHERE project = ?1 AND id = ?2"
                           : "SELECT document FROM openpype WHERE collection = ?1 AND id = ?2",
                       ns, id_texts(a, ids, n), n, a, &found, e))
        return false;
    for (uint32_t i = 0; i < found.len; i++)
        if (!fn(context, ns, &found.items[i]))
            break;
    return true;
}

static bool sqlite_below(store *base, store_ns ns, const json *const *ids, size_t n, arena *a,
                         store_fn *fn, void *context, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    json found = json_array();
    if (!look(s, e))
        return false;
    if (!s->db || !in_avalon(s, ns))
        return true;
    if (!read_for_each(s, "SELECT document FROM documents WHERE project = ?1 AND parent = ?2", ns,
                       id_texts(a, ids, n), n, a, &found, e))
        return false;
    for (uint32_t i = 0; i < found.len; i++) {
        json outline = store_outline(a, &found.items[i], true);
        if (!fn(context, ns, &outline))
            break;
    }
    return true;
}

static bool sqlite_now(store *base, double *seconds, error *e)
{
    (void)base, (void)e;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    *seconds = (double)t.tv_sec + (double)t.tv_nsec / 1e9;
    return true;
}

/* ---- writing ------------------------------------------------------------ */

static bool sqlite_begin(store *base, error *e)
{
    return execute((sqlite_store *)base, "BEGIN IMMEDIATE", e);
}

static void sqlite_rollback(store *base)
{
    sqlite3_exec(((sqlite_store *)base)->db, "ROLLBACK", NULL, NULL, NULL);
}

static bool sqlite_commit(store *base, error *e)
{
    if (execute((sqlite_store *)base, "COMMIT", e))
        return true;
    sqlite_rollback(base);
    return false;
}

static const char *const insert_sql[] = {
    "INSERT INTO openpype (collection, id, type, document) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT DO NOTHING",
    "INSERT INTO documents (project, id, type, document, zou_id, name, parent, zou_parent, root_of)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING"};
static const char *const update_sql[] = {
    "UPDATE openpype SET type = ?3, document = ?4 WHERE collection = ?1 AND id = ?2",
    "UPDATE documents SET type = ?3, document = ?4, zou_id = ?5, name = ?6, parent = ?7,"
    " zou_parent = ?8, root_of = ?9 WHERE project = ?1 AND id = ?2"};
static const char *const delete_sql[] = {"DELETE FROM openpype WHERE collection = ?1 AND id = ?2",
                                         "DELETE FROM documents WHERE project = ?1 AND id = ?2"};

/* What the statements need of a document that is to be stored. */
typedef struct row {
    json document; /* canonical */
    buf text;      /* owned */
} row;

static void bind_row(sqlite3_stmt *statement, const row *r, arena *a, bool avalon)
{
    const json *d = &r->document;
    bind(statement, 3, json_text(json_get(d, "type")));
    sqlite3_bind_text(statement, 4, r->text.data, (int)r->text.len, SQLITE_STATIC);
    if (!avalon)
        return;
    bind(statement, 5, zou_id_text(d));
    bind(statement, 6, json_text(json_get(d, "name")));
    bind(statement, 7, parent_text(a, d));
    bind(statement, 8, zou_parent_text(d));
    bind(statement, 9, json_text(json_at(d, "data", "root_of", NULL)));
}

/* In the batch's transaction nobody else can write, so what `before` says
 * still holds; only the number of rows is looked at. */
static bool write_one(sqlite_store *s, sqlite3_stmt *statement, store_ns ns, store_write *w, row *r,
                      arena *a, error *e)
{
    if (w->op != STORE_DELETE) {
        error why;
        if (!bsonjson_canonical(a, w->after, &r->document, &why)) {
            w->outcome = STORE_REFUSED;
            snprintf(w->what, sizeof w->what, "%.*s", (int)sizeof w->what - 1, why.what);
            return true;
        }
        buf_clear(&r->text);
        json_write(&r->text, &r->document);
        bind_row(statement, r, a, in_avalon(s, ns));
    }
    bind(statement, 1, ns.coll);
    bind(statement, 2, json_id(a, w->id));
    if (!run(s, statement, e))
        return false;
    w->outcome = sqlite3_changes(s->db) == 1 ? STORE_DONE : STORE_MISSED;
    return true;
}

static bool sqlite_write_all(store *base, store_ns ns, store_write *writes, size_t n, arena *a,
                             error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    if (!known_db(s, ns, e))
        return false;
    bool avalon = in_avalon(s, ns);
    sqlite3_stmt *statements[] = {[STORE_INSERT] = prepare(s, insert_sql[avalon], e),
                                  [STORE_UPDATE] = prepare(s, update_sql[avalon], e),
                                  [STORE_DELETE] = prepare(s, delete_sql[avalon], e)};
    bool ok = statements[STORE_INSERT] && statements[STORE_UPDATE] && statements[STORE_DELETE];
    row r = {0};
    for (int deletes = 0; deletes <= 1; deletes++)
        for (size_t i = 0; ok && i < n; i++)
            if ((writes[i].op == STORE_DELETE) == deletes)
                ok = write_one(s, statements[writes[i].op], ns, &writes[i], &r, a, e);
    buf_free(&r.text);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        sqlite3_finalize(statements[i]);
    return ok;
}

static bool sqlite_drop(store *base, store_ns ns, bool anyway, store_content *content, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    if (!sqlite_content_of(base, ns, content, e))
        return false;
    if (*content == STORE_EMPTY || (*content == STORE_PUBLISHED && !anyway))
        return true;
    sqlite3_stmt *statement = prepare(s, "DELETE FROM documents WHERE project = ?1", e);
    if (!statement)
        return false;
    bind(statement, 1, ns.coll);
    bool ok = run(s, statement, e);
    sqlite3_finalize(statement);
    return ok;
}

static bool sqlite_index(store *base, store_ns ns, error *e)
{
    (void)base, (void)ns, (void)e; /* the schema has them */
    return true;
}

static bool sqlite_put(store *base, store_ns ns, const json *document, arena *a, error *e)
{
    store_write w = {.op = STORE_UPDATE, .id = json_get(document, "_id"), .after = document};
    if (!sqlite_write_all(base, ns, &w, 1, a, e))
        return false;
    if (w.outcome == STORE_MISSED) {
        w.op = STORE_INSERT;
        if (!sqlite_write_all(base, ns, &w, 1, a, e))
            return false;
    }
    return w.outcome == STORE_DONE ||
           error_set(e, EX_IOERR, "%s: it refuses its own state: %s", base->name, w.what);
}

static void sqlite_close_store(store *base)
{
    sqlite_store *s = (sqlite_store *)base;
    close_db(s);
    free(s->path);
}

static const store_driver driver = {
    .atomic = true,
    .close = sqlite_close_store,
    .projects = sqlite_projects,
    .documents = sqlite_documents,
    .content_of = sqlite_content_of,
    .get_many = sqlite_get_many,
    .find = sqlite_find,
    .below = sqlite_below,
    .now = sqlite_now,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .write_all = sqlite_write_all,
    .drop = sqlite_drop,
    .index = sqlite_index,
    .put = sqlite_put,
};

store *store_sqlite_open(const char *path, char *name, store_mode mode, unsigned wait, error *e)
{
    sqlite_store *s = xmalloc(sizeof *s);
    *s = (sqlite_store){.base = {.driver = &driver, .name = name}, .mode = mode, .wait = wait};
    /* `./` keeps SQLite from seeing anything but a path: `:memory:`, `file:` */
    buf plain = {0};
    buf_addf(&plain, "%s%s", path[0] == '/' ? "" : "./", path);
    s->path = plain.data;
    bool ok = false;
    if (mode == STORE_READ && wait < READER_WAIT)
        s->wait = READER_WAIT;
    if (mode == STORE_READ)
        ok = look(s, e);
    else if (!make_folders(s->path))
        error_set(e, EX_IOERR, "%s: its folder cannot be made: %s", name, strerror(errno));
    else
        ok = open_db(s, e);
    if (ok)
        return &s->base;
    sqlite_close_store(&s->base);
    free(s);
    return NULL;
}
