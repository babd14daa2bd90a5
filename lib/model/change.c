#include "model/change.h"

#include "record/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* Zou returns these in no order. */
#define SET_KEY "assignees"

/* ---- reading ------------------------------------------------------------ */

static bool read_operation(const json *record, change *out, error *e)
{
    static const char *const names[] = {[CHANGE_INSERT] = "insert",
                                        [CHANGE_UPDATE] = "update",
                                        [CHANGE_DELETE] = "delete",
                                        [CHANGE_DROP] = "drop"};
    const char *name = json_text(json_get(record, "operationType"));
    if (!name)
        return error_set(e, EX_DATAERR, "a Change without an \"operationType\"");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            out->op = (change_op)i;
            out->operation = names[i];
            return true;
        }
    return error_set(e, EX_DATAERR, "unknown operationType \"%.40s\"", name);
}

static bool read_ns(const json *record, change *out, error *e)
{
    const char *name = json_text(json_at(record, "ns", "coll", NULL));
    out->db = json_text(json_at(record, "ns", "db", NULL));
    out->coll = record_collection(record);
    if (!out->db || !name)
        return error_set(e, EX_DATAERR, "a Change without \"ns\":{\"db\",\"coll\"}");
    if (!out->coll)
        return error_set(e, EX_DATAERR, "\"%.80s\" can't be a collection's name", name);
    return true;
}

/* Upper case would be another text for the same id. */
static bool good_oid(const json *v)
{
    const char *text = json_text(v);
    return text && v->len == 24 && strspn(text, "0123456789abcdef") == 24;
}

static bool read_key(const json *record, change *out, error *e)
{
    out->key = json_get(record, "documentKey");
    out->id = json_get(out->key, "_id");
    if (json_is_null(out->id))
        return error_set(e, EX_DATAERR, "a Change without \"documentKey\":{\"_id\"}");
    const json *oid = json_get(out->id, "$oid");
    if (json_is(out->id, JSON_ARRAY) || (oid && !good_oid(oid)))
        return error_set(e, EX_DATAERR, "an _id that is not 24 hexadecimal digits in lower case");
    return true;
}

/* A document of the record's, whose `_id`, where it has one, is the Change's. */
static const json *read_document(const json *record, const char *key, const change *c, error *e)
{
    const json *document = json_get(record, key), *id = json_get(document, "_id");
    if (!json_is(document, JSON_OBJECT)) {
        error_set(e, EX_DATAERR, "%s without \"%s\"", c->operation, key);
        return NULL;
    }
    if (id ? !json_equal(id, c->id, NULL) : c->op != CHANGE_UPDATE) {
        error_set(e, EX_DATAERR, "the _id of \"%s\" is not that of \"documentKey\"", key);
        return NULL;
    }
    return document;
}

static int by_path(const void *x, const void *y)
{
    const change_field *a = x, *b = y;
    return path_compare(a->path, b->path);
}

/* In their order; MongoDB would refuse overlapping ones. */
static bool check_paths(const change *c, error *e)
{
    for (size_t i = 0; i < c->n_fields; i++)
        if (!path_valid(c->paths[i]))
            return error_set(e, EX_DATAERR, "\"%.80s\" can't be the path of an update",
                             c->paths[i]);
    for (size_t i = 1; i < c->n_fields; i++)
        if (path_overlaps(c->paths[i - 1], c->paths[i]))
            return error_set(e, EX_DATAERR, "the paths \"%.80s\" and \"%.80s\" overlap",
                             c->paths[i - 1], c->paths[i]);
    return true;
}

static bool read_fields(arena *a, const json *record, change *out, error *e)
{
    const json *description = json_get(record, "updateDescription");
    const json *updated = json_get(description, "updatedFields");
    const json *removed = json_get(description, "removedFields");
    if (!json_is(updated, JSON_OBJECT) || !json_is(removed, JSON_ARRAY))
        return error_set(e, EX_DATAERR,
                         "update without \"updateDescription\":"
                         "{\"updatedFields\":{},\"removedFields\":[]}");
    size_t n = (size_t)updated->len + removed->len;
    out->fields = arena_alloc(a, n * sizeof *out->fields);
    out->paths = arena_alloc(a, n * sizeof *out->paths);
    for (uint32_t i = 0; i < updated->len; i++) {
        const json_member *m = &updated->members[i];
        out->fields[out->n_fields++] = (change_field){m->key, &m->value};
    }
    for (uint32_t i = 0; i < removed->len; i++) {
        const json *path = &removed->items[i];
        if (!json_text(path) || strlen(path->text) != path->len)
            return error_set(e, EX_DATAERR, "a path in \"removedFields\" is not a text");
        out->fields[out->n_fields++] = (change_field){path->text, NULL};
    }
    qsort(out->fields, n, sizeof *out->fields, by_path);
    for (size_t i = 0; i < n; i++)
        out->paths[i] = out->fields[i].path;
    return check_paths(out, e);
}

bool change_read(arena *a, const json *record, change *out, error *e)
{
    *out = (change){.entity = json_get(record, "entity")};
    if (!read_operation(record, out, e) || !read_ns(record, out, e))
        return false;
    out->published = json_true(json_get(record, "published"));
    if (out->op == CHANGE_DROP)
        return true;
    if (!read_key(record, out, e))
        return false;
    if (out->op == CHANGE_INSERT)
        return (out->after = read_document(record, "fullDocument", out, e)) != NULL;
    out->before = read_document(record, "fullDocumentBeforeChange", out, e);
    if (!out->before)
        return false;
    return out->op == CHANGE_DELETE || read_fields(a, record, out, e);
}

/* NULL of NULL. */
static const json *copy_of(arena *a, const json *v)
{
    if (!v)
        return NULL;
    json *copy = arena_alloc(a, sizeof *copy);
    *copy = json_copy(a, v);
    return copy;
}

change change_copy(arena *a, const change *c)
{
    change copy = *c;
    copy.db = arena_intern(a, c->db, strlen(c->db));
    copy.coll = arena_intern(a, c->coll, strlen(c->coll));
    copy.entity = copy_of(a, c->entity);
    copy.key = copy_of(a, c->key);
    copy.id = json_get(copy.key, "_id");
    copy.after = copy_of(a, c->after);
    copy.before = copy_of(a, c->before);
    copy.fields = arena_alloc(a, c->n_fields * sizeof *copy.fields);
    copy.paths = arena_alloc(a, c->n_fields * sizeof *copy.paths);
    for (size_t i = 0; i < c->n_fields; i++) {
        const change_field *f = &c->fields[i];
        copy.paths[i] = arena_intern(a, f->path, strlen(f->path));
        copy.fields[i] = (change_field){copy.paths[i], copy_of(a, f->value)};
    }
    return copy;
}

/* ---- judging ------------------------------------------------------------ */

static change_verdict conflict(error *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static change_verdict conflict(error *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why->what, sizeof why->what, format, args);
    va_end(args);
    return CHANGE_CONFLICT;
}

static change_verdict judge_update(const change *c, const json *document, error *why)
{
    bool is_before = true, is_after = true;
    const char *odd = NULL; /* a path with neither value */
    for (size_t i = 0; i < c->n_fields; i++) {
        const char *path = c->fields[i].path;
        const json *now = path_get(document, path);
        bool as_before = json_equal(now, path_get(c->before, path), SET_KEY);
        bool as_after = json_equal(now, c->fields[i].value, SET_KEY);
        is_before = is_before && as_before;
        is_after = is_after && as_after;
        if (!as_before && !as_after && !odd)
            odd = path;
    }
    if (is_after)
        return CHANGE_DONE;
    if (odd)
        return conflict(why, "%.160s is no longer what the plan was made from", odd);
    if (!is_before)
        return conflict(why, "some of the fields are changed already, but not all");
    for (size_t i = 0; i < c->n_fields; i++)
        if (c->fields[i].value && path_blocked(document, c->paths[i]))
            return conflict(why, "%.160s has a parent that is no object", c->paths[i]);
    return CHANGE_NEEDED;
}

change_verdict change_judge(const change *c, const json *document, error *why)
{
    switch (c->op) {
    case CHANGE_INSERT:
        if (!document)
            return CHANGE_NEEDED;
        if (json_equal(document, c->after, SET_KEY))
            return CHANGE_DONE;
        return conflict(why, "there is another document with this _id");
    case CHANGE_UPDATE:
        if (!document)
            return conflict(why, "there is no such document");
        return judge_update(c, document, why);
    case CHANGE_DELETE:
        if (!document)
            return CHANGE_DONE;
        if (json_equal(document, c->before, SET_KEY))
            return CHANGE_NEEDED;
        return conflict(why, "the document is no longer what the plan was made from");
    case CHANGE_DROP: break;
    }
    return CHANGE_NEEDED;
}

json change_apply(arena *a, const change *c, const json *document)
{
    return path_change_all(a, document, c->fields, c->n_fields);
}

bool change_archives(const change *c)
{
    for (size_t i = 0; i < c->n_fields; i++)
        if (strcmp(c->fields[i].path, "type") == 0) {
            const char *type = json_text(c->fields[i].value);
            return type && strcmp(type, "archived_asset") == 0;
        }
    return false;
}
