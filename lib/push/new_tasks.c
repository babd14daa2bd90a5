#include "base/clock.h"
#include "push/run.h"
#include "record/sanitize.h"
#include "zou/bulk.h"

#include <stdlib.h>
#include <string.h>

/* entities; of one request that makes their tasks. Zou takes some milliseconds for
 * each, and proxies wait for a minute or so. */
#define MAX_BULK 500

/* entities; whose tasks are asked for by id. More make the project's list cheaper. */
#define MAX_BY_ID 900

/* ---- task types ----------------------------------------------------------- */

static json type_fields(const push_run *r, const push_type *t)
{
    json fields = json_object();
    json_add(r->arena, &fields, "for_entity", json_string(r->arena, kind_name(t->for_entity)));
    json_add(r->arena, &fields, "short_name", t->short_name);
    return fields;
}

static void type_result(push_run *r, const push_type *t, const char *status, const char *message)
{
    json fields = type_fields(r, t);
    push_run_result(r, &(push_result){.status = status,
                                      .operation = "insert",
                                      .type = "TaskType",
                                      .id = t->id,
                                      .name = t->name,
                                      .below = json_array(),
                                      .fields = &fields,
                                      .message = message});
}

static void on_type(push_run *r, zou_job *job)
{
    push_type *t = job->context;
    t->id = json_text(json_get(&job->answer, "id"));
    if (t->id) {
        type_result(r, t, "applied", NULL);
        return;
    }
    t->failed = arena_printf(r->arena, "the task type \"%s\" could not be made: %s", t->name,
                             job->result == ZOU_OK ? "Kitsu's answer has no id" : job->error.what);
    if (job->result != ZOU_LOST && !job->unsure) /* else it is looked for */
        type_result(r, t, "failed", t->failed);
}

/* The answer was lost: look whether Zou made it. Where it did not, the next push
 * will. */
static bool look_for_type(push_run *r, push_type *t)
{
    element_list *list = &r->push->shared.task_types;
    clock_sleep(1); /* it may be at it still */
    element_list_clear(list);
    if (!push_run_took(r, zou_lists_need(&r->push->shared, list, r->e)))
        return false;
    for (size_t n = 0; n < list->len && !t->id; n++) {
        const json_element *e = &list->items[n];
        json v;
        if (!e->id || !e->text || !json_parse(r->arena, e->text, e->len, &v, NULL, NULL))
            continue;
        const char *name = json_text(json_get(&v, "name"));
        const char *of = json_text(json_get(&v, "for_entity"));
        if (name && of && strcmp(name, t->name) == 0 && kind_of(of) == t->for_entity)
            t->id = json_text(json_get(&v, "id"));
    }
    if (t->id)
        t->failed = NULL;
    type_result(r, t, t->id ? "applied" : "failed", t->failed);
    return true;
}

/* Whether a task that is to be made can be. */
static bool needed(const push_task *t)
{
    return !t->id && !t->failed && t->item->id;
}

static bool is_needed(const push_run *r, const push_type *t)
{
    for (size_t n = 0; n < r->plan->n; n++)
        for (const push_task *x = r->plan->items[n]->tasks; x; x = x->next)
            if (x->type == t && (r->push->dry ? !x->id : needed(x)))
                return true;
    return false;
}

/* One after the other: that Zou takes each name once is looked up before. */
static bool make_types(push_run *r)
{
    for (size_t n = 0; n < r->plan->n_types; n++) {
        push_type *t = r->plan->types[n];
        if (t->id || t->failed || !is_needed(r, t))
            continue;
        if (r->push->dry) {
            type_result(r, t, "planned", NULL);
            continue;
        }
        json body = type_fields(r, t);
        json_add(r->arena, &body, "name", json_string(r->arena, t->name));
        zou_job job = {.method = "POST",
                       .path = "/data/task-types",
                       .body = json_written(r->arena, &body),
                       .context = t};
        if (!push_run_send(r, &job, 1, on_type) || (job.unsure && !look_for_type(r, t)))
            return false;
        element_list_clear(&r->push->shared.task_types); /* of the projects after it */
    }
    return true;
}

/* ---- in bulk -------------------------------------------------------------- */

/* Zou makes `main`, where an entity has no task of the type. */
static bool goes_in_bulk(const push_run *r, const push_task *t)
{
    const entity *e = production_find(r->plan->kitsu->production, t->item->id);
    for (const task *there = e ? e->tasks : NULL; there; there = there->next)
        if (there->type && t->type->id && strcmp(there->type->id, t->type->id) == 0)
            return false;
    return strcmp(t->name, "main") == 0;
}

typedef struct bulk {
    push_type *type;
    push_task **tasks; /* in the arena */
    size_t n;
} bulk;

static void fail_task(push_run *r, push_task *t, const char *why)
{
    t->failed = why;
    push_run_task(r, t, "failed", "insert", why);
}

static void on_bulk(push_run *r, zou_job *job)
{
    bulk *b = job->context;
    if (job->result == ZOU_OK || job->result == ZOU_LOST)
        return; /* the tasks are read back */
    const char *why = push_run_words(r, job);
    for (size_t n = 0; n < b->n; n++)
        fail_task(r, b->tasks[n], why);
}

static const char *bulk_path(const push_run *r, const push_type *t)
{
    static const char *const words[KIND_ENTITIES] = {[KIND_SHOT] = "shots",
                                                     [KIND_ASSET] = "assets",
                                                     [KIND_EDIT] = "edits",
                                                     [KIND_CONCEPT] = "concepts"};
    const char *base =
        arena_printf(r->arena, "/actions/projects/%s/task-types/%s", r->project_id, t->id);
    if (words[t->for_entity])
        return arena_printf(r->arena, "%s/%s/create-tasks", base, words[t->for_entity]);
    return arena_printf(r->arena, "%s/create-tasks/%s", base,
                        t->for_entity == KIND_EPISODE ? "episode" : "sequence");
}

/* An empty list would mean all entities to Zou: there is none. */
static bool send_bulk(push_run *r, bulk *b)
{
    json ids = json_array();
    if (b->n == 0)
        return true;
    for (size_t n = 0; n < b->n; n++)
        json_push(r->arena, &ids, json_string(r->arena, b->tasks[n]->item->id));
    zou_job job = {.method = "POST",
                   .path = bulk_path(r, b->type),
                   .body = json_written(r->arena, &ids),
                   .repeatable = true,
                   .context = b};
    return push_run_send(r, &job, 1, on_bulk);
}

static bool make_bulk(push_run *r, push_type *type)
{
    bulk b = {type, arena_alloc(r->arena, MAX_BULK * sizeof(push_task *)), 0};
    for (size_t n = 0; n < r->plan->n; n++)
        for (push_task *t = r->plan->items[n]->tasks; t; t = t->next) {
            if (t->type != type || !needed(t) || !goes_in_bulk(r, t))
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
    if (job->result != ZOU_OK && job->result != ZOU_LOST && !job->unsure)
        fail_task(r, job->context, push_run_words(r, job));
}

/* Zou's status for new tasks. */
static const char *default_status(push_run *r)
{
    element_list *list = &r->push->shared.task_statuses;
    const char *first = NULL;
    if (!push_run_took(r, zou_lists_need(&r->push->shared, list, r->e)))
        return NULL;
    for (size_t n = 0; n < list->len; n++) {
        json v;
        if (!list->items[n].text ||
            !json_parse(r->arena, list->items[n].text, list->items[n].len, &v, NULL, NULL))
            continue;
        first = first ? first : list->items[n].id;
        if (json_true(json_get(&v, "is_default")) && !json_true(json_get(&v, "for_concept")))
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
    /* Zou refuses a second one of the same name. */
    zou_job job = {.method = "POST",
                   .path = "/data/tasks",
                   .body = json_written(r->arena, &body),
                   .context = t};
    return push_run_send(r, &job, 1, on_single);
}

/* ---- reading back --------------------------------------------------------- */

typedef struct reading {
    push_run *run;
    push_item *by_id; /* hash */
} reading;

/* The task that a record of Kitsu's is. */
static push_task *task_for(push_item *i, const json *record)
{
    const char *type = json_text(json_get(record, "task_type_id"));
    const char *name = json_text(json_get(record, "name"));
    for (push_task *t = i->tasks; t; t = t->next)
        if (!t->id && type && name && t->type->id && strcmp(t->type->id, type) == 0 &&
            strcmp(t->name, name) == 0)
            return t;
    return NULL;
}

static bool take_task(void *context, const json_element *e)
{
    reading *x = context;
    json v;
    push_item *i = NULL;
    if (!e->text || !e->id || !json_parse(x->run->arena, e->text, e->len, &v, NULL, NULL))
        return true;
    const char *entity_id = json_text(json_get(&v, "entity_id"));
    if (entity_id)
        HASH_FIND(hh_id, x->by_id, entity_id, strlen(entity_id), i);
    push_task *t = i ? task_for(i, &v) : NULL;
    if (!t)
        return true;
    t->id = json_text(json_get(&v, "id"));
    t->record = v;
    push_run_task(x->run, t, "applied", "insert", NULL);
    return true;
}

static void read_tasks(push_run *r)
{
    reading x = {.run = r};
    const char **ids = arena_alloc(r->arena, (r->plan->n + 1) * sizeof *ids);
    size_t n = 0;
    for (size_t i = 0; i < r->plan->n; i++) {
        push_item *item = r->plan->items[i];
        bool any = false;
        for (const push_task *t = item->tasks; t; t = t->next)
            any |= needed(t);
        if (!any)
            continue;
        ids[n++] = item->id;
        HASH_ADD_KEYPTR(hh_id, x.by_id, item->id, strlen(item->id), item);
    }
    zou *z = r->push->shared.zou;
    zou_result result =
        n <= MAX_BY_ID
            ? zou_bulk(z, "/data/tasks?entity_id=", ids, n, "&relations=true", take_task, &x, r->e)
            : zou_list(z, arena_printf(r->arena, "/data/projects/%s/tasks", r->project_id),
                       take_task, &x, r->e);
    HASH_CLEAR(hh_id, x.by_id);
    push_run_took(r, result);
}

/* ---- all of it ------------------------------------------------------------ */

static void plan_all(push_run *r)
{
    for (size_t n = 0; n < r->plan->n; n++)
        for (const push_task *t = r->plan->items[n]->tasks; t; t = t->next)
            push_run_task(r, t, "planned", t->id ? "link" : "insert", NULL);
}

/* Those whose type or entity could not be had. */
static void fail_others(push_run *r)
{
    for (size_t n = 0; n < r->plan->n; n++)
        for (push_task *t = r->plan->items[n]->tasks; t; t = t->next) {
            if (t->id || t->failed)
                continue;
            if (!t->item->id)
                fail_task(r, t, "its entity could not be made");
            else if (t->type->failed)
                fail_task(r, t, t->type->failed);
        }
}

static bool send_all(push_run *r)
{
    fail_others(r);
    for (size_t n = 0; n < r->plan->n_types; n++)
        if (r->plan->types[n]->id && !make_bulk(r, r->plan->types[n]))
            return false;
    const char *status = NULL;
    for (size_t n = 0; n < r->plan->n; n++)
        for (push_task *t = r->plan->items[n]->tasks; t; t = t->next) {
            if (!needed(t) || goes_in_bulk(r, t))
                continue;
            if (!status && !(status = default_status(r)))
                return !r->stopped; /* a Kitsu without any: none can be made */
            if (!make_single(r, t, status))
                return false;
        }
    return true;
}

bool push_run_tasks(push_run *r)
{
    if (!make_types(r))
        return false;
    if (r->push->dry) {
        plan_all(r);
        return true;
    }
    if (send_all(r) || push_run_ended(r))
        read_tasks(r);
    if (r->stopped && !push_run_ended(r))
        return false;
    for (size_t n = 0; n < r->plan->n; n++) {
        push_item *i = r->plan->items[n];
        for (push_task *t = i->tasks; t && !r->stopped; t = t->next)
            if (!t->id && !t->failed)
                fail_task(r, t, "Kitsu does not have it after it was made");
        if (i->tasks)
            push_run_link(r, i);
    }
    return !r->stopped;
}
