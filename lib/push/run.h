/* run.h - the push of one project in progress: what its steps share, and how they send
 * requests. */
#ifndef OPKITSU_PUSH_RUN_H
#define OPKITSU_PUSH_RUN_H

#include "push/context.h"
#include "push/items.h"
#include "zou/send_many.h"

/* What a Summary counts. */
typedef enum push_count {
    PUSH_CREATED,
    PUSH_UPDATED,
    PUSH_DELETED,
    PUSH_CANCELLED, /* instead of deleted: Kitsu's choice */
    PUSH_LINKED,
    PUSH_TASKS, /* created */
    PUSH_SKIPPED,
    PUSH_FAILED,
    PUSH_COUNTS
} push_count;

typedef struct push_run {
    push_context *context; /* borrowed, as are the next four */
    push_plan *plan;
    arena *arena;
    const char *project_id;
    error *e;          /* why it stopped */
    bool trouble;      /* something was skipped or failed */
    bool stopped;      /* no further request may be sent */
    bool kitsu_failed; /* it stopped because of Kitsu */
    bool abandoned;    /* it stopped, but other projects can go on: Kitsu refused this one */
    unsigned long counts[PUSH_COUNTS];
} push_run;

/* Stop the run; `*r->e` is set. Returns false. */
bool push_run_stop(push_run *r);
/* Keep the lease. False: stopped, as it is lost or stdout cannot be written. */
bool push_run_hold(push_run *r);

typedef void push_job_fn(push_run *r, zou_job *job);
/* Send several requests at a time. `fn` is called at the end of each, as in zou/send_many.h, but
 * never without a job, whose answer is gone when it returns. False: stopped. */
bool push_run_send(push_run *r, zou_job *jobs, size_t n, push_job_fn *fn);
/* Note the outcome of any other request, whose error is in `*r->e`. False unless it is
 * ZOU_OK, and the lease still held: stopped. */
bool push_run_check(push_run *r, zou_result result);

/* Whether a signal stopped the run in the middle of its work. What Kitsu has made by then
 * is linked before the program ends. */
bool push_run_interrupted(const push_run *r);
/* The error of a job, in the run's arena. */
const char *push_run_job_error(const push_run *r, const zou_job *job);

/* Likewise, of one that was to make something of this name, for which Kitsu has room for so
 * many characters: of a longer name Zou says only "Internal server error" or that a value "has an invalid format". */
const char *push_run_name_error(const push_run *r, const zou_job *job, const char *name,
                                size_t room);

#endif
