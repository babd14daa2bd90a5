/* The states, the events, and what is done at each: the table `actions` below. */

#include "supervisor/machine.h"

#include <signal.h>
#include <stddef.h>

/* How long a pipeline that broke, or that is to do something else, has to end: its
 * head, then the others. Then they are killed. */
#define END_HEAD_SECONDS 5
#define END_SECONDS      5
/* The same when we are ended; the head has `patience`. */
#define STOP_SECONDS 9
/* How long the kernel has to end what was killed. */
#define KILL_SECONDS 10
/* How long op-lease has to give back the lease, after its input's end and again
 * after SIGTERM. */
#define LEASE_SECONDS 1

/* ---- the end -------------------------------------------------------------- */

/* Give back the lease, and end. */
void machine_release(supervisor *s)
{
    lease_keeper_close(&s->keeper);
    s->state = s->keeper.pid ? RELEASE : DONE;
    s->step = 0;
    machine_set_limit(s, LEASE_SECONDS);
}

void machine_hand_over(supervisor *s)
{
    lease_keeper_hand_over(&s->keeper);
    s->state = HANDOVER;
    s->step = 0;
    machine_set_limit(s, LEASE_SECONDS);
    if (!s->keeper.pid)
        machine_fire(s, LEASE_ENDED);
}

static void done(supervisor *s)
{
    s->state = DONE;
}

static void release_harder(supervisor *s)
{
    static const int numbers[] = {SIGTERM, SIGKILL};
    if (s->step == 2) {
        done(s);
        return;
    }
    lease_keeper_kill(&s->keeper, numbers[s->step++]);
    machine_set_limit(s, LEASE_SECONDS);
}

static void hand_over_harder(supervisor *s)
{
    lease_keeper_kill(&s->keeper, s->step++ ? SIGKILL : SIGTERM);
    machine_set_limit(s, LEASE_SECONDS);
}

static void release_at_once(supervisor *s)
{
    s->step = 2;
    lease_keeper_kill(&s->keeper, SIGKILL);
}

/* ---- ending a pipeline ---------------------------------------------------- */

/* Those that have ended by themselves first: their status is their own. */
static void ask_to_end(supervisor *s, state to, double seconds)
{
    pipeline *p = s->current;
    pipeline_reap(p);
    p->has_new_ends = false;
    if (p->running && !p->is_ending)
        pipeline_end(p);
    s->state = to;
    s->step = 0;
    machine_set_limit(s, seconds);
    if (!p->running)
        machine_fire(s, ALL_ENDED);
}

void machine_end(supervisor *s)
{
    ask_to_end(s, END, END_HEAD_SECONDS);
}

static void kill_all(supervisor *s)
{
    s->step = 2;
    pipeline_kill(s->current, SIGKILL);
    machine_set_limit(s, KILL_SECONDS);
}

/* The time is over: a signal for all, then the last one. */
static void end_harder(supervisor *s)
{
    if (s->step == 0) {
        s->step = 1;
        pipeline_kill(s->current, SIGTERM);
        machine_set_limit(s, s->state == STOP ? STOP_SECONDS : END_SECONDS);
    } else if (s->step == 1) {
        kill_all(s);
    } else {
        pipeline_abandon(s->current);
        machine_fire(s, ALL_ENDED);
    }
}

/* ---- other actions -------------------------------------------------------- */

/* A listener would wait for ever for what another stage does no more; once, until
 * it ends by itself. */
static void listen_broke(supervisor *s)
{
    if (!s->what->once || pipeline_head_runs(s->current))
        machine_end(s);
}

/* What runs to its end finds out by itself. */
static void run_without_lease(supervisor *s)
{
    if (!s->what->once)
        machine_end(s);
}

static void full_is_due(supervisor *s)
{
    s->full = s->due_why;
    s->had_to_end = true;
    machine_end(s);
}

/* Another program wants the lease: what runs to its end keeps it. */
static void end_to_hand_over(supervisor *s)
{
    if (s->what->once)
        return;
    s->is_wanted = true;
    machine_end(s);
}

static void hand_over_later(supervisor *s)
{
    s->is_wanted = !s->what->once;
}

static void hand_over_now(supervisor *s)
{
    s->is_wanted = true;
    work_hand_over(s);
}

static void hup_later(supervisor *s)
{
    s->hup = true;
}

static void hup_listening(supervisor *s)
{
    s->hup = true;
    machine_end(s);
}

static void hup_now(supervisor *s)
{
    s->hup = true;
    work_proceed(s);
}

static void stop(supervisor *s)
{
    machine_note(s, NOTE_STATE, "ending");
    ask_to_end(s, STOP, s->what->patience);
}

static void stop_waiting(supervisor *s)
{
    machine_note(s, NOTE_STATE, "ending");
    machine_release(s);
}

/* ---- the table ------------------------------------------------------------ */

typedef void action(supervisor *s);

/* What is not here is ignored. */
static action *const actions[STATES][EVENTS] = {
    [LEASE] =
        {
            [LEASE_HELD] = work_lease_acquired,
            [LEASE_ENDED] = work_lease_refused,
            [HUP] = hup_later,
            [SIGNAL] = stop_waiting,
        },
    [RUN] =
        {
            [ALL_ENDED] = work_finish,
            [LEASE_ENDED] = run_without_lease,
            [LEASE_WANTED] = end_to_hand_over,
            [HUP] = hup_later,
            [SIGNAL] = stop,
        },
    [LISTEN] =
        {
            [STAGE_ENDED] = listen_broke,
            [ALL_ENDED] = work_finish,
            [LEASE_ENDED] = run_without_lease,
            [LEASE_WANTED] = end_to_hand_over,
            [TIMER] = full_is_due,
            [HUP] = hup_listening,
            [SIGNAL] = stop,
        },
    [END] =
        {
            [ALL_ENDED] = work_finish,
            [LEASE_WANTED] = hand_over_later,
            [TIMER] = end_harder,
            [HUP] = hup_later,
            [SIGNAL] = stop,
        },
    [PAUSE] =
        {
            [LEASE_ENDED] = work_say_lease_lost,
            [LEASE_WANTED] = hand_over_now,
            [TIMER] = work_proceed,
            [HUP] = hup_now,
            [SIGNAL] = stop_waiting,
        },
    [HANDOVER] =
        {
            [LEASE_ENDED] = work_take_back,
            [TIMER] = hand_over_harder,
            [HUP] = hup_later,
            [SIGNAL] = stop_waiting,
        },
    [STOP] =
        {
            [ALL_ENDED] = machine_release,
            [TIMER] = end_harder,
            [AGAIN] = kill_all,
        },
    [RELEASE] =
        {
            [LEASE_ENDED] = done,
            [TIMER] = release_harder,
            [AGAIN] = release_at_once,
        },
};

void machine_fire(supervisor *s, event e)
{
    action *a = actions[s->state][e];
    if (a)
        a(s);
}
