#include "publish/complete.h"

#include <string.h>

typedef struct job {
    publish_tasks *finder;
    publish_complain_fn *complain;
    void *context;
    arena *a;
    const json *record, *instances;
    json *tasks; /* of each instance; null: none */
    bool own;    /* some instance has a place of its own, or lacks the task that it needs */
    const char *project_id;
    unsigned reviewed, found;
} job;

static void complain_of(job *j, uint32_t i, const publish_place *place, const error *e)
{
    const char *where = place->own ? arena_printf(j->a, "instances[%u]: ", i) : "";
    j->complain(j->context,
                arena_printf(j->a, "%s%s: %s", where, publish_place_text(j->a, place), e->what));
}

static bool same_text(const char *x, const char *y)
{
    return x == y || (x && y && strcmp(x, y) == 0);
}

/* Whether an instance before this one looked for the same task; `*i` is its index. One
 * with a task of its own is asked for by its id, whoever else has it. */
static bool asked(const job *j, uint32_t before, const publish_place *p, uint32_t *i)
{
    for (*i = 0; *i < before && !(p->task && p->own); ++*i) {
        publish_place other = publish_place_of(j->record, &j->instances->items[*i]);
        bool same = p->task || other.task ? !p->own && !other.own
                                          : same_text(p->asset, other.asset) &&
                                                same_text(p->task_name, other.task_name);
        if (same && publish_is_reviewed(&j->instances->items[*i]))
            return true;
    }
    return false;
}

/* The task of an instance. False: nothing more will work. */
static bool find(job *j, uint32_t i, error *e)
{
    const json *instance = &j->instances->items[i];
    const char *project_id;
    uint32_t before;
    publish_place place = publish_place_of(j->record, instance);
    j->tasks[i] = json_null();
    if (!publish_is_reviewed(instance))
        return true;
    j->reviewed++;
    if (asked(j, i, &place, &before)) {
        j->tasks[i] = j->tasks[before];
    } else {
        publish_found found =
            publish_tasks_find(j->finder, &place, j->a, &j->tasks[i], &project_id, e);
        if (found == PUBLISH_LOST)
            return false;
        if (found == PUBLISH_FOUND && project_id)
            j->project_id = project_id;
        if (found == PUBLISH_NOT_FOUND) {
            j->tasks[i] = json_null();
            complain_of(j, i, &place, e);
        }
    }
    j->own |= place.own || json_is_null(&j->tasks[i]);
    j->found += !json_is_null(&j->tasks[i]);
    return true;
}

/* Where not all are of one task, each instance has its own and the publish none: the
 * rule would give one that lacks its task the publish's. */
static void put_tasks(job *j, json *out)
{
    json list = json_array();
    const json *shared = NULL;
    for (uint32_t i = 0; i < j->instances->len; i++) {
        json instance = j->instances->items[i];
        if (j->own && publish_is_reviewed(&instance)) {
            instance = json_copy_shallow(j->a, &instance);
            json_set(j->a, &instance, "task", j->tasks[i]);
        } else if (!json_is_null(&j->tasks[i])) {
            shared = &j->tasks[i];
        }
        json_push(j->a, &list, instance);
    }
    if (j->reviewed)
        json_set(j->a, out, "task", shared ? *shared : json_null());
    json_set(j->a, out, "instances", list);
}

/* Those of the last task's project: all are of one. */
static bool put_statuses(job *j, json *out, error *e)
{
    json statuses;
    if (!j->project_id || !json_is_null(json_get(j->record, "task_statuses")))
        return true;
    publish_found found = publish_tasks_statuses(j->finder, j->project_id, j->a, &statuses, e);
    if (found == PUBLISH_FOUND)
        json_set(j->a, out, "task_statuses", statuses);
    if (found == PUBLISH_NOT_FOUND) {
        publish_place place = publish_place_of(j->record, NULL);
        complain_of(j, 0, &place, e);
        *out = json_null();
    }
    return found != PUBLISH_LOST;
}

bool publish_complete(publish_tasks *tasks, const json *record, arena *a,
                      publish_complain_fn *complain, void *context, json *out, error *e)
{
    const char *why;
    job j = {.finder = tasks,
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
    j.tasks = arena_alloc(a, (j.instances->len + 1) * sizeof *j.tasks);
    for (uint32_t i = 0; i < j.instances->len; i++)
        if (!find(&j, i, e))
            return false;
    if (j.reviewed && !j.found)
        return true;
    *out = json_copy_shallow(a, record);
    const char *id = json_text(json_get(record, "id"));
    if (!id || !*id)
        json_set(a, out, "id", json_string(a, publish_make_id(a, record)));
    put_tasks(&j, out);
    return put_statuses(&j, out, e);
}
