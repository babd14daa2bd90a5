#include "supervisor/supervisor.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/project_filter.h"
#include "supervisor/log.h"
#include "supervisor/machine.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sysexits.h>
#include <unistd.h>

/* How long our last words may take to be written. */
#define LOG_SECONDS 1
/* A signal that comes sooner after the first is the same one: timeout(1) and terminals
 * signal a process and its group. */
#define AGAIN_SECONDS 1

/* ---- signals -------------------------------------------------------------- */

static bool is_ignored(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* What we hear. What was ignored when we were started stays so (nohup, a shell's &),
 * but for SIGHUP to a service: what starts it ignores it up to here. */
static sigset_t heard;
static bool ignored_hup; /* when we were started */

void supervisor_block_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    sigemptyset(&heard);
    sigaddset(&heard, SIGHUP);
    sigaddset(&heard, SIGCHLD);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!is_ignored(numbers[i]))
            sigaddset(&heard, numbers[i]);
    sigprocmask(SIG_BLOCK, &heard, NULL);
    ignored_hup = is_ignored(SIGHUP);
    signal(SIGHUP, SIG_DFL); /* or one that comes before the loop would be lost */
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
}

static int open_signals(const supervisor *s)
{
    if (s->what->once && ignored_hup) {
        signal(SIGHUP, SIG_IGN);
        sigdelset(&heard, SIGHUP);
    }
    return signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
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

/* A terminal that is closed may send several. */
static void take_signal(supervisor *s, int number)
{
    double now = clock_now();
    if (number == SIGHUP && !s->what->once && !is_terminal_gone(s)) {
        machine_fire(s, HUP);
    } else if (!s->stopped_by) {
        s->stopped_by = number;
        s->stopped_at = now;
        machine_fire(s, SIGNAL);
    } else if (number != SIGHUP && now - s->stopped_at >= AGAIN_SECONDS) {
        machine_fire(s, AGAIN);
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
        machine_fire(s, LEASE_ENDED);
    p = s->current;
    if (!p || !p->has_new_ends)
        return;
    p->has_new_ends = false;
    machine_fire(s, p->running ? STAGE_ENDED : ALL_ENDED);
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

/* Nothing is read that would not fit the log. But what is to end must not wait for who
 * reads our stderr: what it says then may be lost. */
static bool is_relaying(const supervisor *s)
{
    return !log_is_full() || s->state == END || s->state == STOP || s->state == RELEASE;
}

static void wait_for_something(supervisor *s)
{
    bool relayed = is_relaying(s);
    int milliseconds;
    nfds_t n = 0;
    s->fds[n++] = (struct pollfd){.fd = s->signals, .events = POLLIN};
    s->fds[n++] = (struct pollfd){.fd = s->timer, .events = POLLIN};
    n += log_poll(s->fds + n, &milliseconds);
    n += lease_keeper_poll(&s->keeper, relayed, s->fds + n);
    if (s->current && relayed)
        n += pipeline_poll(s->current, s->fds + n);
    poll(s->fds, n, milliseconds);
}

/* All of these take what there is, and wait for nothing. */
static void take_all(supervisor *s)
{
    uint64_t times;
    log_write();
    lease_keeper_write(&s->keeper);
    if (is_relaying(s)) {
        relay_read(&s->keeper.said);
        if (s->current)
            pipeline_relay(s->current);
    }
    switch (lease_keeper_read(&s->keeper)) {
    case KEEPER_HOLDS: machine_fire(s, LEASE_HELD); break;
    case KEEPER_WANTED: machine_fire(s, LEASE_WANTED); break;
    case KEEPER_SILENT: break;
    }
    read_signals(s);
    if (s->state != DONE && read(s->timer, &times, sizeof times) == sizeof times)
        machine_fire(s, TIMER);
}

static size_t max_stages(const supervision *what)
{
    const size_t n[] = {what->run.n, what->reconcile.n, what->listen.n, what->from_now.n};
    size_t max = 0;
    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        max = n[i] > max ? n[i] : max;
    return max;
}

/* Its programs agree on the projects, however these are renamed: the first that finds
 * one tells the others. They have the descriptor: ours are closed to them, as we are not
 * dumpable. */
static int open_project_memory(void)
{
    char path[64];
    int fd = memfd_create("projects", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd >= 0)
        setenv(PROJECT_FILTER_MEMORY, path, 1);
    return fd;
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
    log_open();
    s->due_why = "reconcile";
    if (what->run.n && !(what->listen.n && (what->resume || what->once)))
        s->full = "start";
    s->signals = open_signals(s);
    s->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    s->projects = open_project_memory();
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
    if (s->projects >= 0)
        close(s->projects);
}

int supervisor_run(supervision *what, int *ended_by)
{
    supervisor s = {.what = what, .signals = -1, .timer = -1, .projects = -1};
    if (prepare(&s)) {
        work_proceed(&s);
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
