/* run.h - a project's push under way: what its steps share, and the records
 * that they write (opkitsu-records(5), "Results"). */
#ifndef OPKITSU_PUSH_RUN_H
#define OPKITSU_PUSH_RUN_H

#include "push/plan.h"
#include "push/push.h"
#include "zou/many.h"

typedef struct push_run {
    push *push; /* borrowed, as all of these */
    push_plan *plan;
    arena *arena;
    const char *project_id;
    bool trouble; /* something was skipped or failed */
    bool stopped; /* nothing more will work: `*e` */
    bool lost;    /* for Kitsu's sake */
    bool left;    /* of this project, which alone Kitsu refuses */
    error *e;
    unsigned long created, updated, deleted, linked, tasks, skipped, failed;
} push_run;

/* Keep the lease. False: it is lost, `stopped`. */
bool push_run_hold(push_run *r);
/* Carry out jobs at once; `fn` as in zou/many.h, but never without a job. False:
 * `stopped`. */
bool push_run_send(push_run *r, zou_job *jobs, size_t n, void (*fn)(push_run *, zou_job *));
/* Whether we were ended, in the midst of it: what Kitsu has made by now is linked
 * before we go. */
bool push_run_ended(const push_run *r);
/* Take note of a failure other than ZOU_OK: false if nothing more will work. */
bool push_run_took(push_run *r, zou_result result);

/* ---- records -------------------------------------------------------------- */

typedef struct push_result {
    const char *status, *operation; /* applied, failed, planned; insert, update, delete, link */
    const char *type, *id, *name;   /* of the entity; `id` NULL: none yet */
    json below;
    const json *document; /* its `_id`, or NULL */
    const json *fields;   /* or NULL */
    const char *message;  /* or NULL */
} push_result;

/* Write it, and count it. */
void push_run_result(push_run *r, const push_result *result);
/* One of an item, with its fields. */
void push_run_item(push_run *r, const push_item *i, const char *status, const char *operation,
                   const char *message);
void push_run_task(push_run *r, const push_task *t, const char *status, const char *operation,
                   const char *message);
/* One of an entity that goes: no document has it. */
void push_run_deleted(push_run *r, const entity *e, const char *status, const char *message);
/* Why a job failed, in the run's arena. */
const char *push_run_words(const push_run *r, const zou_job *job);
/* The links of a document: a Change, if there is anything to change. */
void push_run_link(push_run *r, push_item *i);
void push_run_link_project(push_run *r);

/* ---- steps ---------------------------------------------------------------- */

/* All return false when nothing more will work. */
bool push_run_entities(push_run *r);
bool push_run_tasks(push_run *r);
bool push_run_deletions(push_run *r);
/* Delete these in Kitsu, children first. */
bool push_run_delete(push_run *r, entity *const *list, size_t n);

#endif
