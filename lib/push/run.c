#include "push/run.h"

#include "base/signals.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

bool push_run_stop(push_run *r)
{
    r->stopped = true;
    return false;
}

bool push_run_hold(push_run *r)
{
    if (ferror(stdout)) {
        error_set(r->e, EX_IOERR, "stdout cannot be written");
        return push_run_stop(r);
    }
    if (!r->context->hold || r->context->hold(r->context->hold_context, r->e))
        return true;
    return push_run_stop(r);
}

typedef struct sending {
    push_run *run;
    push_job_fn *fn;
    arena *answers; /* owned; of one */
} sending;

static bool on_job(void *context, zou_job *job)
{
    sending *s = context;
    if (job) {
        s->fn(s->run, job);
        job->answer = json_null();
        arena_reset(s->answers);
    }
    return push_run_hold(s->run);
}

bool push_run_send(push_run *r, zou_job *jobs, size_t n, push_job_fn *fn)
{
    if (n == 0)
        return true;
    if (!push_run_hold(r))
        return false;
    sending s = {r, fn, arena_new()};
    zou_result result = zou_send_many(r->context->lists.zou, jobs, n, s.answers, on_job, &s, r->e);
    arena_free(s.answers);
    r->kitsu_failed |= result == ZOU_LOST;
    return result == ZOU_OK || push_run_stop(r);
}

bool push_run_check(push_run *r, zou_result result)
{
    r->kitsu_failed |= result != ZOU_OK;
    r->abandoned |= result != ZOU_OK && result != ZOU_LOST;
    return (result == ZOU_OK && push_run_hold(r)) || push_run_stop(r);
}

bool push_run_interrupted(const push_run *r)
{
    return r->stopped && !r->kitsu_failed && signals_caught() && !ferror(stdout);
}

const char *push_run_job_error(const push_run *r, const zou_job *job)
{
    return arena_text(r->arena, job->error.what, strlen(job->error.what));
}

const char *push_run_name_error(const push_run *r, const zou_job *job, const char *name,
                                size_t room)
{
    size_t letters = utf8_characters(name, strlen(name));
    if (letters <= room)
        return push_run_job_error(r, job);
    return arena_printf(r->arena, "its name has %zu characters, and Kitsu has room for %zu: %s",
                        letters, room, job->error.what);
}
