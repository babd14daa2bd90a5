#include "push/new_tasks.h"

#include "base/clock.h"
#include "push/link_changes.h"
#include "push/new_types.h"
#include "push/result_writer.h"
#include "zou/bulk.h"

#include <string.h>

/* entities; in one request that makes their tasks. Zou takes some milliseconds for
 * each, and proxies wait for a minute or so. */
#define MAX_BULK 500

/* entities; whose tasks are read by id. For more the project's list is cheaper. */
#define MAX_BY_ID 900

/* tries; to make a task whose answer was lost, before it fails. */
#define MAX_TRIES 3

/* Whether its answer was lost, and it has not been found in Kitsu since. */
static bool is_lost(const push_task *t)
{
    return push_task_is_needed(t) && t->lost;
}

static bool is_due(const push_task *t)
{
    return push_task_is_needed(t) && (!t->sent || t->lost);
}

static void mark_sent(push_task *t)
{
    t->sent = true;
    t->lost = NULL;
}

/* ---- in bulk -------------------------------------------------------------- */

/* Whether a request for many entities makes the task: Zou makes `main` where an entity has
 * no task of the type. */
static bool is_bulk(const push_task *t)
{
    return t->is_first && strcmp(t->name, "main") == 0;
}

typedef struct bulk {
    push_type *type;
    push_task **tasks; /* in the arena */
    size_t n;
} bulk;

static void task_failed(push_run *r, push_task *t, const char *why)
{
    t->failed = why;
    push_result_task(r, t, RESULT_FAILED, PUSH_INSERT_TASK, why);
}

static void on_task(push_run *r, push_task *t, const zou_job *job)
{
    if (job->unsure)
        t->lost = push_run_job_error(r, job);
    else if (job->result != ZOU_OK && job->result != ZOU_LOST)
        task_failed(r, t, push_run_job_error(r, job));
    /* the others are read back */
}

static void on_bulk(push_run *r, zou_job *job)
{
    bulk *b = job->context;
    for (size_t n = 0; n < b->n; n++)
        on_task(r, b->tasks[n], job);
}

static const char *bulk_path(const push_run *r, const push_type *t)
{
    static const char *const routes[KIND_ENTITIES] = {[KIND_SHOT] = "shots",
                                                      [KIND_ASSET] = "assets",
                                                      [KIND_EDIT] = "edits",
                                                      [KIND_CONCEPT] = "concepts"};
    const char *base =
        arena_printf(r->arena, "/actions/projects/%s/task-types/%s", r->project_id, t->id);
    if (routes[t->for_entity])
        return arena_printf(r->arena, "%s/%s/create-tasks", base, routes[t->for_entity]);
    return arena_printf(r->arena, "%s/create-tasks/%s", base,
                        t->for_entity == KIND_EPISODE ? "episode" : "sequence");
}

/* No request is made without tasks: Zou takes an empty list for all entities. */
static bool send_bulk(push_run *r, bulk *b)
{
    json ids = json_array();
    if (b->n == 0)
        return true;
    for (size_t n = 0; n < b->n; n++) {
        json_push(r->arena, &ids, json_string(r->arena, b->tasks[n]->item->id));
        mark_sent(b->tasks[n]);
    }
    zou_job job = {.method = "POST",
                   .path = bulk_path(r, b->type),
                   .body = json_written(r->arena, &ids),
                   .context = b};
    return push_run_send(r, &job, 1, on_bulk);
}

static bool make_bulk(push_run *r, push_type *type)
{
    bulk b = {type, arena_alloc(r->arena, MAX_BULK * sizeof(push_task *)), 0};
    for (push_task *t = type->tasks; t; t = t->next_of_type) {
        if (!is_due(t) || !is_bulk(t))
            continue;
        b.tasks[b.n++] = t;
        if (b.n == MAX_BULK) {
            if (!send_bulk(r, &b))
                return false;
            b.n = 0;
        }
    }
    return send_bulk(r, &b);
}

/* ---- one by one ----------------------------------------------------------- */

static void on_single(push_run *r, zou_job *job)
{
    on_task(r, job->context, job);
}

/* The id of Zou's status for new tasks. NULL: there is none, or stopped. */
static const char *default_status(push_run *r)
{
    element_list *list = &r->context->lists.task_statuses;
    const char *first = NULL;
    if (!push_run_check(r, zou_lists_need(&r->context->lists, list, r->e)))
        return NULL;
    for (size_t n = 0; n < list->len; n++) {
        const json *tree = element_list_tree(list, n);
        if (!tree)
            continue;
        first = first ? first : list->items[n].id;
        if (json_true(json_get(tree, "is_default")) && !json_true(json_get(tree, "for_concept")))
            return list->items[n].id;
    }
    return first;
}

static bool make_single(push_run *r, push_task *t, const char *status)
{
    arena *a = r->arena;
    json body = json_object();
    json_add(a, &body, "project_id", json_string(a, r->project_id));
    json_add(a, &body, "entity_id", json_string(a, t->item->id));
    json_add(a, &body, "task_type_id", json_string(a, t->type->id));
    json_add(a, &body, "task_status_id", json_string(a, status));
    json_add(a, &body, "name", json_string(a, t->name));
    mark_sent(t);
    zou_job job = {.method = "POST",
                   .path = "/data/tasks",
                   .body = json_written(r->arena, &body),
                   .context = t};
    return push_run_send(r, &job, 1, on_single);
}

/* ---- reading back --------------------------------------------------------- */

typedef struct reading {
    push_run *run;
    arena *scratch; /* of one record */
    lookup tasks;   /* push_task: the new ones, by entity, type and name, which no two share */
} reading;

static const char *key_of(arena *a, const char *entity_id, const char *type_id, const char *name)
{
    return arena_printf(a, "%zu %s %zu %s %s", strlen(entity_id), entity_id, strlen(type_id),
                        type_id, name);
}

static bool take_record(void *context, const json_element *e, const json *tree)
{
    reading *x = context;
    const char *entity_id = json_text(json_get(tree, "entity_id"));
    const char *type_id = json_text(json_get(tree, "task_type_id"));
    const char *name = json_text(json_get(tree, "name"));
    if (!e->id || !tree || !entity_id || !type_id || !name)
        return true;
    arena_reset(x->scratch);
    push_task *t = lookup_find(&x->tasks, key_of(x->scratch, entity_id, type_id, name));
    if (!t || t->id)
        return true;
    push_run *r = x->run;
    if (!push_kitsu_keep(r->plan->kitsu, tree, r->arena, &t->record, r->e))
        return false;
    t->id = json_text(json_get(&t->record, "id"));
    push_result_task(x->run, t, RESULT_APPLIED, PUSH_INSERT_TASK, NULL);
    return true;
}

static void note_sought(reading *x, const push_item *i)
{
    arena *a = x->run->arena;
    for (push_task *t = i->tasks; t; t = t->next)
        if (!t->id && t->type->id)
            lookup_add(&x->tasks, key_of(a, i->id, t->type->id, t->name), t);
}

static bool has_needed_task(const push_item *i)
{
    for (const push_task *t = i->tasks; t; t = t->next)
        if (push_task_is_needed(t))
            return true;
    return false;
}

/* Read back what was made. */
static void read_tasks(push_run *r)
{
    reading x = {.run = r, .scratch = arena_new()};
    const char **ids = arena_alloc(r->arena, (r->plan->n + 1) * sizeof *ids);
    size_t n = 0;
    for (size_t k = 0; k < r->plan->n; k++) {
        const push_item *i = r->plan->items[k];
        if (!has_needed_task(i))
            continue;
        ids[n++] = i->id;
        note_sought(&x, i);
    }
    zou *z = r->context->lists.zou;
    bulk_query query = {"/data/tasks?entity_id=", ids, n, "&relations=true"};
    const char *list = arena_printf(r->arena, "/data/projects/%s/tasks", r->project_id);
    zou_result result = n <= MAX_BY_ID ? zou_bulk_trees(z, &query, NULL, take_record, &x, r->e)
                                       : zou_list_trees(z, list, NULL, take_record, &x, r->e);
    lookup_free(&x.tasks);
    arena_free(x.scratch);
    push_run_check(r, result);
}

/* ---- all of it ------------------------------------------------------------ */

static void write_planned_tasks(push_run *r)
{
    for (size_t n = 0; n < r->plan->n; n++)
        for (const push_task *t = r->plan->items[n]->tasks; t; t = t->next)
            push_result_task(r, t, RESULT_PLANNED, t->id ? PUSH_LINK : PUSH_INSERT_TASK, NULL);
}

/* Tasks whose type or entity could not be created fail. */
static void fail_impossible(push_run *r)
{
    for (size_t n = 0; n < r->plan->n; n++)
        for (push_task *t = r->plan->items[n]->tasks; t; t = t->next) {
            if (t->id || t->failed)
                continue;
            if (!t->item->id)
                task_failed(r, t, "its entity could not be created");
            else if (t->type->failed)
                task_failed(r, t, t->type->failed);
        }
}

static void sort_by_type(push_run *r)
{
    for (size_t n = 0; n < r->plan->n; n++)
        for (push_task *t = r->plan->items[n]->tasks; t; t = t->next) {
            push_type *type = t->type;
            *(type->last_task ? &type->last_task->next_of_type : &type->tasks) = t;
            type->last_task = t;
        }
}

static bool send_all(push_run *r)
{
    fail_impossible(r);
    for (size_t n = 0; n < r->plan->n_types; n++)
        if (r->plan->types[n]->id && !make_bulk(r, r->plan->types[n]))
            return false;
    const char *status = NULL;
    for (size_t n = 0; n < r->plan->n; n++)
        for (push_task *t = r->plan->items[n]->tasks; t; t = t->next) {
            if (!is_due(t) || is_bulk(t))
                continue;
            if (!status && !(status = default_status(r)))
                return !r->stopped; /* Kitsu has no status: no task can be made */
            if (!make_single(r, t, status))
                return false;
        }
    return true;
}

static bool any_is_lost(const push_run *r)
{
    for (size_t n = 0; n < r->plan->n; n++)
        for (const push_task *t = r->plan->items[n]->tasks; t; t = t->next)
            if (is_lost(t))
                return true;
    return false;
}

/* Make them, and read back what Kitsu has by then. What it lacks and an answer was lost of
 * is sent again. */
static void make_tasks(push_run *r)
{
    sort_by_type(r);
    for (int tries = 1;; tries++) {
        if (!send_all(r) && !push_run_interrupted(r))
            return;
        if (any_is_lost(r)) /* Zou may still be working on it */
            clock_sleep(clock_setting("OPKITSU_PAUSE_SECONDS", 1));
        read_tasks(r);
        if (r->stopped || tries == MAX_TRIES || !any_is_lost(r))
            return;
    }
}

/* Link what Kitsu has; what it does not have by now has failed. */
static void link_all(push_run *r)
{
    for (size_t n = 0; n < r->plan->n; n++) {
        push_item *i = r->plan->items[n];
        for (push_task *t = i->tasks; t && !r->stopped; t = t->next)
            if (!t->id && !t->failed)
                task_failed(r, t,
                            t->lost ? t->lost : "Kitsu does not have it although it was created");
        if (i->tasks)
            push_link_item(r, i);
    }
}

bool push_new_tasks(push_run *r)
{
    if (!push_new_types(r))
        return false;
    if (r->context->dry) {
        write_planned_tasks(r);
        return true;
    }
    make_tasks(r);
    if (r->stopped && !push_run_interrupted(r))
        return false;
    link_all(r);
    return !r->stopped;
}
