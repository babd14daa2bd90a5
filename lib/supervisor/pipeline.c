#include "supervisor/pipeline.h"

#include "base/mem.h"
#include "supervisor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define KILLED      128                /* and the signal's number */
#define MIN_FATAL   64                 /* <sysexits.h> */
#define BROKEN_PIPE (KILLED + SIGPIPE) /* its reader went away */
#define TEE_FAILED  1                  /* tee(1) could not write */

/* ---- what is known of the suite's programs -------------------------------- */

/* The secrets that a program needs; others need none. */
static unsigned access_of(const stage *s)
{
    static const struct {
        const char *name;
        unsigned secrets;
    } programs[] = {{"kitsu-fetch", SECRET_LOGIN | SECRET_STORE},
                    {"kitsu-listen", SECRET_LOGIN | SECRET_STORE},
                    {"note-rule", SECRET_STORE | SECRET_SETTINGS},
                    {"op-apply", SECRET_STORE},
                    {"op-diff", SECRET_STORE},
                    {"op-dump", SECRET_STORE},
                    {"publish-task", SECRET_LOGIN | SECRET_STORE},
                    {"zou-push", SECRET_LOGIN | SECRET_STORE}};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (strcmp(programs[i].name, s->name) == 0)
            return programs[i].secrets;
    return 0;
}

/* It begins something: it is the first, or writes to Kitsu. */
static bool is_head(const pipeline *p, const stage *s)
{
    return s == p->stages || strcmp(s->name, "zou-push") == 0;
}

/* ---- making --------------------------------------------------------------- */

static bool is_separator(const char *word)
{
    return strcmp(word, "|") == 0;
}

bool pipeline_parse(pipeline *p, char **words, size_t n)
{
    size_t start = 0;
    *p = (pipeline){.stages = xmalloc((n + 1) * sizeof *p->stages)};
    for (size_t i = 0; i <= n; i++) {
        if (i < n && !is_separator(words[i]))
            continue;
        if (i == start)
            return false;
        words[i] = NULL;
        p->stages[p->n++] =
            (stage){.argv = words + start, .name = child_name(words + start), .said.fd = -1};
        start = i + 1;
    }
    return true;
}

void pipeline_free(pipeline *p)
{
    for (size_t i = 0; i < p->n; i++)
        relay_free(&p->stages[i].said);
    free(p->stages);
    *p = (pipeline){0};
}

/* ---- start ---------------------------------------------------------------- */

static void close_open(int fd)
{
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
}

/* `in` and `out` are borrowed; -1: ours. Only the first stage hears Ctrl-C itself, and
 * so does a password command that it waits for: it is the first to be ended anyway. */
static bool start_stage(pipeline *p, stage *s, int in, int out)
{
    unsigned access = access_of(s);
    child_setup setup = {.in = in,
                         .out = out,
                         .err = -1,
                         .ends_with_us = is_head(p, s),
                         .ignores_keys = s != p->stages,
                         .heeds_hup = p->is_service,
                         .keeps = access & SECRET_LOGIN ? p->projects : 0,
                         .has_access = access};
    if (p->is_relayed && !relay_open(&s->said, s->name, &setup.err))
        return false;
    pid_t pid = child_start(s->argv, &setup);
    close_open(setup.err);
    if (pid < 0) {
        relay_close(&s->said);
        return false;
    }
    s->pid = pid;
    p->running++;
    return true;
}

static void forget_last_run(pipeline *p)
{
    p->is_ending = p->has_new_ends = false;
    p->running = 0;
    for (size_t i = 0; i < p->n; i++) {
        stage *s = &p->stages[i];
        s->pid = s->status = 0;
        s->terminated = s->killed = false;
        relay_forget(&s->said);
    }
}

bool pipeline_start(pipeline *p)
{
    int in = -1;
    bool ok = true;
    forget_last_run(p);
    for (size_t i = 0; ok && i < p->n; i++) {
        int ends[2] = {-1, -1};
        if (i + 1 < p->n)
            ok = pipe2(ends, O_CLOEXEC) == 0;
        ok = ok && start_stage(p, &p->stages[i], in, ends[1]);
        close_open(in);
        close_open(ends[1]);
        in = ends[0];
    }
    close_open(in);
    return ok;
}

/* ---- end ------------------------------------------------------------------ */

static void send_signal(stage *s, int number)
{
    if (!s->pid)
        return;
    kill(s->pid, number);
    s->killed |= number == SIGKILL;
    s->terminated |= number == SIGTERM;
}

/* A stage has no fault in a signal of ours. Another's may come just before ours: of a
 * head that was killed, the next stage may have ended first. */
static bool was_ended_by_us(const stage *s)
{
    return (s->terminated && s->status == KILLED + SIGTERM) ||
           (s->killed && s->status == KILLED + SIGKILL);
}

void pipeline_reap(pipeline *p)
{
    for (size_t i = 0; i < p->n; i++) {
        stage *s = &p->stages[i];
        if (!s->pid || !child_has_ended(s->pid, &s->status))
            continue;
        relay_finish(&s->said);
        s->pid = 0;
        p->running--;
        p->has_new_ends = true;
        if (was_ended_by_us(s))
            s->status = 0;
    }
}

void pipeline_end(pipeline *p)
{
    p->is_ending = true;
    for (size_t i = 0; i < p->n; i++)
        if (is_head(p, &p->stages[i]))
            send_signal(&p->stages[i], SIGTERM);
}

void pipeline_kill(pipeline *p, int number)
{
    for (size_t i = 0; i < p->n; i++)
        send_signal(&p->stages[i], number);
}

void pipeline_abandon(pipeline *p)
{
    for (size_t i = 0; i < p->n; i++) {
        relay_finish(&p->stages[i].said);
        p->stages[i].pid = 0;
    }
    p->running = 0;
}

bool pipeline_head_runs(const pipeline *p)
{
    return p->stages[0].pid != 0;
}

/* ---- what the stages say -------------------------------------------------- */

size_t pipeline_poll(const pipeline *p, struct pollfd *fds)
{
    size_t added = 0;
    for (size_t i = 0; i < p->n; i++)
        if (p->stages[i].said.fd >= 0)
            fds[added++] = (struct pollfd){.fd = p->stages[i].said.fd, .events = POLLIN};
    return added;
}

void pipeline_relay(pipeline *p)
{
    for (size_t i = 0; i < p->n; i++)
        relay_read(&p->stages[i].said);
}

/* ---- outcome -------------------------------------------------------------- */

/* The next stage has ended first, which has a reason of its own. Who reads the last
 * one's output is none of ours. */
static bool has_lost_reader(const pipeline *p, const stage *s)
{
    return s->status == BROKEN_PIPE && s != &p->stages[p->n - 1];
}

outcome pipeline_outcome(const pipeline *p)
{
    outcome o = {0};
    for (size_t i = 0; i < p->n; i++) {
        const stage *s = &p->stages[i];
        int status = s->status == TEE_FAILED && strcmp(s->name, "tee") == 0 ? EX_IOERR : s->status;
        if (status >= MIN_FATAL && !has_lost_reader(p, s)) {
            bool killed = status > KILLED;
            return (outcome){.status = killed ? EX_TEMPFAIL : status,
                             .culprit = s,
                             .signal = killed ? status - KILLED : 0};
        }
        if (status)
            o.status = 1;
    }
    return o;
}
