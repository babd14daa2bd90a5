/* op-lease - be the only writer of a store, for others.
 *
 * A service starts it, waits for the line on its stdout, and hands that down in
 * OP_LEASE. The lease lasts as long as stdin does, so that nothing is held for a
 * service that has exited. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "base/signals.h"
#include "store/lease.h"
#include "store/service_status.h"
#include "store/store_option.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#define STORE_SECONDS 2     /* how long to wait in one try for a file that is locked */
#define MAX_EARLY     65536 /* bytes of notes while the store is away: more than a service has */

typedef struct holder {
    store *store;
    lease *lease;
    service_status *service_status; /* NULL until the store is there */
    buf early;                      /* notes from before */
    bool is_service, wants;         /* whose it is; it wants the lease while it waits */
    bool told;                      /* that another waits, which was said */
    bool away;                      /* the store is, which was reported */
} holder;

/* ---- stdin -------------------------------------------------------------- */

/* Take what comes within so many seconds. False: the end. */
static bool listen_for(holder *h, double seconds)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    char bytes[4096];
    if (poll(&p, 1, seconds > 0 ? (int)ceil(seconds * 1000) : 0) <= 0)
        return true; /* nothing, or a signal, after which there will be */
    ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    if (got > 0 && h->service_status)
        service_status_feed(h->service_status, bytes, (size_t)got);
    else if (got > 0 && h->early.len + (size_t)got <= MAX_EARLY)
        buf_add(&h->early, bytes, (size_t)got);
    return got > 0 || (got < 0 && errno == EINTR);
}

/* ---- waiting ------------------------------------------------------------ */

static void warn_once(holder *h, const error *e, double seconds)
{
    if (!h->away)
        msg_warn("%s; retrying in %g s", e->what, seconds);
    h->away = true;
}

/* Whether a store that failed so may come back. */
static bool is_passing(const error *e)
{
    return e->status == EX_TEMPFAIL || e->status == EX_UNAVAILABLE;
}

/* Wait for the next try. False: there is none: `until` or stdin's end has come. */
static bool wait_to_retry(holder *h, double until)
{
    double now = clock_now(), next = fmin(now + lease_retry(), until);
    bool go_on = next > now;
    for (; go_on && now < next; now = clock_now())
        go_on = listen_for(h, next - now);
    return go_on;
}

/* Until the store is there. False: `*e` says why it is not. */
static bool open_store(holder *h, const char *url, double until, error *e)
{
    while (!(h->store = store_open(url, STORE_WRITE, STORE_SECONDS, e))) {
        if (!is_passing(e) || clock_now() >= until)
            return false;
        warn_once(h, e, lease_retry());
        if (!wait_to_retry(h, until))
            return false;
    }
    return true;
}

/* Until the lease is held. 0, or the exit status. */
static int wait_for_lease(holder *h, double until)
{
    bool waited = false;
    for (;;) {
        error e = {0};
        lease_outcome outcome = lease_hold_alone(h->lease, &e);
        if (outcome == LEASE_HELD)
            break;
        if (outcome == LEASE_OTHERS && !waited && clock_now() < until) {
            msg_warn("%s; waiting for it", e.what);
            waited = true;
        }
        if (outcome == LEASE_FAILED && is_passing(&e) && clock_now() < until)
            warn_once(h, &e, lease_retry());
        error unused; /* the next try tells of it */
        if (outcome == LEASE_OTHERS && h->wants && clock_now() < until)
            lease_want(h->lease, h->is_service, &unused);
        if ((outcome != LEASE_OTHERS && !is_passing(&e)) || !wait_to_retry(h, until)) {
            if (!waited || clock_now() >= until) /* else it is not wanted any more */
                msg_error("%s", e.what);
            return e.status;
        }
    }
    if (waited)
        msg_warn("%s: lease acquired", store_name(h->store));
    else if (h->away)
        msg_warn("%s is back", store_name(h->store));
    h->away = false;
    return EX_OK;
}

/* ---- holding ------------------------------------------------------------ */

/* A server that neither answers nor breaks the connection: better no lease
 * than one whose end goes unnoticed. */
static void give_up(int number)
{
    static const char text[] = "op-lease: the store does not answer: lease lost\n";
    (void)number;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(EX_IOERR);
    _exit(EX_TEMPFAIL);
}

/* Before a call of the store's: it ends a little later than when renew would
 * notice by itself. No program takes the lease while the file is locked. */
static void watch(const holder *h)
{
    double left = lease_deadline(h->lease) + lease_margin() / 10 - clock_now();
    double seconds = fmax(left, lease_margin() / 2);
    struct itimerval t = {0};
    t.it_value.tv_sec = (time_t)seconds;
    t.it_value.tv_usec = (suseconds_t)((seconds - floor(seconds)) * 1e6) + 1;
    if (!store_atomic(h->store))
        setitimer(ITIMER_REAL, &t, NULL);
}

static void unwatch(void)
{
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
}

static lease_outcome hold_watched(holder *h, error *e)
{
    watch(h);
    lease_outcome outcome = lease_hold_alone(h->lease, e);
    unwatch();
    return outcome;
}

static bool keep_watched(holder *h, error *e)
{
    watch(h);
    bool ok = service_status_store(h->service_status, e);
    unwatch();
    return ok;
}

/* Another waits for it: who has started us may hand over. Whether that reads it is not our
 * matter. */
static void tell_wanted(holder *h)
{
    static const char line[] = "wanted\n";
    if (h->told || !lease_is_wanted(h->lease))
        return;
    h->told = true;
    if (write(STDOUT_FILENO, line, sizeof line - 1) < 0)
        msg_info("another program waits for the lease");
}

/* 0: it is held, or may be yet. Else the exit status. */
static int renew(holder *h)
{
    error e = {0};
    switch (hold_watched(h, &e)) {
    case LEASE_HELD:
        if (h->away)
            msg_warn("%s is back", store_name(h->store));
        h->away = false;
        tell_wanted(h);
        return EX_OK;
    case LEASE_FAILED: break;
    default: msg_error("%s", e.what); return EX_TEMPFAIL;
    }
    bool locked = store_atomic(h->store) && e.status == EX_TEMPFAIL;
    if (!locked && clock_now() >= lease_deadline(h->lease)) {
        msg_error("%s: lease lost: it could not be renewed in time", e.what);
        return EX_TEMPFAIL;
    }
    warn_once(h, &e, lease_retry() / 2);
    return EX_OK;
}

/* Whether the process that started us is stopped (Ctrl-Z): who does nothing may not
 * keep others from writing. Its stdin to us is open all the same. See proc(5). */
static bool is_parent_stopped(void)
{
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)getppid());
    FILE *f = fopen(path, "re");
    size_t len = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[len] = '\0';
    if (f)
        fclose(f);
    const char *name_end = strrchr(text, ')');
    return name_end && strncmp(name_end, ") T", 3) == 0;
}

/* Until stdin's end. 0, or the exit status. */
static int hold(holder *h)
{
    double next = clock_now() + lease_renewal();
    bool go_on = true;
    while (go_on) {
        double now = clock_now(), due = h->away ? -1 : service_status_due(h->service_status);
        if (now >= next && is_parent_stopped()) {
            next = now + lease_retry() / 2;
        } else if (now >= next) {
            int status = renew(h);
            if (status)
                return status;
            next = clock_now() + (h->away ? lease_retry() / 2 : lease_renewal());
        } else if (due == 0) {
            error e;
            if (!keep_watched(h, &e))
                next = now; /* see whether it is the store, or the lease */
        } else {
            go_on = listen_for(h, due > 0 ? fmin(due, next - now) : next - now);
        }
    }
    return EX_OK;
}

static int give_back(holder *h)
{
    error e = {0};
    watch(h);
    bool ok = (service_status_due(h->service_status) < 0 ||
               service_status_store(h->service_status, &e)) &&
              lease_give_back(h->lease, &e);
    unwatch();
    if (ok)
        return EX_OK;
    msg_error("%s", e.what);
    return e.status;
}

/* ---- main --------------------------------------------------------------- */

static bool keep_to(const store *s, error *e)
{
    program_needs n = {0};
    store_needs(s, &n);
    needs_read(&n, "/proc"); /* for is_parent_stopped */
    return confine(&n, e);
}

static int run(const char *url, double wait)
{
    error e = {0};
    /* A service in reserve waits for ever, and wants no turn of its own. */
    bool again = getenv(LEASE_AGAIN) != NULL;
    holder h = {.is_service = again, .wants = again || !isinf(wait)};
    double until = clock_now() + wait;
    if (!open_store(&h, url, until, &e) || !keep_to(h.store, &e)) {
        msg_error("%s", e.what);
        store_close(h.store);
        buf_free(&h.early);
        return e.status;
    }
    h.lease = lease_new(h.store);
    h.service_status = service_status_new(h.store, h.lease);
    service_status_feed(h.service_status, h.early.data, h.early.len);
    signal(SIGALRM, give_up);
    signal(SIGPIPE, SIG_IGN);
    int status = wait_for_lease(&h, until);
    if (status == EX_OK) {
        output_printf("%s\n", lease_text(h.lease));
        output_flush();
        if (!ferror(stdout)) /* else output_close says so */
            status = hold(&h);
        if (status == EX_OK)
            status = give_back(&h);
    }
    service_status_free(h.service_status);
    lease_free(h.lease);
    store_close(h.store);
    buf_free(&h.early);
    return status;
}

int main(int argc, char **argv)
{
    static const program_help help = {
        .usage = "op-lease [OPTION]... < notes > OWNER:TERM",
        .about = "Hold the lease of OpenPype's database until the end of standard input: no other\n"
                 "program of the suite writes to it meanwhile. The lines of standard input are\n"
                 "notes for sync-status.",
        .exit_status = "0 done, 75 the lease is another's or was lost, 64 to 78 see opkitsu(7)."};
    const char *url = NULL;
    unsigned wait = UINT_MAX;
    const option_def defs[] = {
        store_option(&url),
        {.name = "wait",
         .value = "SECONDS",
         .help = "how long to wait for another holder, or for the store\n(default: forever)",
         .seconds = &wait},
        {0}};
    program_start("op-lease");
    options_read(&help, defs, argc, argv);
    signals_end_input();
    return output_close(run(url, wait == UINT_MAX ? (double)INFINITY : (double)wait));
}
