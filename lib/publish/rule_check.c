#include "publish/rule_check.h"

#include "base/limits.h"

#include <string.h>

typedef struct check {
    arena *a;
    const char *where; /* the object at hand: "", "instances[2]." */
    const char *why;   /* the first fault; NULL: none so far */
} check;

static void note_fault(check *c, const char *key, const char *wanted)
{
    if (!c->why)
        c->why = arena_printf(c->a, "a Publish whose \"%s%s\" is not %s", c->where, key, wanted);
}

/* Neither Kitsu nor the store takes a NUL: here the message can name its place. */
static void expect_text(check *c, const json *of, const char *key, bool required)
{
    const json *v = json_get(of, key);
    if (json_text(v) && strlen(v->text) != v->len)
        note_fault(c, key, "a string without a NUL character");
    else if (required ? !json_text(v) || !v->len : !json_is_null(v) && !json_text(v))
        note_fault(c, key, required ? "a non-empty string" : "a string");
}

static void expect_texts(check *c, const json *of, const char *key)
{
    const json *v = json_get(of, key);
    if (json_is_null(v))
        return;
    bool ok = v->type == JSON_ARRAY;
    for (uint32_t i = 0; ok && i < v->len; i++)
        ok = v->items[i].type == JSON_STRING;
    if (!ok)
        note_fault(c, key, "a list of strings");
}

/* A list of objects, if it is there. NULL: it is not. */
static const json *expect_objects(check *c, const json *of, const char *key)
{
    const json *v = json_get(of, key);
    if (json_is_null(v))
        return NULL;
    bool ok = v->type == JSON_ARRAY;
    for (uint32_t i = 0; ok && i < v->len; i++)
        ok = v->items[i].type == JSON_OBJECT;
    if (!ok)
        note_fault(c, key, "a list of objects");
    return ok ? v : NULL;
}

static void expect_task(check *c, const json *of)
{
    const json *task = json_get(of, "task");
    if (json_is_null(task))
        return;
    if (task->type != JSON_OBJECT) {
        note_fault(c, "task", "an object");
        return;
    }
    const char *before = c->where;
    const json *status = json_get(task, "task_status");
    c->where = arena_printf(c->a, "%stask.", before);
    expect_text(c, task, "id", true);
    expect_text(c, task, "task_status_id", true);
    if (!json_text(json_get(status, "short_name")))
        note_fault(c, "task_status.short_name", "a string");
    c->where = before;
}

static void expect_instance(check *c, const json *instance, uint32_t i)
{
    const json *publish = json_get(instance, "publish");
    c->where = arena_printf(c->a, "instances[%u].", i);
    expect_text(c, instance, "family", false);
    expect_texts(c, instance, "families");
    expect_text(c, instance, "comment", false);
    if (!json_is_null(publish) && !json_true(publish) && !json_is(publish, JSON_FALSE))
        note_fault(c, "publish", "true or false");
    expect_task(c, instance);
    const json *representations = expect_objects(c, instance, "representations");
    for (uint32_t k = 0; representations && k < representations->len; k++) {
        c->where = arena_printf(c->a, "instances[%u].representations[%u].", i, k);
        expect_texts(c, &representations->items[k], "tags");
        expect_text(c, &representations->items[k], "published_path", false);
    }
}

const char *rule_check(arena *a, const json *record)
{
    check c = {.a = a, .where = ""};
    expect_text(&c, record, "id", false);
    expect_text(&c, record, "project", false);
    expect_task(&c, record);
    const json *statuses = expect_objects(&c, record, "task_statuses");
    for (uint32_t i = 0; statuses && i < statuses->len; i++) {
        c.where = arena_printf(a, "task_statuses[%u].", i);
        expect_text(&c, &statuses->items[i], "id", true);
        expect_text(&c, &statuses->items[i], "short_name", false);
    }
    c.where = "";
    const json *instances = expect_objects(&c, record, "instances");
    if (!instances)
        note_fault(&c, "instances", "a list of objects");
    else if (instances->len > MAX_INSTANCES)
        c.why = arena_printf(a, "a Publish with more than %d instances", MAX_INSTANCES);
    for (uint32_t i = 0; instances && i < instances->len && !c.why; i++)
        expect_instance(&c, &instances->items[i], i);
    return c.why;
}
