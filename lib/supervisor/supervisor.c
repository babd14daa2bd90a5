#include "supervisor/supervisor.h"

#include "base/clock.h"
#include "supervisor/child.h"
#include "supervisor/lease_keeper.h"
#include "supervisor/log.h"
#include "supervisor/schedule.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sysexits.h>
#include <unistd.h>

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
/* How long our last words may take to be written. */
#define LOG_SECONDS 1

typedef enum state {
    LEASE,   /* waits for the lease */
    RUN,     /* a full synchronisation, or what else comes to its end, runs */
    LISTEN,  /* the listening pipeline runs */
    END,     /* the pipeline is being ended, to go on */
    PAUSE,   /* waits a while after a failure */
    STOP,    /* a signal ends us: the pipeline is being ended */
    RELEASE, /* the lease is given back */
    DONE,
    STATES
} state;

typedef enum event {
    LEASE_HELD,  /* op-lease has the lease */
    LEASE_ENDED, /* op-lease has ended */
    STAGE_ENDED, /* a stage has, others go on */
    ALL_ENDED,   /* the last stage has */
    TIMER,       /* the time that was set is over */
    HUP,         /* SIGHUP to a service */
    SIGNAL,      /* SIGINT, SIGTERM, or the terminal is gone */
    EVENTS
} event;

typedef struct supervisor {
    supervision *what; /* borrowed */
    state state;
    schedule schedule;
    lease_keeper keeper;
    pipeline *current;   /* the one that runs, or ran last; NULL at first */
    struct pollfd *fds;  /* owned: room for all that is waited for */
    int signals, timer;  /* signalfd, timerfd */
    const char *full;    /* why a full synchronisation is wanted; NULL: it is not */
    const char *why;     /* of the one that runs */
    const char *due_why; /* of the one that is due next */
    double began;        /* of the pipeline that runs, by clock_now */
    int step;            /* of ending: how often the time was over */
    int start_error;     /* errno, if the pipeline could not be started; else 0 */
    bool hup;            /* SIGHUP came, and is not heeded yet */
    bool had_to_end;     /* the listening pipeline was ended for something else */
    bool from_now;       /* the next listener begins at the log's present end */
    bool missed;         /* events were, once */
    bool lost;           /* the lease was, which has been said */
    bool well;           /* something went well before */
    bool has_terminal;   /* our stderr is one */
    buf error;           /* the last trouble; empty: none */
    int stopped_by;      /* the signal that ends us; 0: none */
    int status;          /* our exit status */
} supervisor;

static void proceed(supervisor *s);
static void fire(supervisor *s, event e);

/* ---- time ----------------------------------------------------------------- */

/* TIMER after so many seconds; INFINITY: never. */
static void set_timer(supervisor *s, double seconds)
{
    struct itimerspec t = {0};
    if (isfinite(seconds)) {
        double wait = fmax(seconds, 1e-6);
        t.it_value.tv_sec = (time_t)wait;
        t.it_value.tv_nsec = (long)((wait - floor(wait)) * 1e9);
    }
    timerfd_settime(s->timer, 0, &t, NULL);
}

/* A time to end. */
static void set_limit(supervisor *s, double seconds)
{
    set_timer(s, seconds * s->what->scale);
}

static double dice(void)
{
    uint16_t number = 0;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
        number = 0;
    return number / (double)UINT16_MAX;
}

/* ---- what it tells -------------------------------------------------------- */

static void note(supervisor *s, note_key key, const char *text)
{
    if (!s->what->once)
        lease_keeper_note(&s->keeper, key, text);
}

/* What came of a full synchronisation. */
static void note_full(supervisor *s, const char *what, int status)
{
    char text[64];
    snprintf(text, sizeof text, "%s with status %d", what, status);
    note(s, NOTE_FULL, text);
}

static void set_error(supervisor *s, const char *text)
{
    buf_clear(&s->error);
    buf_adds(&s->error, text);
    note(s, NOTE_ERROR, text);
}

static bool wants_lease(const supervisor *s)
{
    return s->what->lease != NULL;
}

static bool lost_lease(const supervisor *s)
{
    return wants_lease(s) && !lease_keeper_holds(&s->keeper);
}

/* ---- the end -------------------------------------------------------------- */

/* Give back the lease, and end. */
static void release(supervisor *s)
{
    lease_keeper_close(&s->keeper);
    s->state = s->keeper.pid ? RELEASE : DONE;
    s->step = 0;
    set_limit(s, LEASE_SECONDS);
}

static void end_with(supervisor *s, int status)
{
    s->status = status;
    release(s);
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
    set_limit(s, LEASE_SECONDS);
}

static void release_at_once(supervisor *s)
{
    s->step = 2;
    lease_keeper_kill(&s->keeper, SIGKILL);
}

/* ---- trouble -------------------------------------------------------------- */

/* Retrying does not fix wrong options, credentials or settings. But where all was
 * well before, a password may have been changed, or a Kitsu is installed anew. */
static bool is_hopeless(const supervisor *s, int status)
{
    return !s->well && (status == EX_USAGE || status == EX_NOPERM || status == EX_CONFIG);
}

/* False: it ends the service. */
static bool take_trouble(supervisor *s, int status, const char *text)
{
    set_error(s, text);
    if (!is_hopeless(s, status))
        return true;
    log_say("giving up: retrying cannot fix this");
    end_with(s, status);
    return false;
}

/* Wait a while, unless there is something to do. */
static void pause_a_while(supervisor *s)
{
    if (s->hup) {
        proceed(s);
        return;
    }
    double seconds = schedule_pause(&s->schedule, dice());
    log_info("retrying in %.1f s", seconds);
    note(s, NOTE_STATE, "waiting");
    s->state = PAUSE;
    set_timer(s, seconds);
}

/* ---- the lease ------------------------------------------------------------ */

static void lease_refused(supervisor *s)
{
    static const char what_to_do[] =
        "if that is a service, end it, and start it again afterwards: it will miss nothing "
        "(see sync-status)";
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
    set_timer(s, INFINITY);
    if (lease_keeper_start(&s->keeper, !s->what->once))
        return;
    log_say("cannot start op-lease: %s", strerror(errno));
    s->keeper.status = EX_OSERR;
    lease_refused(s);
}

static void lease_acquired(supervisor *s)
{
    char process[16];
    if (s->lost)
        log_say("lease acquired again");
    else
        log_info("lease acquired");
    s->lost = false;
    snprintf(process, sizeof process, "%d", (int)getpid());
    note(s, NOTE_PROCESS, process);
    if (s->error.len)
        note(s, NOTE_ERROR, s->error.data);
    proceed(s);
}

static void say_lost(supervisor *s)
{
    log_say("the lease was lost: nothing is written until it is acquired again");
    set_error(s, "the lease was lost");
    s->lost = true;
}

static void lose_lease(supervisor *s)
{
    say_lost(s);
    pause_a_while(s);
}

/* ---- start of a pipeline -------------------------------------------------- */

static void start(supervisor *s, pipeline *p, state to)
{
    p->is_service = !s->what->once;
    p->is_relayed = to == LISTEN || !s->what->once;
    s->current = p;
    s->state = to;
    s->began = clock_now();
    s->start_error = pipeline_start(p) ? 0 : errno;
    if (!s->start_error)
        return;
    log_say("cannot start the pipeline: %s", strerror(s->start_error));
    pipeline_end(p);
    s->state = END;
    s->step = 0;
    set_limit(s, END_HEAD_SECONDS);
    if (!p->running)
        fire(s, ALL_ENDED);
}

static void start_run(supervisor *s)
{
    supervision *what = s->what;
    s->why = s->full;
    s->full = NULL;
    log_info("full synchronisation (%s)", s->why);
    note(s, NOTE_STATE, "synchronising");
    set_timer(s, INFINITY);
    start(s, strcmp(s->why, "reconcile") == 0 && what->reconcile.n ? &what->reconcile : &what->run,
          RUN);
}

static void start_listen(supervisor *s)
{
    supervision *what = s->what;
    pipeline *p = s->from_now && what->from_now.n ? &what->from_now : &what->listen;
    log_info("listening");
    note(s, NOTE_STATE, "listening");
    s->from_now = s->had_to_end = false;
    set_timer(s, s->schedule.due - clock_now());
    start(s, p, LISTEN);
}

static void heed_hup(supervisor *s)
{
    if (s->hup && s->what->run.n)
        s->full = "SIGHUP";
    else if (s->hup)
        log_say("SIGHUP: no full synchronisation with --listen-only");
    s->hup = false;
}

/* Nothing runs: do what is to be done next. */
static void proceed(supervisor *s)
{
    heed_hup(s);
    if (!s->full && clock_now() >= s->schedule.due)
        s->full = s->due_why;
    if (lost_lease(s))
        start_lease(s);
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
    note(s, NOTE_GAP, relay_last(&s->current->stages->said));
}

static void finish_once(supervisor *s, const outcome *o)
{
    bool needed = s->current == &s->what->listen && needs_full(s, o);
    s->status = s->missed && !o->status ? 1 : o->status;
    if (needed && s->what->run.n) {
        s->full = "needed";
        proceed(s);
    } else if (needed && s->what->from_now.n) {
        skip_missed(s);
        proceed(s);
    } else {
        release(s);
    }
}

static void finish_run(supervisor *s, const outcome *o)
{
    if (lost_lease(s)) {
        s->full = s->why;
        lose_lease(s);
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
    proceed(s);
}

static void finish_listen(supervisor *s, const outcome *o)
{
    if (clock_now() - s->began >= schedule_healthy(&s->schedule)) {
        schedule_recover(&s->schedule);
        s->well = true;
    }
    if (lost_lease(s)) {
        lose_lease(s);
    } else if (s->had_to_end || s->hup) {
        proceed(s);
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

static void finish(supervisor *s)
{
    outcome o = pipeline_outcome(s->current);
    if (s->start_error)
        o = (outcome){.status = EX_OSERR};
    if (o.signal)
        log_say("%s was ended by signal %d", o.culprit->name, o.signal);
    if (s->what->once)
        finish_once(s, &o);
    else if (s->current == &s->what->run || s->current == &s->what->reconcile)
        finish_run(s, &o);
    else
        finish_listen(s, &o);
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
    set_limit(s, seconds);
    if (!p->running)
        fire(s, ALL_ENDED);
}

static void end(supervisor *s)
{
    ask_to_end(s, END, END_HEAD_SECONDS);
}

static void kill_all(supervisor *s)
{
    s->step = 2;
    pipeline_kill(s->current, SIGKILL);
    set_limit(s, KILL_SECONDS);
}

/* The time is over: a signal for all, then the last one. */
static void end_harder(supervisor *s)
{
    if (s->step == 0) {
        s->step = 1;
        pipeline_kill(s->current, SIGTERM);
        set_limit(s, s->state == STOP ? STOP_SECONDS : END_SECONDS);
    } else if (s->step == 1) {
        kill_all(s);
    } else {
        pipeline_abandon(s->current);
        fire(s, ALL_ENDED);
    }
}

/* ---- other actions -------------------------------------------------------- */

/* A listener would wait for ever for what another stage does no more; once, until
 * it ends by itself. */
static void listen_broke(supervisor *s)
{
    if (!s->what->once || pipeline_head_runs(s->current))
        end(s);
}

/* What runs to its end finds out by itself. */
static void run_without_lease(supervisor *s)
{
    if (!s->what->once)
        end(s);
}

static void full_is_due(supervisor *s)
{
    s->full = s->due_why;
    s->had_to_end = true;
    end(s);
}

static void hup_later(supervisor *s)
{
    s->hup = true;
}

static void hup_listening(supervisor *s)
{
    s->hup = true;
    end(s);
}

static void hup_now(supervisor *s)
{
    s->hup = true;
    proceed(s);
}

static void stop(supervisor *s)
{
    note(s, NOTE_STATE, "ending");
    ask_to_end(s, STOP, s->what->patience);
}

static void stop_waiting(supervisor *s)
{
    note(s, NOTE_STATE, "ending");
    release(s);
}

/* ---- the table ------------------------------------------------------------ */

typedef void action(supervisor *s);

/* clang-format off */
static action *const actions[STATES][EVENTS] = {
    /*           LEASE_HELD      LEASE_ENDED        STAGE_ENDED   ALL_ENDED  TIMER           HUP            SIGNAL */
    [LEASE]   = {lease_acquired, lease_refused,     NULL,         NULL,      NULL,           hup_later,     stop_waiting},
    [RUN]     = {NULL,           run_without_lease, NULL,         finish,    NULL,           hup_later,     stop},
    [LISTEN]  = {NULL,           run_without_lease, listen_broke, finish,    full_is_due,    hup_listening, stop},
    [END]     = {NULL,           NULL,              NULL,         finish,    end_harder,     hup_later,     stop},
    [PAUSE]   = {NULL,           say_lost,          NULL,         NULL,      proceed,        hup_now,       stop_waiting},
    [STOP]    = {NULL,           NULL,              NULL,         release,   end_harder,     NULL,          kill_all},
    [RELEASE] = {NULL,           done,              NULL,         NULL,      release_harder, NULL,          release_at_once},
};
/* clang-format on */

static void fire(supervisor *s, event e)
{
    action *a = actions[s->state][e];
    if (a)
        a(s);
}

/* ---- signals -------------------------------------------------------------- */

static bool is_ignored(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* What we hear. What was ignored when we were started stays so (nohup, a shell's &). */
static void fill_signals(sigset_t *set)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!is_ignored(numbers[i]))
            sigaddset(set, numbers[i]);
}

void supervisor_block_signals(void)
{
    sigset_t set;
    fill_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
}

/* A service heeds SIGHUP in any case: what starts it ignores it up to here. */
static int open_signals(const supervisor *s)
{
    sigset_t set;
    fill_signals(&set);
    if (!s->what->once) {
        sigaddset(&set, SIGHUP);
        sigprocmask(SIG_BLOCK, &set, NULL);
        signal(SIGHUP, SIG_DFL);
    }
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void supervisor_die(int number)
{
    sigset_t set;
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* A terminal that is closed ends it, as any program. */
static bool is_terminal_gone(const supervisor *s)
{
    return s->has_terminal && !isatty(STDERR_FILENO);
}

/* A second signal ends all at once; but a terminal that is closed may send two. */
static void take_signal(supervisor *s, int number)
{
    if (number == SIGHUP && !s->what->once && !is_terminal_gone(s)) {
        fire(s, HUP);
    } else if (number != SIGHUP || !s->stopped_by) {
        if (!s->stopped_by)
            s->stopped_by = number;
        fire(s, SIGNAL);
    }
}

/* op-lease first: a stage that ends without the lease is not to blame. */
static void reap(supervisor *s)
{
    pipeline *p = s->current;
    bool lease_ended = lease_keeper_reap(&s->keeper);
    if (p)
        pipeline_reap(p);
    if (lease_ended)
        fire(s, LEASE_ENDED);
    p = s->current;
    if (!p || !p->has_new_ends)
        return;
    p->has_new_ends = false;
    fire(s, p->running ? STAGE_ENDED : ALL_ENDED);
}

static void read_signals(supervisor *s)
{
    struct signalfd_siginfo info;
    bool child = false;
    while (s->state != DONE && read(s->signals, &info, sizeof info) == sizeof info)
        if (info.ssi_signo == SIGCHLD)
            child = true;
        else
            take_signal(s, (int)info.ssi_signo);
    if (child && s->state != DONE)
        reap(s);
}

/* ---- the loop ------------------------------------------------------------- */

static void wait_for_something(supervisor *s)
{
    bool relayed = !log_is_full();
    nfds_t n = 0;
    s->fds[n++] = (struct pollfd){.fd = s->signals, .events = POLLIN};
    s->fds[n++] = (struct pollfd){.fd = s->timer, .events = POLLIN};
    if (log_is_waiting())
        s->fds[n++] = (struct pollfd){.fd = STDERR_FILENO, .events = POLLOUT};
    n += lease_keeper_poll(&s->keeper, relayed, s->fds + n);
    if (s->current && relayed)
        n += pipeline_poll(s->current, s->fds + n);
    poll(s->fds, n, -1);
}

/* All of these take what there is, and wait for nothing. */
static void take_all(supervisor *s)
{
    uint64_t times;
    log_write();
    lease_keeper_write(&s->keeper);
    if (!log_is_full()) {
        relay_read(&s->keeper.said);
        if (s->current)
            pipeline_relay(s->current);
    }
    if (lease_keeper_read(&s->keeper))
        fire(s, LEASE_HELD);
    read_signals(s);
    if (s->state != DONE && read(s->timer, &times, sizeof times) == sizeof times)
        fire(s, TIMER);
}

static size_t max_stages(const supervision *what)
{
    const size_t n[] = {what->run.n, what->reconcile.n, what->listen.n, what->from_now.n};
    size_t max = 0;
    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        max = n[i] > max ? n[i] : max;
    return max;
}

/* False: errno says why not. */
static bool prepare(supervisor *s)
{
    supervision *what = s->what;
    double interval = what->once || !what->run.n ? 0 : what->interval;
    schedule_init(&s->schedule, what->unit, interval, clock_now());
    lease_keeper_init(&s->keeper, what->lease);
    s->fds = xmalloc((3 + LEASE_KEEPER_FDS + max_stages(what)) * sizeof *s->fds);
    s->has_terminal = isatty(STDERR_FILENO);
    s->due_why = "reconcile";
    if (what->run.n && !(what->listen.n && (what->resume || what->once)))
        s->full = "start";
    s->signals = open_signals(s);
    s->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    return s->signals >= 0 && s->timer >= 0;
}

static void clean_up(supervisor *s)
{
    log_finish(LOG_SECONDS);
    lease_keeper_free(&s->keeper);
    buf_free(&s->error);
    free(s->fds);
    if (s->signals >= 0)
        close(s->signals);
    if (s->timer >= 0)
        close(s->timer);
}

int supervisor_run(supervision *what, int *ended_by)
{
    supervisor s = {.what = what, .signals = -1, .timer = -1};
    if (prepare(&s)) {
        proceed(&s);
    } else {
        log_say("cannot wait for signals: %s", strerror(errno));
        s.status = EX_OSERR;
        s.state = DONE;
    }
    while (s.state != DONE) {
        wait_for_something(&s);
        take_all(&s);
    }
    *ended_by = s.stopped_by;
    clean_up(&s);
    return s.status;
}
