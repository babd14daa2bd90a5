#include "model/change_builder.h"

#include "record/record.h"

#include <stdarg.h>
#include <string.h>

enum { MAX_KEYS = 4 }; /* of a path: data, tasks, NAME */

change_builder change_builder_new(arena *a, const json *before)
{
    return (change_builder){.arena = a,
                            .before = before,
                            .after = before ? *before : json_object(),
                            .updated = json_object(),
                            .removed = json_array(),
                            .old = json_object()};
}

/* The object that `keys` lead to, made where it is not there, to be written to. Objects on the
 * way are copied as long as they are those of `before` (NULL: none is). */
static json *owned(arena *a, json *object, const json *before, const char *const keys[], size_t n)
{
    if (!json_is(object, JSON_OBJECT))
        *object = json_object();
    else if (json_is(before, JSON_OBJECT) && object->members == before->members)
        *object = json_copy_shallow(a, object);
    if (n == 0)
        return object;
    if (!json_get(object, keys[0]))
        json_add(a, object, keys[0], json_object());
    /* The object is ours by now, and so its members may be written to. */
    return owned(a, (json *)json_get(object, keys[0]), json_get(before, keys[0]), keys + 1, n - 1);
}

/* Set (or, with NULL, remove) a nested value. */
static void put(arena *a, json *object, const json *before, const char *const keys[], size_t n,
                const json *value)
{
    json *inner = owned(a, object, before, keys, n - 1);
    if (value)
        json_set(a, inner, keys[n - 1], *value);
    else
        json_unset(inner, keys[n - 1]);
}

static const char *dotted(arena *a, const char *const keys[], size_t n)
{
    const char *path = keys[0];
    for (size_t i = 1; i < n; i++)
        path = arena_printf(a, "%s.%s", path, keys[i]);
    return path;
}

/* How many of the keys make a path that can be written to: all, or those up
 * to something on the way that is there and no object. */
static size_t writable_keys(const json *v, const char *const keys[], size_t n, const json **at)
{
    for (size_t i = 0; i < n; i++) {
        v = json_get(v, keys[i]);
        if (!v || i + 1 == n || v->type != JSON_OBJECT) {
            *at = v;
            return v ? i + 1 : n;
        }
    }
    return n;
}

static void change_field(change_builder *d, const char *const keys[], size_t n, const json *value)
{
    const json *at = NULL;
    if (!d->before) {
        if (value)
            put(d->arena, &d->after, NULL, keys, n, value);
        return;
    }
    size_t len = writable_keys(d->before, keys, n, &at);
    bool there = at && len == n;
    if (value ? there && json_equal(at, value, "assignees") : !there)
        return;
    put(d->arena, &d->after, d->before, keys, n, value);
    const char *path = dotted(d->arena, keys, len);
    if (value) {
        const json *whole = &d->after;
        for (size_t i = 0; i < len; i++)
            whole = json_get(whole, keys[i]);
        json_set(d->arena, &d->updated, path, *whole);
    } else {
        json_push(d->arena, &d->removed, json_string(d->arena, path));
    }
    if (at)
        put(d->arena, &d->old, NULL, keys, len, at);
}

static size_t take_keys(const char *keys[MAX_KEYS], va_list args)
{
    size_t n = 0;
    while (n < MAX_KEYS && (keys[n] = va_arg(args, const char *)))
        n++;
    return n;
}

void change_builder_set(change_builder *d, json value, ...)
{
    const char *keys[MAX_KEYS];
    va_list args;
    va_start(args, value);
    size_t n = take_keys(keys, args);
    va_end(args);
    change_field(d, keys, n, &value);
}

void change_builder_unset(change_builder *d, ...)
{
    const char *keys[MAX_KEYS];
    va_list args;
    va_start(args, d);
    size_t n = take_keys(keys, args);
    va_end(args);
    change_field(d, keys, n, NULL);
}

static bool is_wanted(void *wanted, json_member *m)
{
    return json_get(wanted, m->key);
}

void change_builder_retain(change_builder *d, const json *wanted, const char *outer,
                           const char *inner)
{
    const char *keys[] = {outer, inner, NULL};
    const json *there = json_at(d->before, outer, inner, NULL);
    uint32_t removed = d->removed.len;
    for (uint32_t i = 0; json_is(there, JSON_OBJECT) && i < there->len; i++) {
        const json_member *m = &there->members[i];
        if (json_get(wanted, m->key))
            continue;
        keys[2] = m->key;
        json_push(d->arena, &d->removed, json_string(d->arena, dotted(d->arena, keys, 3)));
        put(d->arena, &d->old, NULL, keys, 3, &m->value);
    }
    if (d->removed.len > removed)
        json_keep(owned(d->arena, &d->after, d->before, keys, 2), is_wanted, (void *)wanted);
}

bool change_builder_changes(const change_builder *d)
{
    return !d->before || d->updated.len > 0 || d->removed.len > 0;
}

static json change(arena *a, const char *operation, const char *db, const char *coll,
                   const json *id, json entity)
{
    json out = record_new(a, RECORD_CHANGE);
    json_add(a, &out, "operationType", json_string(a, operation));
    json_add(a, &out, "ns", record_ns(a, db, coll));
    if (id) {
        json key = json_object();
        json_add(a, &key, "_id", *id);
        json_add(a, &out, "documentKey", key);
    }
    if (!json_is_null(&entity))
        json_add(a, &out, "entity", entity);
    return out;
}

json change_builder_change(const change_builder *d, const char *db, const char *coll,
                           const json *id, json entity)
{
    arena *a = d->arena;
    json out = change(a, d->before ? "update" : "insert", db, coll, id, entity);
    if (!d->before) {
        json_add(a, &out, "fullDocument", d->after);
        return out;
    }
    json description = json_object();
    json_add(a, &description, "updatedFields", d->updated);
    json_add(a, &description, "removedFields", d->removed);
    json_add(a, &out, "updateDescription", description);
    json_add(a, &out, "fullDocumentBeforeChange", d->old);
    return out;
}

bool change_builder_revives(const change_builder *d)
{
    return json_text_is(json_get(d->before, "type"), "archived_asset") &&
           json_text_is(json_get(&d->after, "type"), "asset");
}

json change_builder_delete(arena *a, const char *db, const char *coll, const json *document,
                           json entity)
{
    json out = change(a, "delete", db, coll, json_get(document, "_id"), entity);
    json_add(a, &out, "fullDocumentBeforeChange", *document);
    return out;
}

json change_builder_drop(arena *a, const char *db, const char *coll, bool published, json entity)
{
    json out = change(a, "drop", db, coll, NULL, entity);
    if (published)
        json_add(a, &out, "published", json_bool(true));
    return out;
}
