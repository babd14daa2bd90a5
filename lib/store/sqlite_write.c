/* Writing to the embedded store. */
#include "store/bson.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* ---- the columns ---------------------------------------------------------- */

static const char *parent_text(arena *a, const json *document)
{
    const char *type = json_text(json_get(document, "type"));
    if (!store_is_asset(type))
        return json_id(a, json_get(document, "parent"));
    return strcmp(type, "project") == 0
               ? NULL
               : json_id(a, json_at(document, "data", "visualParent", NULL));
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

/* ---- writing ------------------------------------------------------------ */

static const char *const insert_sql[] = {
    "INSERT INTO openpype"
    " (collection, id, type, document, task_id, project_id, parent_id, taken_by, rivals)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (collection, id) DO NOTHING",
    "INSERT INTO documents"
    " (project, id, type, document, zou_id, name, parent, zou_parent, root_of, zou_name)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (project, id) DO NOTHING"};
static const char *const update_sql[] = {
    "UPDATE openpype SET type = ?3, document = ?4, task_id = ?5, project_id = ?6, parent_id = ?7,"
    " taken_by = ?8, rivals = ?9 WHERE collection = ?1 AND id = ?2",
    "UPDATE documents SET type = ?3, document = ?4, zou_id = ?5, name = ?6, parent = ?7,"
    " zou_parent = ?8, root_of = ?9, zou_name = ?10 WHERE project = ?1 AND id = ?2"};
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
    sqlite_bind(statement, 3, json_text(json_get(d, "type")));
    sqlite3_bind_text(statement, 4, r->text.data, (int)r->text.len, SQLITE_STATIC);
    if (!avalon) {
        for (int i = 0; sqlite_state_columns[i]; i++)
            sqlite_bind(statement, 5 + i, json_text(json_get(d, sqlite_state_columns[i])));
        return;
    }
    sqlite_bind(statement, 5, zou_id_text(d));
    sqlite_bind(statement, 6, json_text(json_get(d, "name")));
    sqlite_bind(statement, 7, parent_text(a, d));
    sqlite_bind(statement, 8, zou_parent_text(d));
    sqlite_bind(statement, 9, json_text(json_at(d, "data", "root_of", NULL)));
    sqlite_bind(statement, 10, json_text(json_at(d, "data", "zou", "name", NULL)));
}

/* Whether it was an index or a trigger of the studio's own that refused a write. */
static bool refused(const sqlite_store *s, store_write *w)
{
    if ((sqlite3_errcode(s->db) & 0xff) != SQLITE_CONSTRAINT)
        return false;
    w->outcome = STORE_REFUSED;
    snprintf(w->what, sizeof w->what, "%s", sqlite3_errmsg(s->db));
    return true;
}

/* Nothing else can write during the batch's transaction, so what `before` says
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
        bind_row(statement, r, a, sqlite_in_avalon(s, ns));
    }
    sqlite_bind(statement, 1, ns.coll);
    sqlite_bind(statement, 2, json_id(a, w->id));
    if (!sqlite_run(s, statement, e))
        return refused(s, w);
    w->outcome = sqlite3_changes(s->db) == 1 ? STORE_DONE : STORE_MISSED;
    return true;
}

bool sqlite_write_all(store *base, store_ns ns, store_write *writes, size_t n, arena *a, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    if (!sqlite_known_db(s, ns, e))
        return false;
    bool avalon = sqlite_in_avalon(s, ns);
    sqlite3_stmt *statements[] = {[STORE_INSERT] = sqlite_prepare(s, insert_sql[avalon], e),
                                  [STORE_UPDATE] = sqlite_prepare(s, update_sql[avalon], e),
                                  [STORE_DELETE] = sqlite_prepare(s, delete_sql[avalon], e)};
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

bool sqlite_drop(store *base, store_ns ns, bool anyway, store_content *content, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    if (!sqlite_content_of(base, ns, content, e))
        return false;
    if (*content == STORE_EMPTY || (*content == STORE_PUBLISHED && !anyway))
        return true;
    sqlite3_stmt *statement = sqlite_prepare(s, "DELETE FROM documents WHERE project = ?1", e);
    if (!statement)
        return false;
    sqlite_bind(statement, 1, ns.coll);
    bool ok = sqlite_run(s, statement, e);
    sqlite3_finalize(statement);
    return ok;
}

bool sqlite_put(store *base, store_ns ns, const json *document, arena *a, error *e)
{
    store_write w = {.op = STORE_UPDATE, .id = json_get(document, "_id"), .after = document};
    /* Outside of a transaction another program may insert or delete it in between. */
    do {
        if (!sqlite_write_all(base, ns, &w, 1, a, e))
            return false;
        w.op = w.op == STORE_UPDATE ? STORE_INSERT : STORE_UPDATE;
    } while (w.outcome == STORE_MISSED);
    return w.outcome == STORE_DONE ||
           error_set(e, EX_IOERR, "%s: refused the suite's own state: %s", base->name, w.what);
}

bool sqlite_prune(store *base, store_ns ns, const store_age *age, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    char sql[512];
    snprintf(sql, sizeof sql,
             "DELETE FROM openpype WHERE collection = ?1 AND json_type(document, '$.%.64s') IN"
             " ('integer', 'real') AND json_extract(document, '$.%.64s') < ?2 AND NOT"
             " (ifnull(json_type(document, '$.%.64s'), '') IN ('integer', 'real') AND"
             " json_extract(document, '$.%.64s') >= ?3)",
             age->field, age->field, age->kept, age->kept);
    sqlite3_stmt *statement = sqlite_prepare(s, sql, e);
    if (!statement)
        return false;
    sqlite_bind(statement, 1, ns.coll);
    sqlite3_bind_double(statement, 2, age->before);
    sqlite3_bind_double(statement, 3, age->until);
    bool ok = sqlite_run(s, statement, e);
    sqlite3_finalize(statement);
    return ok;
}
