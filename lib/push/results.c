#include "base/msg.h"

#include "base/output.h"
#include "model/change_builder.h"
#include "model/mapping.h"
#include "push/run.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "record/sanitize.h"
#include "record/skipped.h"

#include <stdio.h>
#include <string.h>

static void write_out(const json *v)
{
    ndjson_write(v);
    output_flush(); /* op-apply can link, while more is made */
}

void push_run_result(push_run *r, const push_result *x)
{
    arena *a = r->arena;
    json out = json_object(), what = json_object();
    json_add(a, &out, "type", json_string(a, "Result"));
    json_add(a, &out, "status", json_string(a, x->status));
    json_add(a, &out, "operationType", json_string(a, x->operation));
    json_add(a, &out, "to", json_string(a, "kitsu"));
    json_add(a, &out, "project", json_string(a, r->plan->c->coll));
    json_add(a, &what, "type", json_string(a, x->type));
    if (x->id)
        json_add(a, &what, "id", json_string(a, x->id));
    json_add(a, &what, "name", json_string(a, x->name));
    json_add(a, &out, "entity", what);
    json_add(a, &out, "below", x->below);
    if (x->document) {
        json key = json_object();
        json_add(a, &key, "_id", *x->document);
        json_add(a, &out, "documentKey", key);
    }
    if (x->fields && x->fields->len)
        json_add(a, &out, "fields", *x->fields);
    if (x->message)
        json_add(a, &out, "message", json_message(a, x->message));
    write_out(&out);
    if (strcmp(x->status, "failed") == 0 && !r->push->silent)
        msg_error("%s: %s \"%s\": %s", r->plan->c->coll, x->type, x->name, x->message);
    bool is_task = strcmp(x->type, "Task") == 0;
    if (strcmp(x->status, "failed") == 0)
        r->failed++, r->trouble = true;
    else if (strcmp(x->operation, "insert") == 0 && is_task)
        r->tasks++;
    else if (strcmp(x->operation, "insert") == 0)
        r->created++;
    else if (strcmp(x->operation, "update") == 0)
        r->updated++;
    else if (strcmp(x->operation, "delete") == 0)
        r->deleted++;
    else
        r->linked++;
}

void push_run_item(push_run *r, const push_item *i, const char *status, const char *operation,
                   const char *message)
{
    if (!message && i->substitute)
        message = "stands in for a sequence that OpenPype does not have";
    push_run_result(r, &(push_result){.status = status,
                                      .operation = operation,
                                      .type = kind_name(i->kind),
                                      .id = i->id,
                                      .name = i->name,
                                      .below = push_plan_below(r->plan, i),
                                      .document = i->document ? &i->document->id : NULL,
                                      .fields = strcmp(operation, "link") == 0 ? NULL : &i->fields,
                                      .message = message});
}

void push_run_task(push_run *r, const push_task *t, const char *status, const char *operation,
                   const char *message)
{
    json below = push_plan_below(r->plan, t->item);
    json_push(r->arena, &below, json_string(r->arena, t->item->name));
    const char *name = strcmp(t->name, "main") == 0
                           ? t->type->name
                           : arena_printf(r->arena, "%s %s", t->type->name, t->name);
    push_run_result(r, &(push_result){.status = status,
                                      .operation = operation,
                                      .type = "Task",
                                      .id = t->id,
                                      .name = name,
                                      .below = below,
                                      .document = &t->item->document->id,
                                      .message = message});
}

void push_run_deleted(push_run *r, const entity *e, const char *status, const char *message)
{
    json below = json_array();
    if (e->parent)
        json_push(r->arena, &below, json_string(r->arena, e->parent->name));
    push_run_result(r, &(push_result){.status = status,
                                      .operation = "delete",
                                      .type = kind_name(e->kind),
                                      .id = e->id,
                                      .name = e->name,
                                      .below = below,
                                      .message = message});
}

const char *push_run_words(const push_run *r, const zou_job *job)
{
    return arena_text(r->arena, job->error.what, strlen(job->error.what));
}

/* ---- links ---------------------------------------------------------------- */

/* What the mapping would call the document. */
static const char *mapped_name(const push_run *r, const push_item *i)
{
    const push_item *above = i->above && i->above->substitute ? i->above->above : i->above;
    bool joined = i->kind == KIND_SEQUENCE || i->kind == KIND_SHOT;
    return joined && above && above->document
               ? arena_printf(r->arena, "%s_%s", above->document->name, i->name)
               : i->name;
}

static json linked_tasks(push_run *r, const push_item *i, const json *tasks)
{
    json wanted = json_is_plain(tasks) ? json_copy_shallow(r->arena, tasks) : json_object();
    for (const push_task *t = i->tasks; t; t = t->next) {
        if (json_is_null(&t->record))
            continue;
        const json *entry = json_get(&wanted, t->entry);
        json with = json_is_plain(entry) ? json_copy_shallow(r->arena, entry) : json_object();
        json_set(r->arena, &with, "zou", t->record);
        json_set(r->arena, &wanted, t->entry, with);
    }
    return wanted;
}

void push_run_link(push_run *r, push_item *i)
{
    arena *a = r->arena;
    asset *d = i->document;
    if (r->push->dry || !d || json_is_null(&i->record))
        return;
    json *before = arena_alloc(a, sizeof *before);
    *before = d->document;
    change_builder x = change_builder_new(a, before);
    change_builder_set(&x, i->record, "data", "zou", NULL);
    if (i->link && strcmp(mapped_name(r, i), d->name) != 0)
        change_builder_set(&x, json_string(a, i->name), "data", "keep_name", NULL);
    if (i->link && i->kind == KIND_SHOT && i->above && i->above->substitute) {
        json list = json_array();
        json_push(a, &list, i->above->record);
        change_builder_set(&x, list, "data", "parent_substitutes", NULL);
    }
    if (i->tasks) {
        const json *tasks = json_at(before, "data", "tasks", NULL);
        json wanted = linked_tasks(r, i, tasks);
        mapping_set_named(&x, tasks, &wanted, "data");
    }
    if (!change_builder_changes(&x))
        return;
    json what = record_entity(a, kind_name(i->kind), i->id, i->name);
    json change = change_builder_change(&x, r->plan->c->db, r->plan->c->coll, &d->id, what);
    write_out(&change);
    r->linked += i->link;
    i->link = false;
    d->document = x.after;
}

void push_run_link_project(push_run *r)
{
    arena *a = r->arena;
    const collection *c = r->plan->c;
    change_builder x = change_builder_new(a, &c->project);
    change_builder_set(&x, json_string(a, r->project_id), "data", "zou_id", NULL);
    if (!change_builder_changes(&x))
        return;
    const char *name = r->plan->kitsu->production->name;
    if (r->push->dry) {
        push_run_result(r, &(push_result){.status = "planned",
                                          .operation = "link",
                                          .type = "Project",
                                          .id = r->project_id,
                                          .name = name,
                                          .below = json_array(),
                                          .document = json_get(&c->project, "_id")});
        return;
    }
    json what = record_entity(a, "Project", r->project_id, name);
    json change = change_builder_change(&x, c->db, c->coll, json_get(&c->project, "_id"), what);
    write_out(&change);
    r->linked++;
}
