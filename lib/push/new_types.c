#include "push/new_types.h"

#include "base/clock.h"
#include "push/result_writer.h"
#include "zou/id.h"

#include <string.h>

#define ROOM_FOR_NAME 40 /* characters. Source: zou/app/models/task_type.py */

bool push_task_is_needed(const push_task *t)
{
    return !t->id && !t->failed && t->item->id;
}

/* ---- results -------------------------------------------------------------- */

static json type_fields(const push_run *r, const push_type *t)
{
    json fields = json_object();
    json_add(r->arena, &fields, "for_entity", json_string(r->arena, kind_name(t->for_entity)));
    json_add(r->arena, &fields, "short_name", t->short_name);
    return fields;
}

static void write_type(push_run *r, const push_type *t, result_status status)
{
    json fields = type_fields(r, t);
    push_result_write(r, &(push_result){.status = status,
                                        .operation = PUSH_INSERT,
                                        .type = "TaskType",
                                        .id = t->id,
                                        .name = t->name,
                                        .ancestors = json_array(),
                                        .fields = &fields,
                                        .message = t->failed});
}

/* ---- making --------------------------------------------------------------- */

static void on_type(push_run *r, zou_job *job)
{
    push_type *t = job->context;
    const char *id = json_text(json_get(&job->answer, "id"));
    if (zou_id_fits(id)) {
        t->id = arena_text(r->arena, id, strlen(id));
        write_type(r, t, RESULT_APPLIED);
        return;
    }
    t->failed =
        arena_printf(r->arena, "the task type \"%s\" could not be created: %s", t->name,
                     job->result == ZOU_OK ? "Kitsu's reply has no id"
                                           : push_run_name_error(r, job, t->name, ROOM_FOR_NAME));
    if (job->result != ZOU_LOST && !job->unsure) /* find_made_type looks for an unsure one */
        write_type(r, t, RESULT_FAILED);
}

/* The answer was lost: look whether Zou made the type. If not, the next push does. */
static bool find_made_type(push_run *r, push_type *t)
{
    element_list *list = &r->context->lists.task_types;
    clock_sleep(clock_setting("OPKITSU_PAUSE_SECONDS", 1)); /* Zou may still be working on it */
    element_list_clear(list);
    if (!push_run_check(r, zou_lists_need(&r->context->lists, list, r->e)))
        return false;
    for (size_t n = 0; n < list->len && !t->id; n++) {
        const char *id = list->items[n].id;
        const json *tree = element_list_tree(list, n);
        const char *of = json_text(json_get(tree, "for_entity"));
        if (id && of && json_text_is(json_get(tree, "name"), t->name) &&
            kind_of(of) == t->for_entity)
            t->id = arena_text(r->arena, id, strlen(id)); /* the list is cleared */
    }
    if (t->id)
        t->failed = NULL;
    write_type(r, t, t->id ? RESULT_APPLIED : RESULT_FAILED);
    return true;
}

static bool make_type(push_run *r, push_type *t)
{
    json body = type_fields(r, t);
    json_add(r->arena, &body, "name", json_string(r->arena, t->name));
    zou_job job = {.method = "POST",
                   .path = "/data/task-types",
                   .body = json_written(r->arena, &body),
                   .context = t};
    if (!push_run_send(r, &job, 1, on_type) || (job.unsure && !find_made_type(r, t)))
        return false;
    element_list_clear(&r->context->lists.task_types); /* the next project reads it again */
    return true;
}

static void find_needed(const push_run *r)
{
    for (size_t n = 0; n < r->plan->n; n++)
        for (const push_task *x = r->plan->items[n]->tasks; x; x = x->next)
            x->type->needed |= r->context->dry ? !x->id : push_task_is_needed(x);
}

/* One after the other: Zou takes each name once, but does not lock for it. */
bool push_new_types(push_run *r)
{
    find_needed(r);
    for (size_t n = 0; n < r->plan->n_types; n++) {
        push_type *t = r->plan->types[n];
        if (t->id || t->failed || !t->needed)
            continue;
        if (r->context->dry)
            write_type(r, t, RESULT_PLANNED);
        else if (!make_type(r, t))
            return false;
    }
    return true;
}
