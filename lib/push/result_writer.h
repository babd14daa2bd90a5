/* result_writer.h - writes and counts the records of what a push did in Kitsu. Each Result is
 * flushed at once, so that op-apply can link what is made while more is being made. */
#ifndef OPKITSU_PUSH_RESULT_WRITER_H
#define OPKITSU_PUSH_RESULT_WRITER_H

#include "push/run.h"
#include "record/result.h"

typedef enum push_operation {
    PUSH_INSERT,
    PUSH_INSERT_TASK, /* an insert that the Summary counts apart */
    PUSH_UPDATE,
    PUSH_DELETE,
    PUSH_CANCEL, /* what becomes of a delete if the entity has tasks */
    PUSH_LINK
} push_operation;

typedef struct push_result {
    result_status status;
    push_operation operation;
    const char *type, *id, *name; /* of the entity; `id` NULL: none yet */
    json ancestors;               /* their names, outermost first */
    const json *document;         /* its `_id`, or NULL */
    const json *before;           /* what Kitsu has of it, of an update; else NULL */
    const json *fields;           /* or NULL */
    const char *message;          /* NULL unless it failed, or there is something to say */
} push_result;

/* Write a Result (record/result.h), and count it. A failure is also reported on stderr. */
void push_result_write(push_run *r, const push_result *result);
/* One of an item, with its fields. */
void push_result_item(push_run *r, const push_item *i, result_status status,
                      push_operation operation, const char *message);
void push_result_task(push_run *r, const push_task *t, result_status status,
                      push_operation operation, const char *message);
/* One of an entity that is deleted, or cancelled, as Kitsu does with shots and assets that
 * have tasks (Zou's remove_shot, remove_asset). No document has it. */
void push_result_deletion(push_run *r, const entity *e, result_status status, const char *message);

/* Write the plan's Skipped records, and count them. */
void push_result_skipped(push_run *r);
/* Write the project's Summary. `started`: by clock_now. */
void push_result_summary(push_run *r, double started);

#endif
