/* What is to be done next: the lease, a full synchronisation, listening, waiting. */

#include "base/clock.h"
#include "supervisor/log.h"
#include "supervisor/machine.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <unistd.h>

/* ---- trouble -------------------------------------------------------------- */

/* Retrying does not fix wrong options, credentials or settings. But where all was
 * well before, a password may have been changed, or a Kitsu is installed anew. */
static bool is_hopeless(const supervisor *s, int status)
{
    return !s->well && (status == EX_USAGE || status == EX_NOPERM || status == EX_CONFIG);
}

/* What came of a full synchronisation. */
static void note_full(supervisor *s, const char *what, int status)
{
    char text[64];
    snprintf(text, sizeof text, "%s with status %d", what, status);
    machine_note(s, NOTE_FULL, text);
}

static void end_with(supervisor *s, int status)
{
    s->status = status;
    machine_release(s);
}

/* False: it ends the service. */
static bool take_trouble(supervisor *s, int status, const char *text)
{
    machine_set_error(s, text);
    if (!is_hopeless(s, status))
        return true;
    log_say("giving up: retrying cannot fix this");
    end_with(s, status);
    return false;
}

static double dice(void)
{
    uint16_t number = 0;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
        number = 0;
    return number / (double)UINT16_MAX;
}

static void pause_for(supervisor *s, double seconds)
{
    machine_note(s, NOTE_STATE, "waiting");
    s->state = PAUSE;
    machine_set_timer(s, seconds);
}

/* Wait a while, unless there is something to do. */
static void pause_a_while(supervisor *s)
{
    if (s->hup) {
        work_proceed(s);
        return;
    }
    double seconds = schedule_pause(&s->schedule, dice());
    log_info("retrying in %.1f s", seconds);
    pause_for(s, seconds);
}

/* ---- the lease ------------------------------------------------------------ */

static bool wants_lease(const supervisor *s)
{
    return s->what->lease != NULL;
}

static bool lost_lease(const supervisor *s)
{
    return wants_lease(s) && !lease_keeper_holds(&s->keeper);
}

void work_lease_refused(supervisor *s)
{
    static const char what_to_do[] =
        "a service hands it over within seconds, another push when it has ended: see sync-status, "
        "or wait longer with --wait";
    char text[64];
    int status = s->keeper.status > 128 ? EX_TEMPFAIL : s->keeper.status;
    snprintf(text, sizeof text, "op-lease ended with status %d", s->keeper.status);
    const char *last = relay_last(&s->keeper.said);
    if (!s->what->once) {
        if (take_trouble(s, status, last ? last : text))
            pause_a_while(s);
        return;
    }
    if (s->keeper.status == EX_TEMPFAIL)
        log_say("%s", what_to_do);
    end_with(s, status ? status : EX_TEMPFAIL);
}

static void start_lease(supervisor *s)
{
    log_info("waiting for the lease of the store");
    s->state = LEASE;
    machine_set_timer(s, INFINITY);
    if (lease_keeper_start(&s->keeper, !s->what->once))
        return;
    log_say("cannot start op-lease: %s", strerror(errno));
    s->keeper.status = EX_OSERR;
    work_lease_refused(s);
}

void work_lease_acquired(supervisor *s)
{
    char process[16];
    if (s->lost)
        log_say("lease acquired again");
    else
        log_info("lease acquired");
    s->lost = false;
    snprintf(process, sizeof process, "%d", (int)getpid());
    machine_note(s, NOTE_PROCESS, process);
    if (s->error.len)
        machine_note(s, NOTE_ERROR, s->error.data);
    work_proceed(s);
}

void work_say_lease_lost(supervisor *s)
{
    log_say("the lease was lost: nothing is written until it is acquired again");
    machine_set_error(s, "the lease was lost");
    s->lost = true;
}

static void lose_lease(supervisor *s)
{
    work_say_lease_lost(s);
    pause_a_while(s);
}

/* ---- handing it over --------------------------------------------------------- */

void work_hand_over(supervisor *s)
{
    log_say("another program waits for the lease: it gets it, and we go on afterwards");
    machine_note(s, NOTE_STATE, "waiting");
    s->is_wanted = false;
    s->lost = true; /* so that its return is said */
    machine_hand_over(s);
}

/* It waits for the other program. */
void work_take_back(supervisor *s)
{
    start_lease(s);
}

/* ---- start of a pipeline -------------------------------------------------- */

static void start(supervisor *s, pipeline *p, state to)
{
    p->projects = s->projects < 0 ? 0 : s->projects;
    p->is_service = !s->what->once;
    p->is_relayed = to == LISTEN || !s->what->once;
    s->current = p;
    s->state = to;
    s->began = clock_now();
    s->start_error = pipeline_start(p) ? 0 : errno;
    if (!s->start_error)
        return;
    log_say("cannot start the pipeline: %s", strerror(s->start_error));
    machine_end(s);
}

static void start_run(supervisor *s)
{
    supervision *what = s->what;
    s->why = s->full;
    s->full = NULL;
    log_info("full synchronisation (%s)", s->why);
    machine_note(s, NOTE_STATE, "synchronising");
    machine_set_timer(s, INFINITY);
    start(s, strcmp(s->why, "reconcile") == 0 && what->reconcile.n ? &what->reconcile : &what->run,
          RUN);
}

static void start_listen(supervisor *s)
{
    supervision *what = s->what;
    pipeline *p = s->from_now && what->from_now.n ? &what->from_now : &what->listen;
    log_info("listening");
    machine_note(s, NOTE_STATE, "listening");
    s->from_now = s->had_to_end = false;
    machine_set_timer(s, s->schedule.due - clock_now());
    start(s, p, LISTEN);
}

static void heed_hup(supervisor *s)
{
    if (s->hup && s->what->run.n) {
        s->full = "SIGHUP";
        schedule_full_now(&s->schedule);
    } else if (s->hup) {
        log_say("SIGHUP: no full synchronisation with --listen-only");
    }
    s->hup = false;
}

/* Nothing runs: do what is to be done next. */
void work_proceed(supervisor *s)
{
    heed_hup(s);
    if (!s->full && clock_now() >= s->schedule.due)
        s->full = s->due_why;
    double wait = schedule_full_wait(&s->schedule, clock_now());
    if (lost_lease(s))
        start_lease(s);
    else if (s->is_wanted)
        work_hand_over(s);
    else if (s->full && wait > 0) /* in pieces: the lease may be lost meanwhile */
        pause_for(s, fmin(wait, schedule_longest(&s->schedule)));
    else if (s->full)
        start_run(s);
    else
        start_listen(s);
}

/* ---- end of a pipeline ---------------------------------------------------- */

/* Who is to blame, in the stage's own words, if it had any. Where none has failed it
 * is the head that ended, as when Kitsu has none of the projects. */
static void describe(const supervisor *s, const outcome *o, buf *text)
{
    const stage *culprit = o->culprit ? o->culprit : s->current->stages;
    const char *last = relay_last(&culprit->said);
    if (s->start_error)
        buf_addf(text, "cannot start the pipeline: %s", strerror(s->start_error));
    else if (o->signal)
        buf_addf(text, "%s was ended by signal %d", culprit->name, o->signal);
    else if (last)
        buf_adds(text, last);
    else
        buf_addf(text, "%s ended with status %d", culprit->name, o->status);
}

/* False: it ends the service. */
static bool blame(supervisor *s, const outcome *o)
{
    buf text = {0};
    describe(s, o, &text);
    bool goes_on = take_trouble(s, o->status, text.data);
    buf_free(&text);
    return goes_on;
}

/* Whether Kitsu's log of events does not reach back to where listening ended. */
static bool needs_full(const supervisor *s, const outcome *o)
{
    static const char needed[] = ": full sync needed";
    const stage *head = s->current->stages;
    const char *last = relay_last(&head->said);
    return o->culprit == head && o->status == EX_TEMPFAIL && last &&
           strncmp(last + strlen(head->name), needed, strlen(needed)) == 0;
}

/* Without full synchronisations the next listener begins at the log's present end. */
static void skip_missed(supervisor *s)
{
    log_say("--listen-only: what happened in Kitsu before now is not followed; "
            "a full synchronisation would bring it");
    s->from_now = s->missed = true;
    machine_note(s, NOTE_GAP, relay_last(&s->current->stages->said));
}

static void finish_once(supervisor *s, const outcome *o)
{
    bool needed = s->current == &s->what->listen && needs_full(s, o);
    s->status = s->missed && !o->status ? 1 : o->status;
    if (needed && s->what->run.n) {
        s->full = "needed";
        work_proceed(s);
    } else if (needed && s->what->from_now.n) {
        skip_missed(s);
        work_proceed(s);
    } else {
        machine_release(s);
    }
}

static void finish_run(supervisor *s, const outcome *o)
{
    if (lost_lease(s)) {
        s->full = s->why;
        lose_lease(s);
        return;
    }
    if (s->is_wanted && s->current->is_ending) {
        s->full = s->why; /* it was cut short: what is left is made afterwards */
        work_hand_over(s);
        return;
    }
    if (o->status >= EX__BASE) {
        double wait = schedule_full_failed(&s->schedule, clock_now());
        s->due_why = s->why;
        note_full(s, "failed", o->status);
        if (!is_hopeless(s, o->status))
            log_say("the full synchronisation failed; retrying in %.0f s", wait);
        if (!blame(s, o))
            return;
    } else {
        schedule_full_done(&s->schedule, clock_now());
        s->due_why = "reconcile";
        s->well = true;
        note_full(s, "ended", o->status);
    }
    work_proceed(s);
}

static void finish_listen(supervisor *s, const outcome *o)
{
    if (clock_now() - s->began >= schedule_healthy(&s->schedule)) {
        schedule_recover(&s->schedule);
        s->well = true;
    }
    if (lost_lease(s)) {
        lose_lease(s);
    } else if (s->is_wanted) {
        work_hand_over(s);
    } else if (s->had_to_end || s->hup) {
        work_proceed(s);
    } else if (!needs_full(s, o)) {
        if (blame(s, o))
            pause_a_while(s);
    } else {
        if (s->what->run.n)
            s->full = "needed";
        else
            skip_missed(s);
        pause_a_while(s);
    }
}

/* Our own output went to who has read enough (`| head`): end as any filter does. */
static bool has_lost_reader(const supervisor *s, const outcome *o)
{
    return s->what->once && o->signal == SIGPIPE;
}

void work_finish(supervisor *s)
{
    outcome o = pipeline_outcome(s->current);
    if (s->start_error)
        o = (outcome){.status = EX_OSERR};
    if (has_lost_reader(s, &o)) {
        s->stopped_by = SIGPIPE;
        machine_release(s);
        return;
    }
    if (o.signal)
        log_say("%s was ended by signal %d", o.culprit->name, o.signal);
    if (s->what->once)
        finish_once(s, &o);
    else if (s->current == &s->what->run || s->current == &s->what->reconcile)
        finish_run(s, &o);
    else
        finish_listen(s, &o);
}
