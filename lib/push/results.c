#include "push/results.h"

#include "base/clock.h"
#include "base/msg.h"
#include "base/output.h"
#include "record/ndjson.h"

#include <stdio.h>
#include <string.h>

static const char *const status_names[] = {
    [PUSH_PLANNED] = "planned", [PUSH_APPLIED] = "applied", [PUSH_FAILED] = "failed"};

static const struct {
    const char *name;
    push_count count;
} operations[] = {
    [PUSH_INSERT] = {"insert", PUSH_CREATED}, [PUSH_INSERT_TASK] = {"insert", PUSH_TASKS},
    [PUSH_UPDATE] = {"update", PUSH_UPDATED}, [PUSH_DELETE] = {"delete", PUSH_DELETED},
    [PUSH_LINK] = {"link", PUSH_LINKED},
};

static const char *const count_names[PUSH_COUNTS] = {
    [PUSH_CREATED] = "created", [PUSH_UPDATED] = "updated", [PUSH_DELETED] = "deleted",
    [PUSH_LINKED] = "linked",   [PUSH_TASKS] = "tasks",     [PUSH_SKIPPED] = "skipped",
    [PUSH_FAILURES] = "failed",
};

static json entity_of(arena *a, const push_result *x)
{
    json out = json_object();
    json_add(a, &out, "type", json_string(a, x->type));
    if (x->id)
        json_add(a, &out, "id", json_string(a, x->id));
    json_add(a, &out, "name", json_string(a, x->name));
    return out;
}

static json result_record(const push_run *r, const push_result *x)
{
    arena *a = r->arena;
    json out = json_object();
    json_add(a, &out, "type", json_string(a, "Result"));
    json_add(a, &out, "status", json_string(a, status_names[x->status]));
    json_add(a, &out, "operationType", json_string(a, operations[x->operation].name));
    json_add(a, &out, "to", json_string(a, "kitsu"));
    json_add(a, &out, "project", json_string(a, r->plan->c->coll));
    json_add(a, &out, "entity", entity_of(a, x));
    json_add(a, &out, "below", x->ancestors);
    if (x->document) {
        json key = json_object();
        json_add(a, &key, "_id", *x->document);
        json_add(a, &out, "documentKey", key);
    }
    if (x->fields && x->fields->len)
        json_add(a, &out, "fields", *x->fields);
    if (x->message)
        json_add(a, &out, "message", json_message(a, x->message));
    return out;
}

void push_result_write(push_run *r, const push_result *x)
{
    bool failed = x->status == PUSH_FAILED;
    json out = result_record(r, x);
    ndjson_write(&out);
    output_flush();
    r->counts[failed ? PUSH_FAILURES : operations[x->operation].count]++;
    r->trouble |= failed;
    if (failed && !r->context->silent)
        msg_error("%s: %s \"%s\": %s", r->plan->c->coll, x->type, x->name, x->message);
}

void push_result_item(push_run *r, const push_item *i, push_status status, push_operation operation,
                      const char *message)
{
    if (!message && i->substitute)
        message = "a substitute for a sequence that OpenPype does not have";
    push_result_write(r, &(push_result){.status = status,
                                        .operation = operation,
                                        .type = kind_name(i->kind),
                                        .id = i->id,
                                        .name = i->name,
                                        .ancestors = push_item_ancestors(r->plan, i),
                                        .document = i->document ? &i->document->id : NULL,
                                        .fields = operation == PUSH_LINK ? NULL : &i->fields,
                                        .message = message});
}

void push_result_task(push_run *r, const push_task *t, push_status status, push_operation operation,
                      const char *message)
{
    json ancestors = push_item_ancestors(r->plan, t->item);
    json_push(r->arena, &ancestors, json_string(r->arena, t->item->name));
    const char *name = strcmp(t->name, "main") == 0
                           ? t->type->name
                           : arena_printf(r->arena, "%s %s", t->type->name, t->name);
    push_result_write(r, &(push_result){.status = status,
                                        .operation = operation,
                                        .type = "Task",
                                        .id = t->id,
                                        .name = name,
                                        .ancestors = ancestors,
                                        .document = &t->item->document->id,
                                        .message = message});
}

void push_result_deletion(push_run *r, const entity *e, push_status status, const char *message)
{
    json ancestors = json_array();
    if (e->parent)
        json_push(r->arena, &ancestors, json_string(r->arena, e->parent->name));
    push_result_write(r, &(push_result){.status = status,
                                        .operation = PUSH_DELETE,
                                        .type = kind_name(e->kind),
                                        .id = e->id,
                                        .name = e->name,
                                        .ancestors = ancestors,
                                        .message = message});
}

void push_result_skipped(push_run *r)
{
    for (uint32_t n = 0; n < r->plan->skipped.len; n++) {
        const json *s = &r->plan->skipped.items[n], *what = json_get(s, "entity");
        ndjson_write(s);
        if (!r->context->silent)
            msg_warn("%s: skipped %s \"%s\": %s", r->plan->c->coll,
                     json_text(json_get(what, "type")), json_text(json_get(what, "name")),
                     json_text(json_get(s, "reason")));
    }
    r->counts[PUSH_SKIPPED] = r->plan->skipped.len;
    r->trouble |= r->plan->skipped.len > 0;
}

void push_result_summary(push_run *r, double started)
{
    arena *a = r->arena;
    json out = json_object();
    json_add(a, &out, "type", json_string(a, "Summary"));
    json_add(a, &out, "to", json_string(a, "kitsu"));
    json_add(a, &out, "project", json_string(a, r->plan->c->coll));
    for (int i = 0; i < PUSH_COUNTS; i++)
        json_add(a, &out, count_names[i], json_integer(a, (int64_t)r->counts[i]));
    char seconds[32];
    snprintf(seconds, sizeof seconds, "%.2f", clock_now() - started);
    json number;
    if (json_parse(a, seconds, strlen(seconds), &number, NULL, NULL))
        json_add(a, &out, "seconds", number);
    ndjson_write(&out);
    output_flush();
}
