#include "publish/publish.h"

#include "base/digest.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "record/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_BYTES 16 /* of SHA-256: enough that no two publishes share an id */

/* ---- a record from options ----------------------------------------------------------- */

/* The absolute path of a file; `file` is UTF-8. The name is not resolved, even of a link:
 * Kitsu shows it. */
static const char *absolute_path(arena *a, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash ? slash + 1 : file;
    const char *folder = slash ? arena_text(a, file, (size_t)(name - file)) : ".";
    char *resolved = *name ? realpath(folder, NULL) : NULL;
    if (!resolved || !utf8_is_whole(resolved)) {
        free(resolved);
        return file; /* opening it will say what is wrong; a record cannot have the folder */
    }
    const char *path = arena_printf(a, "%s/%s", strcmp(resolved, "/") == 0 ? "" : resolved, name);
    free(resolved);
    return path;
}

static void add_text(arena *a, json *object, const char *key, const char *text)
{
    if (text)
        json_add(a, object, key, json_string(a, text));
}

static json one_text(arena *a, const char *text)
{
    json list = json_array();
    json_push(a, &list, json_string(a, text));
    return list;
}

static json reviewed_instance(arena *a, const publish_options *o)
{
    json instance = json_object(), files = json_array();
    add_text(a, &instance, "family", o->n_families ? o->families[0] : "review");
    json_add(a, &instance, "families", one_text(a, "review"));
    json_add(a, &instance, "publish", json_bool(!o->unpublished));
    add_text(a, &instance, "comment", o->comment);
    if (o->versioned)
        json_add(a, &instance, "version", json_integer(a, o->version));
    add_text(a, &instance, "name", o->name);
    for (size_t i = 0; i < o->n_files; i++) {
        json file = json_object();
        add_text(a, &file, "published_path", absolute_path(a, o->files[i]));
        json_add(a, &file, "tags", one_text(a, "kitsureview"));
        json_push(a, &files, file);
    }
    json_add(a, &instance, "representations", files);
    return instance;
}

json publish_of_options(arena *a, const publish_options *o)
{
    json record = record_new(a, RECORD_PUBLISH), instances = json_array();
    add_text(a, &record, "id", o->id);
    add_text(a, &record, "project", o->project);
    add_text(a, &record, "asset", o->asset);
    add_text(a, &record, "task_name", o->task_name);
    json_push(a, &instances, reviewed_instance(a, o));
    for (size_t i = 1; i < o->n_families; i++) {
        json other = json_object();
        add_text(a, &other, "family", o->families[i]);
        json_add(a, &other, "publish", json_bool(!o->unpublished));
        json_push(a, &instances, other);
    }
    json_add(a, &record, "instances", instances);
    return record;
}

/* ---- what a record has ------------------------------------------------------------ */

static const char *text_of(const json *of, const char *key)
{
    const char *text = json_text(json_get(of, key));
    return text && *text ? text : NULL;
}

/* Kitsu and the store get names and ids as C strings: no NUL inside. */
static bool is_name(const json *v)
{
    return json_is_null(v) || (json_text(v) && strlen(v->text) == v->len);
}

static const char *find_fault(arena *a, const json *of, const char *where)
{
    static const char *const keys[] = {"id", "project", "asset", "task_name"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!is_name(json_get(of, keys[i])))
            return arena_printf(a, "a Publish whose \"%s%s\" is not a string", where, keys[i]);
    const json *task = json_get(of, "task");
    if (!json_is_null(task) && !json_is(task, JSON_OBJECT))
        return arena_printf(a, "a Publish whose \"%stask\" is not an object", where);
    if (!json_is_null(task) && !text_of(task, "id"))
        return arena_printf(a, "a Publish whose \"%stask\" has no \"id\"", where);
    return NULL;
}

bool publish_valid(arena *a, const json *record, const char **why)
{
    const json *instances = json_get(record, "instances");
    *why = find_fault(a, record, "");
    if (!*why && !json_is(instances, JSON_ARRAY))
        *why = "a Publish without a list of \"instances\"";
    else if (!*why && instances->len > MAX_INSTANCES)
        *why = arena_printf(a, "a Publish with more than %d instances", MAX_INSTANCES);
    for (uint32_t i = 0; !*why && i < instances->len; i++)
        *why = json_is(&instances->items[i], JSON_OBJECT)
                   ? find_fault(a, &instances->items[i], arena_printf(a, "instances[%u].", i))
                   : arena_printf(a, "a Publish whose \"instances[%u]\" is not an object", i);
    return !*why;
}

static bool is_review(const json *v)
{
    return json_text(v) && v->len == strlen("review") && strcmp(v->text, "review") == 0;
}

bool publish_is_reviewed(const json *instance)
{
    const json *families = json_get(instance, "families");
    if (is_review(json_get(instance, "family")))
        return true;
    for (uint32_t i = 0; json_is(families, JSON_ARRAY) && i < families->len; i++)
        if (is_review(&families->items[i]))
            return true;
    return false;
}

publish_place publish_place_of(const json *record, const json *instance)
{
    const json *task = json_get(instance, "task"), *shared = json_get(record, "task");
    publish_place p = {.project = text_of(record, "project"),
                       .asset = text_of(instance, "asset"),
                       .task_name = text_of(instance, "task_name"),
                       .task = json_is(task, JSON_OBJECT) ? task : NULL};
    p.own = p.asset || p.task_name || p.task;
    if (!p.own && json_is(shared, JSON_OBJECT))
        p.task = shared;
    if (!p.asset)
        p.asset = text_of(record, "asset");
    if (!p.task_name)
        p.task_name = text_of(record, "task_name");
    return p;
}

const char *publish_place_text(arena *a, const publish_place *p)
{
    if (p->task && !p->asset)
        return arena_printf(a, "task %s", text_of(p->task, "id"));
    return arena_printf(a, "%s/%s/%s", p->project ? p->project : "?", p->asset ? p->asset : "?",
                        p->task_name ? p->task_name : "?");
}

/* ---- the id ----------------------------------------------------------------- */

static void copy_member(arena *a, json *to, const json *from, const char *key)
{
    const json *v = json_get(from, key);
    if (!json_is_null(v))
        json_add(a, to, key, *v);
}

static int by_text(const void *x, const void *y)
{
    const json *one = x, *other = y;
    int order = memcmp(one->text, other->text, one->len < other->len ? one->len : other->len);
    return order ? order : (one->len > other->len) - (one->len < other->len);
}

/* Families often come from a Python set, whose order differs in every run. */
static json sorted_texts(arena *a, const json *list)
{
    json out = json_array();
    for (uint32_t i = 0; json_is(list, JSON_ARRAY) && i < list->len; i++)
        if (json_text(&list->items[i]))
            json_push(a, &out, list->items[i]);
    if (out.len)
        qsort(out.items, out.len, sizeof *out.items, by_text);
    return out;
}

static json essence(arena *a, const json *of)
{
    static const char *const keys[] = {"project", "asset",   "task_name", "family",
                                       "name",    "version", "comment"};
    json out = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        copy_member(a, &out, of, keys[i]);
    json_add(a, &out, "families", sorted_texts(a, json_get(of, "families")));
    const json *task = json_get(json_get(of, "task"), "id");
    if (!json_is_null(task))
        json_add(a, &out, "task", *task);
    return out;
}

const char *publish_make_id(arena *a, const json *record)
{
    const json *instances = json_get(record, "instances");
    json out = essence(a, record), list = json_array();
    for (uint32_t i = 0; i < instances->len; i++) {
        const json *files = json_get(&instances->items[i], "representations");
        json instance = essence(a, &instances->items[i]), paths = json_array();
        for (uint32_t k = 0; json_is(files, JSON_ARRAY) && k < files->len; k++) {
            json file = json_object();
            copy_member(a, &file, &files->items[k], "published_path");
            copy_member(a, &file, &files->items[k], "tags");
            json_push(a, &paths, file);
        }
        json_add(a, &instance, "representations", paths);
        json_push(a, &list, instance);
    }
    json_add(a, &out, "instances", list);
    char hex[ID_BYTES * 2 + 1];
    const char *text = json_written(a, &out);
    digest_hex(text, strlen(text), ID_BYTES, hex);
    return arena_text(a, hex, sizeof hex - 1);
}
