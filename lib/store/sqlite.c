/* The embedded store: one SQLite file.
 *
 * It keeps SQLite's rollback journal, not the write-ahead log: a WAL file can't
 * be read in a folder that one may not write, nor used over NFS, and a store
 * would be three files. What the log would give comes in other ways: reads are
 * spooled to a temporary table before they are used, so no reader holds a lock
 * while its consumer sleeps, and a writer's pages stay in memory up to
 * SPILL_PAGES, so others can read until it commits. */
#include "store/sqlite.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define APPLICATION_ID 0x6f706b74 /* "opkt", for file(1) */
#define SCHEMA_VERSION                                                                             \
    5                     /* 1: no zou_parent and root_of; 2: no zou_name; 3: no
                                 openpype_…; 4: `wanted`, a name, where there is taken_by */
#define PAGE_SIZE   8192  /* bytes; an entity with its tasks is 2 to 8 KiB */
#define READER_WAIT 5     /* seconds, at least; a commit takes a moment */
#define SPILL_PAGES 16384 /* what a batch may hold before it locks readers out: 128 MiB */

/* `documents` is AVALON_DB, a collection a project; `openpype` the other one.
 * `id` and `parent` are the 24 digits of an ObjectId, or the JSON text of an
 * id of any other type. `document` is the whole document. The other columns
 * are copies of its fields, to look for and for sqlite3(1). */
static const char schema[] =
    "CREATE TABLE documents (project TEXT NOT NULL, id TEXT NOT NULL, type TEXT, zou_id TEXT,"
    " name TEXT, parent TEXT, zou_parent TEXT, root_of TEXT, zou_name TEXT,"
    " document TEXT NOT NULL);"
    "CREATE UNIQUE INDEX documents_id ON documents (project, id);"
    "CREATE INDEX documents_type ON documents (project, type);"
    "CREATE INDEX documents_name ON documents (project, name);"
    "CREATE INDEX documents_zou_id ON documents (project, zou_id) WHERE zou_id IS NOT NULL;"
    "CREATE INDEX documents_parent ON documents (project, parent) WHERE parent IS NOT NULL;"
    "CREATE INDEX documents_projects ON documents (project) WHERE type = 'project';"
    "CREATE TABLE openpype (collection TEXT NOT NULL, id TEXT NOT NULL, type TEXT,"
    " task_id TEXT, project_id TEXT, parent_id TEXT, taken_by TEXT, rivals TEXT,"
    " document TEXT NOT NULL);"
    "CREATE UNIQUE INDEX openpype_id ON openpype (collection, id);";

static const char new_indexes[] =
    "CREATE INDEX documents_zou_parent ON documents (project, zou_parent)"
    " WHERE zou_parent IS NOT NULL;"
    "CREATE INDEX documents_root_of ON documents (project, root_of) WHERE root_of IS NOT NULL;";

static const char zou_name_index[] =
    "CREATE INDEX documents_zou_name ON documents (project, zou_name) WHERE zou_name IS NOT NULL;";

/* What store_select is asked for of what grows. */
static const char state_indexes[] =
    "CREATE INDEX openpype_type ON openpype (collection, type) WHERE type IS NOT NULL;"
    "CREATE INDEX openpype_task_id ON openpype (collection, task_id) WHERE task_id IS NOT NULL;"
    "CREATE INDEX openpype_project_id ON openpype (collection, project_id)"
    " WHERE project_id IS NOT NULL;"
    "CREATE INDEX openpype_parent_id ON openpype (collection, parent_id)"
    " WHERE parent_id IS NOT NULL;"
    "CREATE INDEX openpype_taken_by ON openpype (collection, taken_by)"
    " WHERE taken_by IS NOT NULL;"
    "CREATE INDEX openpype_rivals ON openpype (collection, rivals) WHERE rivals IS NOT NULL;";

/* From version 1 to 2, from 2 to 3, from 3 to 5, and from 4 to 5. */
static const char upgrade_1[] =
    "ALTER TABLE documents ADD COLUMN zou_parent TEXT;"
    "ALTER TABLE documents ADD COLUMN root_of TEXT;"
    "UPDATE documents SET root_of = json_extract(document, '$.data.root_of'), zou_parent ="
    " CASE json_extract(document, '$.data.zou.type') WHEN 'Asset'"
    " THEN json_extract(document, '$.data.zou.entity_type_id')"
    " ELSE json_extract(document, '$.data.zou.parent_id') END"
    " WHERE type IN ('asset', 'archived_asset');";

static const char upgrade_2[] =
    "ALTER TABLE documents ADD COLUMN zou_name TEXT;"
    "UPDATE documents SET zou_name = json_extract(document, '$.data.zou.name')"
    " WHERE type IN ('asset', 'archived_asset');"
    "UPDATE documents SET parent = coalesce(json_extract(document, '$.parent.\"$oid\"'),"
    " CASE WHEN json_type(document, '$.parent') <> 'null'"
    " THEN json_quote(json_extract(document, '$.parent')) END)"
    " WHERE type IS NULL OR type NOT IN ('project', 'asset', 'archived_asset', 'subset');";

static const char upgrade_3[] = "ALTER TABLE openpype ADD COLUMN task_id TEXT;"
                                "ALTER TABLE openpype ADD COLUMN project_id TEXT;"
                                "ALTER TABLE openpype ADD COLUMN parent_id TEXT;"
                                "ALTER TABLE openpype ADD COLUMN taken_by TEXT;"
                                "ALTER TABLE openpype ADD COLUMN rivals TEXT;"
                                "UPDATE openpype SET task_id = json_extract(document, '$.task_id'),"
                                " project_id = json_extract(document, '$.project_id')"
                                " WHERE collection LIKE 'opkitsu%';";

static const char upgrade_4[] = "ALTER TABLE openpype RENAME COLUMN wanted TO taken_by;"
                                "UPDATE openpype SET taken_by = NULL;"
                                "DROP INDEX openpype_wanted;"
                                "CREATE INDEX openpype_taken_by ON openpype (collection, taken_by)"
                                " WHERE taken_by IS NOT NULL;";

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

/* SQLite's last error. */
bool sqlite_fail(const sqlite_store *s, error *e)
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
    case SQLITE_NOMEM: return error_set(e, status, "%s: out of memory", name);
    case SQLITE_NOTADB: return error_set(e, status, "%s: not an SQLite database", name);
    case SQLITE_FULL: return error_set(e, status, "%s: no space left", name);
    case SQLITE_READONLY:
        return error_set(e, status, "%s: cannot be written: the file or its folder is read-only",
                         name);
    case SQLITE_CORRUPT: return error_set(e, status, "%s: the file is damaged: %s", name, reason);
    case SQLITE_CANTOPEN: return error_set(e, status, "%s: cannot be opened: %s", name, reason);
    default: return error_set(e, status, "%s: %s", name, reason);
    }
}

/* ---- statements --------------------------------------------------------- */

bool sqlite_execute(sqlite_store *s, const char *sql, error *e)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || sqlite_fail(s, e);
}

sqlite3_stmt *sqlite_prepare(sqlite_store *s, const char *sql, error *e)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK)
        sqlite_fail(s, e);
    return statement;
}

/* NULL is SQL's NULL. The text must live until the statement is reset. */
void sqlite_bind(sqlite3_stmt *statement, int column, const char *text)
{
    sqlite3_bind_text(statement, column, text, -1, SQLITE_STATIC);
}

/* Run a statement that gives no rows, and make it ready for the next. */
bool sqlite_run(sqlite_store *s, sqlite3_stmt *statement, error *e)
{
    int code = sqlite3_step(statement);
    bool ok = code == SQLITE_DONE || sqlite_fail(s, e);
    sqlite3_reset(statement);
    return ok;
}

/* The only number that a query gives. */
bool sqlite_query_number(sqlite_store *s, const char *sql, const char *argument, int *number,
                         error *e)
{
    sqlite3_stmt *statement = sqlite_prepare(s, sql, e);
    if (!statement)
        return false;
    if (argument)
        sqlite_bind(statement, 1, argument);
    bool ok = sqlite3_step(statement) == SQLITE_ROW || sqlite_fail(s, e);
    if (ok)
        *number = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return ok;
}

bool sqlite_in_avalon(const sqlite_store *s, store_ns ns)
{
    return strcmp(ns.db, s->base.avalon) == 0;
}

/* There are two tables, not one for each name that a database can have. */
bool sqlite_known_db(const sqlite_store *s, store_ns ns, error *e)
{
    return sqlite_in_avalon(s, ns) || strcmp(ns.db, s->base.openpype) == 0 ||
           error_set(e, EX_CONFIG, "%s: it has no database \"%.64s\", only \"%.64s\" and \"%.64s\"",
                     s->base.name, ns.db, s->base.avalon, s->base.openpype);
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
    bool ok = sqlite_execute(s, "SAVEPOINT version", e) &&
              sqlite_query_number(s, "PRAGMA application_id", NULL, &id, e) &&
              sqlite_query_number(s, "PRAGMA user_version", NULL, version, e) &&
              sqlite_query_number(s, "SELECT count(*) FROM sqlite_schema", NULL, &tables, e);
    error second;
    if (!sqlite_execute(s, "RELEASE version", ok ? e : &second) || !ok)
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

/* Even this takes memory, and what is to be rolled back may have failed for want of it. */
static void roll_back(sqlite_store *s)
{
    for (int tries = 0; tries < 2 && !sqlite3_get_autocommit(s->db); tries++)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

/* It may have begun and failed all the same. */
static bool begin(sqlite_store *s, error *e)
{
    if (sqlite_execute(s, "BEGIN IMMEDIATE", e))
        return true;
    roll_back(s);
    return false;
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
    if (!writing && sqlite3_db_readonly(s->db, "main") == 1)
        return error_set(e, EX_IOERR,
                         "%s: made by an older opkitsu (version %d, this one is %d): one who may "
                         "write it has to open it first",
                         s->base.name, version, SCHEMA_VERSION);
    if (!begin(s, e))
        return false;
    char pragmas[96];
    snprintf(pragmas, sizeof pragmas, "PRAGMA application_id=%d; PRAGMA user_version=%d",
             APPLICATION_ID, SCHEMA_VERSION);
    bool ok = check_version(s, &empty, &version, e); /* another one may have been first */
    if (ok && (empty || version < 2))
        ok = sqlite_execute(s, empty ? schema : upgrade_1, e) && sqlite_execute(s, new_indexes, e);
    if (ok && !empty && version < 3)
        ok = sqlite_execute(s, upgrade_2, e);
    if (ok && (empty || version < 3))
        ok = sqlite_execute(s, zou_name_index, e);
    if (ok && !empty && version < 4)
        ok = sqlite_execute(s, upgrade_3, e);
    if (ok && (empty || version < 4))
        ok = sqlite_execute(s, state_indexes, e);
    if (ok && version == 4)
        ok = sqlite_execute(s, upgrade_4, e);
    if (ok && (empty || version < SCHEMA_VERSION))
        ok = sqlite_execute(s, pragmas, e);
    if (ok && sqlite_execute(s, "COMMIT", e))
        return true;
    roll_back(s);
    return false;
}

static void close_db(sqlite_store *s)
{
    sqlite3_close(s->db);
    s->db = NULL;
}

/* A new file is the user's alone, also one that a link leads to that leads nowhere yet; who
 * shares it with others says so with chmod. */
static void make_file(const sqlite_store *s)
{
    struct stat st;
    int fd = open(s->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST && stat(s->path, &st) < 0 && errno == ENOENT)
        fd = open(s->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}

static bool open_db(sqlite_store *s, error *e)
{
    bool writing = s->mode == STORE_WRITE;
    struct stat st;
    if (writing)
        make_file(s);
    /* A reader opens it for writing too, if it may: to roll back what a killed
     * writer has left. SQLite falls back to reading only by itself. */
    int flags = SQLITE_OPEN_READWRITE | (writing ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK)
        return sqlite_fail(s, e);
    sqlite3_busy_timeout(s->db, (int)s->wait * 1000);
    if (writing && (sqlite3_db_readonly(s->db, "main") == 1 || !folder_writable(s->path)))
        return error_set(e, EX_IOERR, "%s: cannot be written: the file or its folder is read-only",
                         s->base.name);
    char pragmas[96];
    snprintf(pragmas, sizeof pragmas,
             "PRAGMA page_size=%d; PRAGMA trusted_schema=OFF; PRAGMA cache_spill=%d", PAGE_SIZE,
             SPILL_PAGES);
    if (!sqlite_execute(s, pragmas, e))
        return false;
    bool empty;
    int version;
    if (!make_schema(s, e) || !check_version(s, &empty, &version, e))
        return false;
    if (writing && stat(s->path, &st) == 0)
        fd_warn_of_others(&st, s->base.name);
    if (empty)
        close_db(s);
    return true;
}

/* For reading: the file may come into being after the store was opened.
 * `s->db` stays NULL as long as there is nothing to read. */
bool sqlite_look(sqlite_store *s, error *e)
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

/* ---- the rest of the driver ------------------------------------------------- */

static bool sqlite_now(store *base, double *seconds, error *e)
{
    (void)base, (void)e;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    *seconds = (double)t.tv_sec + (double)t.tv_nsec / 1e9;
    return true;
}
static bool sqlite_begin(store *base, error *e)
{
    return begin((sqlite_store *)base, e);
}

static void sqlite_rollback(store *base)
{
    roll_back((sqlite_store *)base);
}

static bool sqlite_commit(store *base, error *e)
{
    if (sqlite_execute((sqlite_store *)base, "COMMIT", e))
        return true;
    sqlite_rollback(base);
    return false;
}

static bool sqlite_index(store *base, store_ns ns, store_texts fields, error *e)
{
    (void)base, (void)ns, (void)fields, (void)e; /* the schema has them */
    return true;
}

static void sqlite_close_store(store *base)
{
    sqlite_store *s = (sqlite_store *)base;
    close_db(s);
    free(s->path);
}

/* Where SQLite keeps what it spools, as it finds it (SQLite's tempfiles.html). */
static const char *temporary_folder(void)
{
    const char *const folders[] = {getenv("SQLITE_TMPDIR"), getenv("TMPDIR"), "/var/tmp",
                                   "/usr/tmp", "/tmp"};
    struct stat st;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (folders[i] && stat(folders[i], &st) == 0 && S_ISDIR(st.st_mode) &&
            access(folders[i], W_OK | X_OK) == 0)
            return folders[i];
    return ".";
}

/* The folder, for the journal, which a reader removes that finds one. It is beside the file
 * itself, not beside a link to it. */
static void sqlite_needs(const store *base, program_needs *n)
{
    const sqlite_store *s = (const sqlite_store *)base;
    char *real = realpath(s->path, NULL), *folder = real ? real : xstrdup(s->path);
    char *slash = strrchr(folder, '/'); /* there always is one */
    slash[slash == folder] = '\0';
    needs_write(n, folder);
    needs_write(n, temporary_folder());
    needs_read(n, "/dev/urandom");
    free(folder);
}

static const store_driver driver = {
    .atomic = true,
    .close = sqlite_close_store,
    .needs = sqlite_needs,
    .projects = sqlite_projects,
    .documents = sqlite_documents,
    .content_of = sqlite_content_of,
    .get_many = sqlite_get_many,
    .find = sqlite_find,
    .children = sqlite_children,
    .linking = sqlite_linking,
    .select = sqlite_select,
    .now = sqlite_now,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .write_all = sqlite_write_all,
    .drop = sqlite_drop,
    .index = sqlite_index,
    .put = sqlite_put,
    .prune = sqlite_prune,
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
        ok = sqlite_look(s, e);
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
