#include "push/result_writer.h"

#include "base/clock.h"
#include "base/msg.h"
#include "base/output.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "record/skipped.h"
#include "record/summary.h"

#include <string.h>

static const struct {
    result_operation operation;
    push_count count;
} operations[] = {
    [PUSH_INSERT] = {RESULT_INSERT, PUSH_CREATED}, [PUSH_INSERT_TASK] = {RESULT_INSERT, PUSH_TASKS},
    [PUSH_UPDATE] = {RESULT_UPDATE, PUSH_UPDATED}, [PUSH_DELETE] = {RESULT_DELETE, PUSH_DELETED},
    [PUSH_LINK] = {RESULT_LINK, PUSH_LINKED},      [PUSH_CANCEL] = {RESULT_CANCEL, PUSH_CANCELLED},
};

static const char *const count_names[PUSH_COUNTS] = {
    [PUSH_CREATED] = "created",     [PUSH_UPDATED] = "updated", [PUSH_DELETED] = "deleted",
    [PUSH_CANCELLED] = "cancelled", [PUSH_LINKED] = "linked",   [PUSH_TASKS] = "tasks",
    [PUSH_SKIPPED] = "skipped",     [PUSH_FAILED] = "failed",
};

/* What Kitsu has where it is to have `fields`. */
static json values_before(arena *a, const json *record, const json *fields)
{
    json out = json_object();
    for (uint32_t i = 0; i < fields->len; i++) {
        const json_member *m = &fields->members[i];
        const json *old = json_get(record, m->key);
        if (strcmp(m->key, "data") == 0)
            json_add(a, &out, m->key, values_before(a, old, &m->value));
        else
            json_add(a, &out, m->key, old ? *old : json_null());
    }
    return out;
}

void push_result_write(push_run *r, const push_result *x)
{
    json before =
        x->before && x->fields ? values_before(r->arena, x->before, x->fields) : json_null();
    bool failed = x->status == RESULT_FAILED;
    json out = result_make_kitsu(
        r->arena, &(result_kitsu){.status = x->status,
                                  .operation = operations[x->operation].operation,
                                  .project = r->plan->c->coll,
                                  .entity = record_entity(r->arena, x->type, x->id, x->name),
                                  .below = x->ancestors,
                                  .id = x->document,
                                  .before = x->before ? &before : NULL,
                                  .fields = x->fields,
                                  .message = x->message});
    ndjson_write(&out);
    output_flush();
    r->counts[failed ? PUSH_FAILED : operations[x->operation].count]++;
    r->trouble |= failed;
    if (failed && !r->context->silent)
        msg_error("%s: %s \"%s\": %s", r->plan->c->coll, x->type, x->name, x->message);
}

void push_result_item(push_run *r, const push_item *i, result_status status,
                      push_operation operation, const char *message)
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
                                        .before = operation == PUSH_UPDATE ? &i->record : NULL,
                                        .fields = operation == PUSH_LINK ? NULL : &i->fields,
                                        .message = message});
}

void push_result_task(push_run *r, const push_task *t, result_status status,
                      push_operation operation, const char *message)
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

void push_result_deletion(push_run *r, const entity *e, result_status status, const char *message)
{
    json ancestors = production_path(r->arena, e);
    ancestors.len--; /* its own name */
    bool cancelled =
        status != RESULT_FAILED && e->tasks && (e->kind == KIND_SHOT || e->kind == KIND_ASSET);
    if (cancelled)
        message = "it has tasks, so Kitsu cancels it";
    push_result_write(r, &(push_result){.status = status,
                                        .operation = cancelled ? PUSH_CANCEL : PUSH_DELETE,
                                        .type = kind_name(e->kind),
                                        .id = e->id,
                                        .name = e->name,
                                        .ancestors = ancestors,
                                        .message = message});
}

void push_result_skipped(push_run *r)
{
    for (uint32_t n = 0; n < r->plan->skipped.len; n++) {
        skipped_record s;
        ndjson_write(&r->plan->skipped.items[n]);
        skipped_read(&r->plan->skipped.items[n], &s);
        if (!r->context->silent)
            msg_warn("%s: skipped %s \"%s\": %s", r->plan->c->coll, s.type, s.name, s.reason);
    }
    r->counts[PUSH_SKIPPED] = r->plan->skipped.len;
    r->trouble |= r->plan->skipped.len > 0;
}

void push_result_summary(push_run *r, double started)
{
    summary_count counts[PUSH_COUNTS];
    for (int i = 0; i < PUSH_COUNTS; i++)
        counts[i] = (summary_count){count_names[i], r->counts[i]};
    json out = summary_make(r->arena, &(summary_record){.project = r->plan->c->coll,
                                                        .in_kitsu = true,
                                                        .counts = counts,
                                                        .n_counts = PUSH_COUNTS,
                                                        .seconds = clock_now() - started});
    ndjson_write(&out);
    output_flush();
}
