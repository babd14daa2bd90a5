#include "change.h"

#include "bsonjson.h"
#include "path.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Zou returns these in no order. */
#define SET_KEY "assignees"

static bool wrong(change_error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool wrong(change_error *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(e->what, sizeof e->what, format, args);
    va_end(args);
    return false;
}

/* ---- reading ------------------------------------------------------------ */

static bool read_operation(const json *record, change *out, change_error *e)
{
    static const char *const names[] = {[CHANGE_INSERT] = "insert",
                                        [CHANGE_UPDATE] = "update",
                                        [CHANGE_DELETE] = "delete",
                                        [CHANGE_DROP] = "drop"};
    const char *name = json_text(json_get(record, "operationType"));
    if (!name)
        return wrong(e, "a Change without an \"operationType\"");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            out->op = (change_op)i;
            out->operation = names[i];
            return true;
        }
    return wrong(e, "unknown operationType \"%.40s\"", name);
}

/* What MongoDB allows as a collection's name. */
static bool read_ns(const json *record, change *out, change_error *e)
{
    const json *ns = json_get(record, "ns"), *coll = json_get(ns, "coll");
    out->db = json_text(json_get(ns, "db"));
    out->coll = json_text(coll);
    if (!out->db || !out->coll)
        return wrong(e, "a Change without \"ns\":{\"db\",\"coll\"}");
    if (!*out->coll || strlen(out->coll) != coll->len || strchr(out->coll, '$') ||
        strncmp(out->coll, "system.", strlen("system.")) == 0)
        return wrong(e, "\"%.80s\" can't be a collection's name", out->coll);
    return true;
}

/* Upper case would be another text for the same id. */
static bool good_oid(const json *v)
{
    const char *text = json_text(v);
    return text && v->len == 24 && strspn(text, "0123456789abcdef") == 24;
}

static bool read_key(const json *record, change *out, change_error *e)
{
    out->key = json_get(record, "documentKey");
    out->id = json_get(out->key, "_id");
    if (json_is_null(out->id))
        return wrong(e, "a Change without \"documentKey\":{\"_id\"}");
    const json *oid = json_get(out->id, "$oid");
    if (json_is(out->id, JSON_ARRAY) || (oid && !good_oid(oid)))
        return wrong(e, "an _id that is not 24 hexadecimal digits in lower case");
    return true;
}

/* A document of the record's, whose `_id`, where it has one, is the Change's. */
static const json *read_document(const json *record, const char *key, const change *c,
                                 change_error *e)
{
    const json *document = json_get(record, key), *id = json_get(document, "_id");
    if (!json_is(document, JSON_OBJECT)) {
        wrong(e, "%s without \"%s\"", c->operation, key);
        return NULL;
    }
    if (id ? !json_equal(id, c->id, NULL) : c->op != CHANGE_UPDATE) {
        wrong(e, "the _id of \"%s\" is not that of \"documentKey\"", key);
        return NULL;
    }
    return document;
}

static int by_path(const void *x, const void *y)
{
    return path_compare(*(const char *const *)x, *(const char *const *)y);
}

/* MongoDB would refuse them. */
static bool check_paths(arena *a, const change *c, change_error *e)
{
    const char **sorted = arena_alloc(a, c->n_paths * sizeof *sorted);
    for (size_t i = 0; i < c->n_paths; i++) {
        if (!path_valid(c->paths[i]))
            return wrong(e, "\"%.80s\" can't be the path of an update", c->paths[i]);
        sorted[i] = c->paths[i];
    }
    qsort(sorted, c->n_paths, sizeof *sorted, by_path);
    for (size_t i = 1; i < c->n_paths; i++)
        if (path_overlaps(sorted[i - 1], sorted[i]))
            return wrong(e, "the paths \"%.80s\" and \"%.80s\" overlap", sorted[i - 1], sorted[i]);
    return true;
}

static bool read_paths(arena *a, const json *record, change *out, change_error *e)
{
    const json *description = json_get(record, "updateDescription");
    const json *removed = json_get(description, "removedFields");
    out->updated = json_get(description, "updatedFields");
    if (!json_is(out->updated, JSON_OBJECT) || !json_is(removed, JSON_ARRAY))
        return wrong(e, "update without \"updateDescription\":"
                        "{\"updatedFields\":{},\"removedFields\":[]}");
    out->paths = arena_alloc(a, ((size_t)out->updated->len + removed->len) * sizeof *out->paths);
    for (uint32_t i = 0; i < out->updated->len; i++)
        out->paths[out->n_paths++] = out->updated->members[i].key;
    for (uint32_t i = 0; i < removed->len; i++) {
        const json *path = &removed->items[i];
        if (!json_text(path) || strlen(path->text) != path->len)
            return wrong(e, "a path in \"removedFields\" is not a text");
        out->paths[out->n_paths++] = path->text;
    }
    return check_paths(a, out, e);
}

bool change_read(arena *a, const json *record, change *out, change_error *e)
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
    return out->op == CHANGE_DELETE || read_paths(a, record, out, e);
}

/* ---- judging ------------------------------------------------------------ */

static change_verdict conflict(change_error *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static change_verdict conflict(change_error *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why->what, sizeof why->what, format, args);
    va_end(args);
    return CHANGE_CONFLICT;
}

static change_verdict judge_update(const change *c, const json *document, change_error *why)
{
    bool is_before = true, is_after = true;
    const char *odd = NULL; /* a path with neither value */
    for (size_t i = 0; i < c->n_paths; i++) {
        const char *path = c->paths[i];
        const json *now = path_get(document, path);
        /* Removed paths come behind the updated ones. */
        const json *then = i < c->updated->len ? &c->updated->members[i].value : NULL;
        bool as_before = json_equal(now, path_get(c->before, path), SET_KEY);
        bool as_after = json_equal(now, then, SET_KEY);
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
    for (size_t i = 0; i < c->updated->len; i++)
        if (path_blocked(document, c->paths[i]))
            return conflict(why, "%.160s has a parent that is no object", c->paths[i]);
    return CHANGE_NEEDED;
}

change_verdict change_judge(const change *c, const json *document, change_error *why)
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

static const json *canonical(arena *a, const json *document)
{
    json *out = arena_alloc(a, sizeof *out);
    bsonjson_error why;
    return document && bsonjson_canonical(a, document, out, &why) ? out : document;
}

void change_canonical(arena *a, change *c)
{
    c->before = canonical(a, c->before);
    c->after = canonical(a, c->after);
    c->updated = canonical(a, c->updated);
}

json change_apply(arena *a, const change *c, const json *document)
{
    json after = *document;
    for (size_t i = 0; i < c->n_paths; i++)
        after = i < c->updated->len ? path_set(a, &after, c->paths[i], c->updated->members[i].value)
                                    : path_unset(a, &after, c->paths[i]);
    return after;
}

bool change_archives(const change *c)
{
    const char *type = json_text(json_get(c->updated, "type"));
    return type && strcmp(type, "archived_asset") == 0;
}
