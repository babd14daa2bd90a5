#include "record/result.h"

#include "record/record.h"

#include <string.h>

static const char *const statuses[RESULT_STATUSES] = {[RESULT_APPLIED] = "applied",
                                                      [RESULT_UNCHANGED] = "unchanged",
                                                      [RESULT_CONFLICT] = "conflict",
                                                      [RESULT_FAILED] = "failed",
                                                      [RESULT_PLANNED] = "planned"};
static const char *const operations[RESULT_OPERATIONS] = {
    [RESULT_INSERT] = "insert", [RESULT_UPDATE] = "update", [RESULT_DELETE] = "delete",
    [RESULT_DROP] = "drop",     [RESULT_LINK] = "link",     [RESULT_CANCEL] = "cancel"};

const char *result_status_name(result_status status)
{
    return statuses[status];
}

const char *result_operation_name(result_operation operation)
{
    return operations[operation];
}

static json result_new(arena *a, result_status status, const char *operation)
{
    json out = record_new(a, RECORD_RESULT);
    json_add(a, &out, "status", json_string(a, statuses[status]));
    json_add(a, &out, "operationType", json_string(a, operation));
    return out;
}

static void add_message(arena *a, json *out, const char *message)
{
    if (message)
        json_add(a, out, "message", json_message(a, message));
}

json result_make_document(arena *a, const result_document *r)
{
    json out = result_new(a, r->status, r->operation);
    json_add(a, &out, "ns", record_ns(a, r->db, r->coll));
    if (r->key)
        json_add(a, &out, "documentKey", *r->key);
    if (r->entity)
        json_add(a, &out, "entity", *r->entity);
    add_message(a, &out, r->message);
    return out;
}

json result_make_kitsu(arena *a, const result_kitsu *r)
{
    json out = result_new(a, r->status, operations[r->operation]);
    json_add(a, &out, "to", json_string(a, "kitsu"));
    json_add(a, &out, "project", json_string(a, r->project));
    json_add(a, &out, "entity", r->entity);
    json_add(a, &out, "below", r->below);
    if (r->id) {
        json key = json_object();
        json_add(a, &key, "_id", *r->id);
        json_add(a, &out, "documentKey", key);
    }
    if (r->before && r->before->len)
        json_add(a, &out, "before", *r->before);
    if (r->fields && r->fields->len)
        json_add(a, &out, "fields", *r->fields);
    add_message(a, &out, r->message);
    return out;
}

json result_make_comment(arena *a, const result_comment *r)
{
    json out = result_new(a, r->status, operations[RESULT_INSERT]), entity = json_object();
    json_add(a, &out, "to", json_string(a, "kitsu"));
    json_add(a, &entity, "type", json_string(a, "Comment"));
    if (r->comment_id)
        json_add(a, &entity, "id", json_string(a, r->comment_id));
    json_add(a, &out, "entity", entity);
    json_add(a, &out, "task_id", json_string(a, r->task_id));
    if (r->publish_id)
        json_add(a, &out, "publish_id", json_string(a, r->publish_id));
    json_add(a, &out, "instance", json_integer(a, r->instance));
    json_add(a, &out, "previews", r->previews);
    json_add(a, &out, "attachments", r->attachments);
    if (r->refused.len)
        json_add(a, &out, "refused", r->refused);
    add_message(a, &out, r->message);
    return out;
}

static int index_of(const char *const *names, int n, const char *name)
{
    for (int i = 0; name && i < n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

void result_read(const json *record, result_record *r)
{
    const char *status = json_text(json_get(record, "status"));
    const char *operation = json_text(json_get(record, "operationType"));
    *r = (result_record){.status = (result_status)index_of(statuses, RESULT_STATUSES, status),
                         .operation =
                             (result_operation)index_of(operations, RESULT_OPERATIONS, operation),
                         .in_kitsu = json_get(record, "to") != NULL,
                         .project = json_text(json_get(record, "project")),
                         .entity = json_get(record, "entity"),
                         .below = json_get(record, "below"),
                         .key = json_get(record, "documentKey"),
                         .before = json_get(record, "before"),
                         .fields = json_get(record, "fields"),
                         .message = json_get(record, "message"),
                         .refused = json_get(record, "refused")};
    r->comment = json_text_is(json_get(r->entity, "type"), "Comment");
}
