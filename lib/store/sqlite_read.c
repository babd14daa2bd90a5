/* Reading from the embedded store. */
#include "store/sqlite.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static bool column_document(sqlite_store *s, sqlite3_stmt *row, int column, arena *a, json *out,
                            error *e)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    size_t len = (size_t)sqlite3_column_bytes(row, column);
    json_error what;
    if (text && json_parse(a, text, len, out, &what, NULL))
        return true;
    if (!text && sqlite3_errcode(s->db) == SQLITE_NOMEM)
        return sqlite_fail(s, e);
    return error_set(e, EX_IOERR, "%s: the file is damaged: a document is not JSON", s->base.name);
}
/* What is spooled: a SELECT of a collection's name and a document. */
typedef struct reading {
    const char *select;
    const char *db, *coll; /* `coll`: its parameter; NULL: it has none */
    store_what what;
} reading;

static bool give_spooled(sqlite_store *s, const reading *r, const driver_sink *out, error *e)
{
    sqlite3_stmt *rows = sqlite_prepare(
        s, "SELECT coll, document FROM temp.spool WHERE call = ?1 ORDER BY rowid", e);
    if (!rows)
        return false;
    sqlite3_bind_int64(rows, 1, s->call);
    bool ok = true;
    int code;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        store_ns ns = {r->db, (const char *)sqlite3_column_text(rows, 0)};
        json document;
        ok = column_document(s, rows, 1, out->arena, &document, e);
        if (!ok)
            break;
        const char *type = json_text(json_get(&document, "type"));
        if (r->what == STORE_ENTITIES && !store_is_asset(type))
            document = store_outline(out->arena, &document, false);
        else
            document = store_pick(out, &document);
        if (!out->fn(out->context, ns, &document))
            break;
    }
    if (ok && code != SQLITE_ROW && code != SQLITE_DONE)
        ok = sqlite_fail(s, e);
    sqlite3_finalize(rows);
    return ok;
}

/* Copy what the SELECT gives, then hand it out. A call may be made from within
 * another one's `fn`. */
static bool spool(sqlite_store *s, const reading *r, const driver_sink *out, error *e)
{
    if (!sqlite_execute(s, "CREATE TEMP TABLE IF NOT EXISTS spool (call, coll, document)", e))
        return false;
    long long call = s->call + 1;
    char sql[512];
    snprintf(sql, sizeof sql, "INSERT INTO temp.spool SELECT %lld, %s", call, r->select);
    sqlite3_stmt *fill = sqlite_prepare(s, sql, e);
    if (!fill)
        return false;
    if (r->coll)
        sqlite_bind(fill, 1, r->coll);
    bool ok = sqlite_run(s, fill, e);
    sqlite3_finalize(fill);
    s->call = call;
    ok = ok && give_spooled(s, r, out, e);
    snprintf(sql, sizeof sql, "DELETE FROM temp.spool WHERE call = %lld", call);
    s->call = call - 1;
    error second; /* not what failed first */
    return sqlite_execute(s, sql, ok ? e : &second) && ok;
}

bool sqlite_projects(store *base, const driver_sink *out, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    reading r = {"project, document FROM documents AS d WHERE type = 'project' AND id ="
                 " (SELECT min(id) FROM documents WHERE project = d.project AND type = 'project')"
                 " ORDER BY project",
                 base->avalon, NULL, STORE_ALL};
    if (!sqlite_look(s, e))
        return false;
    return !s->db || spool(s, &r, out, e);
}

#define IS_ASSET "type IN ('project', 'asset', 'archived_asset')" /* as store_is_asset */

bool sqlite_documents(store *base, store_ns ns, store_what what, const driver_sink *out, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    if (!sqlite_known_db(s, ns, e) || !sqlite_look(s, e))
        return false;
    if (!s->db)
        return true;
    static const char *const selects[] = {
        [STORE_LINKS] =
            "project, json_object('data', json_object('zou', json_object('id', zou_id)))"
            " FROM documents WHERE project = ?1 AND zou_id IS NOT NULL"
            " AND type IN ('asset', 'archived_asset')",
        [STORE_ASSETS] =
            "project, document FROM documents WHERE project = ?1 AND " IS_ASSET " ORDER BY id",
        [STORE_ENTITIES] = "project, document FROM documents WHERE project = ?1"
                           " ORDER BY " IS_ASSET " IS NOT TRUE, id",
        [STORE_ALL] = "project, document FROM documents WHERE project = ?1 ORDER BY id"};
    const char *select = sqlite_in_avalon(s, ns)
                             ? selects[what]
                             : "collection, document FROM openpype WHERE collection = ?1"
                               " ORDER BY id";
    return spool(s, &(reading){select, ns.db, ns.coll, what}, out, e);
}

bool sqlite_content_of(store *base, store_ns ns, store_content *content, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    *content = STORE_EMPTY;
    if (!sqlite_known_db(s, ns, e) || !sqlite_look(s, e))
        return false;
    if (!s->db)
        return true;
    int number;
    if (!sqlite_query_number(s,
                             sqlite_in_avalon(s, ns)
                                 ? "SELECT ifnull(max(1 + (" IS_ASSET " IS NOT TRUE)), 0)"
                                   " FROM documents WHERE project = ?1"
                                 : "SELECT 2 * count(*) FROM openpype WHERE collection = ?1",
                             ns.coll, &number, e))
        return false;
    *content = number == 0 ? STORE_EMPTY : number == 1 ? STORE_UNPUBLISHED : STORE_PUBLISHED;
    return true;
}

/* A query to be run for each of some values: ?1 is the collection, ?2 the value. */
typedef struct lookup {
    const char *sql, *coll;
    const char *const *values;
    size_t n;
} lookup;

/* Gather what all of them give: a batch's worth. */
static bool look_up(sqlite_store *s, const lookup *l, const driver_sink *out, json *found, error *e)
{
    sqlite3_stmt *query = sqlite_prepare(s, l->sql, e);
    bool ok = query != NULL;
    for (size_t i = 0; ok && i < l->n; i++) {
        sqlite_bind(query, 1, l->coll);
        sqlite_bind(query, 2, l->values[i]);
        int code;
        json document;
        while (ok && (code = sqlite3_step(query)) == SQLITE_ROW) {
            ok = column_document(s, query, 0, out->arena, &document, e);
            if (ok)
                json_push(out->arena, found, store_pick(out, &document));
        }
        if (ok && code != SQLITE_DONE)
            ok = sqlite_fail(s, e);
        sqlite3_reset(query);
    }
    sqlite3_finalize(query);
    return ok;
}

/* Hand out what a lookup gives, once all of it is read. */
static bool give_found(sqlite_store *s, store_ns ns, const lookup *l, const driver_sink *out,
                       error *e)
{
    json found = json_array();
    if (!look_up(s, l, out, &found, e))
        return false;
    for (uint32_t i = 0; i < found.len; i++)
        if (!out->fn(out->context, ns, &found.items[i]))
            break;
    return true;
}

static const char **id_texts(arena *a, store_ids ids)
{
    const char **texts = arena_alloc(a, ids.n * sizeof *texts);
    for (size_t i = 0; i < ids.n; i++)
        texts[i] = json_id(a, ids.items[i]);
    return texts;
}

bool sqlite_find(store *base, store_ns ns, store_query q, const driver_sink *out, error *e)
{
    static const char *const columns[] = {[STORE_ZOU_ID] = "zou_id",
                                          [STORE_ZOU_PARENT] = "zou_parent",
                                          [STORE_NAME] = "name",
                                          [STORE_ZOU_NAME] = "zou_name",
                                          [STORE_ROOT_OF] = "root_of"};
    sqlite_store *s = (sqlite_store *)base;
    char sql[192];
    if (!sqlite_look(s, e))
        return false;
    if (!s->db || !sqlite_in_avalon(s, ns))
        return true;
    snprintf(sql, sizeof sql,
             "SELECT document FROM documents WHERE project = ?1 AND %s = ?2"
             " AND +type IN ('asset', 'archived_asset')", /* +: by the other index */
             columns[q.key]);
    return give_found(s, ns, &(lookup){sql, ns.coll, q.values, q.n}, out, e);
}

bool sqlite_get_many(store *base, store_ns ns, store_ids ids, const driver_sink *out, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    if (!sqlite_known_db(s, ns, e) || !sqlite_look(s, e))
        return false;
    if (!s->db)
        return true;
    const char *sql = sqlite_in_avalon(s, ns)
                          ? "SELECT document FROM documents WHERE project = ?1 AND id = ?2"
                          : "SELECT document FROM openpype WHERE collection = ?1 AND id = ?2";
    return give_found(s, ns, &(lookup){sql, ns.coll, id_texts(out->arena, ids), ids.n}, out, e);
}

/* Hands on the outlines of documents. */
static bool give_outline(void *context, store_ns ns, const json *document)
{
    const driver_sink *out = context;
    json outline = store_outline(out->arena, document, true);
    return out->fn(out->context, ns, &outline);
}

bool sqlite_children(store *base, store_ns ns, store_ids ids, const driver_sink *out, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    driver_sink outlines = {out->arena, give_outline, (void *)out, NULL};
    if (!sqlite_look(s, e))
        return false;
    if (!s->db || !sqlite_in_avalon(s, ns))
        return true;
    lookup l = {"SELECT document FROM documents WHERE project = ?1 AND parent = ?2", ns.coll,
                id_texts(out->arena, ids), ids.n};
    return give_found(s, ns, &l, &outlines, e);
}

/* One pass over the collection for all of them. */
bool sqlite_linking(store *base, store_ns ns, store_ids ids, const driver_sink *out, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    static const char sql[] =
        "SELECT document FROM documents AS d WHERE project = ?1"
        " AND type IN ('asset', 'archived_asset') AND instr(document, '\"inputLinks\"')"
        " AND EXISTS (SELECT 1 FROM json_each(d.document, '$.data.inputLinks') AS link"
        " WHERE CASE link.type WHEN 'object' THEN json_extract(link.value, '$.id.\"$oid\"') END"
        " IN (SELECT value FROM json_each(?2)))";
    if (!sqlite_look(s, e))
        return false;
    if (!s->db || !sqlite_in_avalon(s, ns) || ids.n == 0)
        return true;
    json list = json_array();
    for (size_t i = 0; i < ids.n; i++)
        json_push(out->arena, &list, json_string(out->arena, json_id(out->arena, ids.items[i])));
    const char *text = json_written(out->arena, &list);
    return give_found(s, ns, &(lookup){sql, ns.coll, &text, 1}, out, e);
}

const char *const sqlite_state_columns[] = {"task_id",  "project_id", "parent_id",
                                            "taken_by", "rivals",     NULL};

/* The column of a field, or what gives it. */
static const char *state_column(arena *a, const char *field)
{
    for (const char *const *c = sqlite_state_columns; *c; c++)
        if (strcmp(*c, field) == 0)
            return *c;
    return strcmp(field, "type") == 0 ? field
                                      : arena_printf(a, "json_extract(document, '$.%.64s')", field);
}

bool sqlite_select(store *base, store_ns ns, const char *field, store_texts values,
                   const driver_sink *out, error *e)
{
    sqlite_store *s = (sqlite_store *)base;
    char sql[192];
    if (!sqlite_known_db(s, ns, e) || !sqlite_look(s, e))
        return false;
    if (!s->db)
        return true;
    snprintf(sql, sizeof sql, "SELECT document FROM openpype WHERE collection = ?1 AND %s = ?2",
             state_column(out->arena, field));
    return give_found(s, ns, &(lookup){sql, ns.coll, values.items, values.n}, out, e);
}
