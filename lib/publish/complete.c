#include "publish/complete.h"

#include <string.h>

typedef struct completion {
    publish_tasks *finder;
    const publish_scope *scope;
    publish_complain_fn *complain;
    void *context;
    arena *a;
    const json *record, *instances;
    json *tasks;            /* of each instance; null: none */
    task_names *names;      /* of each instance: what its place lacks; NULL: nothing */
    task_names shared;      /* of the publish, likewise */
    bool differ;            /* some instance has its own place, or its task was not found */
    const char *project_id; /* of the last task that was found; NULL: not known */
    unsigned n_noted, n_found;
} completion;

static void complain_about(completion *c, uint32_t i, const publish_place *place, const error *e)
{
    const char *where = place->own ? arena_printf(c->a, "instances[%u]: ", i) : "";
    c->complain(c->context,
                arena_printf(c->a, "%s%s: %s", where, publish_place_text(c->a, place), e->what));
}

static bool is_same_text(const char *x, const char *y)
{
    return x == y || (x && y && strcmp(x, y) == 0);
}

/* Whether two places mean the same task. An instance's own task is always looked up. */
static bool is_same_place(const publish_place *p, const publish_place *q)
{
    if (p->task || q->task)
        return !p->own && !q->own;
    return is_same_text(p->asset, q->asset) && is_same_text(p->task_name, q->task_name);
}

/* Whether the task was looked up for an instance before this one; `*i` is its index. */
static bool was_looked_up(const completion *c, uint32_t before, const publish_place *p, uint32_t *i)
{
    if (p->task && p->own)
        return false;
    for (*i = 0; *i < before; ++*i) {
        const json *instance = &c->instances->items[*i];
        publish_place other = publish_place_of(c->record, instance);
        if (is_same_place(p, &other) && publish_is_noted(c->scope, instance, NULL))
            return true;
    }
    return false;
}

/* A task that was given by its id has names, which templates have places for. */
static bool find_names(completion *c, uint32_t i, const publish_place *place, const json *zou_task,
                       error *e)
{
    task_names names;
    if (!place->task || (place->project && place->asset && place->task_name))
        return true;
    if (!publish_tasks_names(c->finder, place, zou_task, c->a, &names, e))
        return false;
    if (!place->project)
        c->shared.project = names.project;
    task_names *own = place->own ? &c->names[i] : &c->shared;
    own->asset = place->asset ? NULL : names.asset;
    own->task_name = place->task_name ? NULL : names.task_name;
    return true;
}

/* Find the task of an instance. False: nothing more will work. */
static bool find_task(completion *c, uint32_t i, error *e)
{
    const json *instance = &c->instances->items[i];
    json zou_task;
    uint32_t before;
    publish_place place = publish_place_of(c->record, instance);
    place.converted = c->scope->converts_names;
    c->tasks[i] = json_null();
    if (!publish_is_noted(c->scope, instance, NULL))
        return true;
    c->n_noted++;
    if (was_looked_up(c, i, &place, &before)) {
        c->tasks[i] = c->tasks[before];
    } else {
        publish_found found =
            publish_tasks_find(c->finder, &place, c->a, &c->tasks[i], &zou_task, e);
        if (found == PUBLISH_LOST ||
            (found == PUBLISH_FOUND && !find_names(c, i, &place, &zou_task, e)))
            return false;
        const char *project_id = json_text(json_get(&zou_task, "project_id"));
        if (found == PUBLISH_FOUND && project_id)
            c->project_id = project_id;
        if (found == PUBLISH_NOT_FOUND) {
            c->tasks[i] = json_null();
            complain_about(c, i, &place, e);
        }
    }
    c->differ |= place.own || json_is_null(&c->tasks[i]);
    c->n_found += !json_is_null(&c->tasks[i]);
    return true;
}

static void put_text(arena *a, json *out, const char *key, const char *text)
{
    if (text)
        json_set(a, out, key, json_string(a, text));
}

/* If the instances do not all share one task, each gets its own and the publish gets
 * none: the rule would give the publish's to an instance whose task was not found. */
static void put_tasks(completion *c, json *out)
{
    json list = json_array();
    const json *shared = NULL;
    for (uint32_t i = 0; i < c->instances->len; i++) {
        json instance = c->instances->items[i];
        if (c->differ && publish_is_noted(c->scope, &instance, NULL)) {
            instance = json_copy_shallow(c->a, &instance);
            json_set(c->a, &instance, "task", c->tasks[i]);
            put_text(c->a, &instance, "asset", c->names[i].asset);
            put_text(c->a, &instance, "task_name", c->names[i].task_name);
        } else if (!json_is_null(&c->tasks[i])) {
            shared = &c->tasks[i];
        }
        json_push(c->a, &list, instance);
    }
    if (c->n_noted)
        json_set(c->a, out, "task", shared ? *shared : json_null());
    put_text(c->a, out, "project", c->shared.project);
    put_text(c->a, out, "asset", c->shared.asset);
    put_text(c->a, out, "task_name", c->shared.task_name);
    json_set(c->a, out, "instances", list);
}

/* The statuses of the tasks' project: a publish is of one project. */
static bool put_statuses(completion *c, json *out, error *e)
{
    json statuses;
    if (!c->project_id || !json_is_null(json_get(c->record, "task_statuses")))
        return true;
    publish_found found = publish_tasks_statuses(c->finder, c->project_id, c->a, &statuses, e);
    if (found == PUBLISH_FOUND)
        json_set(c->a, out, "task_statuses", statuses);
    if (found == PUBLISH_NOT_FOUND) {
        publish_place place = publish_place_of(c->record, NULL);
        complain_about(c, 0, &place, e);
        *out = json_null();
    }
    return found != PUBLISH_LOST;
}

bool publish_complete(publish_tasks *tasks, const publish_scope *scope, const json *record,
                      arena *a, publish_complain_fn *complain, void *context, json *out, error *e)
{
    const char *why;
    completion c = {.finder = tasks,
                    .scope = scope,
                    .complain = complain,
                    .context = context,
                    .a = a,
                    .record = record,
                    .instances = json_get(record, "instances")};
    *out = json_null();
    if (!publish_valid(a, record, &why)) {
        complain(context, why);
        return true;
    }
    c.tasks = arena_alloc(a, (c.instances->len + 1) * sizeof *c.tasks);
    c.names = arena_alloc(a, (c.instances->len + 1) * sizeof *c.names);
    memset(c.names, 0, (c.instances->len + 1) * sizeof *c.names);
    for (uint32_t i = 0; i < c.instances->len; i++)
        if (!find_task(&c, i, e))
            return false;
    if (c.n_noted && !c.n_found)
        return true;
    *out = json_copy_shallow(a, record);
    const char *id = json_text(json_get(record, "id"));
    if (!id || !*id)
        json_set(a, out, "id", json_string(a, publish_make_id(a, record)));
    put_tasks(&c, out);
    return put_statuses(&c, out, e);
}
