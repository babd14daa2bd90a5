#include "listen/listener.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"
#include "listen/arrival.h"
#include "listen/downstream.h"
#include "listen/outgoing_batch.h"
#include "listen/retry.h"
#include "listen/unlogged.h"
#include "net/sio.h"

#include <math.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define SOCKETLESS_SECONDS 2.0  /* between two readings of the log while the socket is silent, */
#define SAFETY_SECONDS     60.0 /* and while it works */
#define HEARTBEAT_SECONDS  60.0
#define LOOK_SECONDS       60.0 /* between two looks for projects that nobody has yet */
#define KIND_SECONDS       1.0  /* between two readings for what is thought to be never logged */

#define TICK_SECONDS 0.25 /* until a batch that may not begin is tried again */

/* What a batch has before its Checkpoint. */
typedef enum batch_kind {
    NO_BATCH,  /* nothing to write */
    HEARTBEAT, /* nothing: the Checkpoint says that all is well */
    SYNCS,     /* requests for the full reads that the backlog wants */
    EVENTS,    /* the same, if any, and events of the log or messages of the socket */
    SYNC_ALL   /* a request for a full read of everything, and messages, if any */
} batch_kind;

struct listener {
    const listener_options *o;
    sio *socket;        /* owned, as the next three */
    unlogged *unlogged; /* messages that the log has not shown yet */
    event_log *log;     /* NULL: it may not be read */
    arena *arena;       /* of what is written */

    bool read_now;       /* the log is to be read at once, */
    bool unlogged_kind;  /* or within KIND_SECONDS */
    bool renew, renewed; /* the socket does not accept the token */
    bool socket_warned;  /* the user has been warned that it does not work */
    retry retry;
    double read_at, read_seconds, wrote_at;
    arrival arrival;
    double syncs_from; /* by clock_now: no full read is requested before */
    double heartbeat;  /* seconds between two */
    double socketless; /* seconds between two readings without the socket */
    double look_at;    /* by clock_now: when missing projects are looked for, */
    double look;       /* and how many seconds later again */
    json found;        /* array of ids of those that were found, without a backlog */

    /* Where only the socket brings events: */
    messages messages;
    bool sync_all;      /* a full read of everything is to be requested, */
    double sync_all_at; /* and was; 0: never */
};

/* ---- what the socket says ------------------------------------------------- */

static void socket_joined(listener *l)
{
    if (l->socket_warned)
        msg_warn("%s: the socket is back", zou_server(l->o->zou));
    else
        msg_info("%s: connected to the socket", zou_server(l->o->zou));
    l->socket_warned = l->renewed = false;
    l->read_now = true; /* what happened meanwhile */
    l->sync_all = !l->log;
    unlogged_forget(l->unlogged);
}

static void socket_lost(listener *l, const char *why)
{
    if (!l->socket_warned)
        msg_warn("%s; %s", why,
                 l->log ? "reading the log every 2 seconds meanwhile"
                        : "no events arrive without it");
    else
        msg_info("%s", why);
    l->socket_warned = true;
}

static void take_message(listener *l, const char *name, const json *data)
{
    if (msg_level() >= 2)
        msg_info("socket: %s", name);
    if (!l->log)
        l->sync_all |= !messages_add(&l->messages, &l->o->scope->projects, name, data);
    else if (unlogged_add(l->unlogged, name, data))
        l->read_now = true;
    else
        l->unlogged_kind = true;
}

static void on_socket(void *context, sio_event what, const char *text, const json *data)
{
    listener *l = context;
    switch (what) {
    case SIO_JOINED: socket_joined(l); break;
    case SIO_MESSAGE: take_message(l, text, data); break;
    case SIO_PING: l->read_now = true; break;
    case SIO_DENIED:
        l->renew = true;
        socket_lost(l, text);
        break;
    case SIO_LOST:
    case SIO_REFUSED: socket_lost(l, text); break;
    }
}

/* ---- failures ------------------------------------------------------------- */

/* Whether waiting may help. An address that is not Kitsu's is an error at the start,
 * and the server's trouble later. */
static bool is_transient(const listener *l, int status)
{
    return !l->o->once && (status == EX_TEMPFAIL || status == EX_UNAVAILABLE ||
                           (status == EX_PROTOCOL && l->read_at > 0));
}

/* Returns EX_OK, or the status to end with. */
static int take_failure(listener *l, const error *e)
{
    if (is_transient(l, e->status)) {
        retry_failed(&l->retry, e);
        return EX_OK;
    }
    msg_error("%s", e->what);
    return e->status;
}

/* ---- writing -------------------------------------------------------------- */

static outgoing_batch batch_of(listener *l)
{
    return (outgoing_batch){.server = zou_server(l->o->zou),
                            .projects = &l->o->scope->projects,
                            .missing = &l->o->scope->missing,
                            .log = l->log,
                            .messages = &l->messages};
}

/* Returns EX_OK, or the status to end with. */
static int end_writing(listener *l)
{
    int status = downstream_end();
    l->wrote_at = clock_now();
    arrival_await(&l->arrival);
    return status;
}

/* `wanted`: ids of the projects that the backlog wants a full read of. A heartbeat
 * changes nothing in the store, and so cannot be awaited there. */
static int write_batch(listener *l, batch_kind kind, const json *wanted)
{
    outgoing_batch b = batch_of(l);
    downstream_begin();
    if (kind == SYNC_ALL)
        outgoing_batch_write_sync_all(&b, l->arena);
    else
        outgoing_batch_write_syncs(wanted, l->arena);
    outgoing_batch_write_checkpoint(&b, outgoing_batch_write_events(&b), l->arena);
    if (l->o->backlog && kind != HEARTBEAT) {
        backlog_sent(l->o->backlog, outgoing_batch_position(&b));
        backlog_asked(l->o->backlog, wanted);
    }
    l->found = json_array();
    return end_writing(l);
}

/* Get ready for a batch, unless that fails for now: `*ready`. `wanted`: as above, in the
 * arena. `*silent_ok`: it may be written without an event in it, and the store will
 * still tell when it has arrived. */
static int prepare_batch(listener *l, bool sync_all, json *wanted, bool *silent_ok, bool *ready)
{
    error e;
    backlog *b = l->o->backlog;
    *wanted = l->found;
    *silent_ok = true;
    arena_reset(l->arena);
    *ready = !b || (backlog_wants(b, l->arena, wanted, &e) &&
                    backlog_prepare(b, sync_all || wanted->len > 0, silent_ok, &e));
    if (*ready)
        return EX_OK;
    *wanted = json_array();
    return take_failure(l, &e);
}

static bool heartbeat_is_due(const listener *l)
{
    return clock_now() - l->wrote_at >= l->heartbeat;
}

/* ---- from the log --------------------------------------------------------- */

static void stop_reading_log(listener *l)
{
    msg_warn("%s: this role may not read the log of events: only the socket's messages are "
             "written, and a full read is requested whenever the socket was interrupted",
             zou_server(l->o->zou));
    event_log_free(l->log);
    l->log = NULL;
    l->sync_all = sio_is_joined(l->socket);
}

static int read_log(listener *l, bool *read)
{
    error e;
    double began = clock_now();
    *read = false;
    switch (event_log_read(l->log, &e)) {
    case EVENTS_READ: break;
    case EVENTS_GAP: msg_error("%s", e.what); return EX_TEMPFAIL;
    case EVENTS_REFUSED: stop_reading_log(l); return EX_OK;
    case EVENTS_FAILED: return take_failure(l, &e);
    }
    size_t n;
    const event *events = event_log_events(l->log, &n);
    for (size_t i = 0; i < n; i++)
        unlogged_remove(l->unlogged, events[i].name, events[i].data);
    unlogged_log_was_read(l->unlogged);
    retry_worked(&l->retry);
    l->read_now = l->unlogged_kind = false;
    l->read_at = clock_now();
    l->read_seconds = l->read_at - began;
    *read = true;
    return EX_OK;
}

static batch_kind kind_from_log(const listener *l, const json *wanted)
{
    size_t n;
    event_log_events(l->log, &n);
    if (n > 0)
        return EVENTS;
    if (wanted->len > 0)
        return SYNCS;
    return heartbeat_is_due(l) ? HEARTBEAT : NO_BATCH;
}

static int write_from_log(listener *l)
{
    json wanted;
    bool read, ready, silent_ok;
    int status = prepare_batch(l, false, &wanted, &silent_ok, &ready);
    if (!ready)
        return status;
    if (!silent_ok) {
        wanted = json_array();
        l->syncs_from = clock_now() + TICK_SECONDS;
    }
    status = read_log(l, &read);
    if (status != EX_OK || !read)
        return status;
    batch_kind kind = kind_from_log(l, &wanted);
    return kind == NO_BATCH ? EX_OK : write_batch(l, kind, &wanted);
}

/* ---- from the socket alone ------------------------------------------------ */

static batch_kind kind_from_socket(const listener *l)
{
    bool again = l->sync_all_at > 0 && clock_now() - l->sync_all_at < SAFETY_SECONDS;
    if (l->sync_all && !again)
        return SYNC_ALL;
    if (l->messages.n > 0)
        return EVENTS;
    return sio_is_joined(l->socket) && heartbeat_is_due(l) ? HEARTBEAT : NO_BATCH;
}

static int write_from_socket(listener *l)
{
    json wanted;
    bool ready, silent_ok;
    batch_kind kind = kind_from_socket(l);
    if (kind == NO_BATCH)
        return EX_OK;
    int status = prepare_batch(l, kind == SYNC_ALL, &wanted, &silent_ok, &ready);
    if (!ready)
        return status;
    if (kind == HEARTBEAT && wanted.len > 0)
        kind = SYNCS;
    if (!silent_ok && l->messages.n == 0) {
        l->syncs_from = clock_now() + TICK_SECONDS;
        return EX_OK;
    }
    if (kind == SYNC_ALL) {
        l->sync_all = false;
        l->sync_all_at = clock_now();
    }
    retry_worked(&l->retry);
    return write_batch(l, kind, &wanted);
}

/* ---- when ------------------------------------------------------------------ */

/* The earlier of two waits, of which -1 is never. */
static double sooner(double a, double b)
{
    return a < 0 ? b : b < 0 ? a : fmin(a, b);
}

static double from_now(double at)
{
    return fmax(at - clock_now(), 0);
}

/* Seconds until the log is to be read for a message of the socket: at once, but Zou
 * gets as much time for others as the last reading took, since a busy studio has a
 * message for every moment. -1: no message waits. */
static double messages_want_log_in(listener *l)
{
    double due = l->read_now ? 0 : unlogged_due_in(l->unlogged);
    if (due >= 0)
        due = fmax(due, from_now(l->read_at + l->read_seconds));
    return l->unlogged_kind ? sooner(due, from_now(l->read_at + KIND_SECONDS)) : due;
}

static double log_due_in(listener *l)
{
    if (l->read_at == 0 || event_log_has_more(l->log))
        return 0;
    bool socket_works = sio_is_joined(l->socket) && !unlogged_socket_is_silent(l->unlogged);
    double due = sooner(messages_want_log_in(l), event_log_due_in(l->log));
    due = sooner(due, from_now(l->read_at + (socket_works ? SAFETY_SECONDS : l->socketless)));
    due = sooner(due, from_now(l->wrote_at + l->heartbeat));
    double syncs = l->o->backlog ? backlog_wants_in(l->o->backlog) : -1;
    return syncs < 0 ? due : sooner(due, fmax(syncs, from_now(l->syncs_from)));
}

static double socket_due_in(const listener *l)
{
    double due = sio_is_joined(l->socket) ? from_now(l->wrote_at + l->heartbeat) : -1;
    if (l->messages.n)
        return 0;
    if (l->sync_all)
        due = l->sync_all_at > 0 ? from_now(l->sync_all_at + SAFETY_SECONDS) : 0;
    return due < 0 ? due : fmax(due, from_now(l->syncs_from));
}

/* ---- rounds ----------------------------------------------------------------- */

static void take_found(listener *l, const json *found)
{
    if (!l->log)
        l->sync_all |= found->len > 0;
    else if (!l->o->backlog)
        l->found = *found;
    for (uint32_t i = 0; l->o->backlog && i < found->len; i++)
        backlog_want(l->o->backlog, found->items[i].text);
    l->read_now |= found->len > 0;
}

/* Who is no administrator hears of no new project. */
static int look_for_missing(listener *l)
{
    error e;
    json found;
    if (l->o->scope->missing.len == 0 || clock_now() < l->look_at)
        return EX_OK;
    l->look_at = clock_now() + l->look;
    if (!scope_look_again(l->o->scope, &found, &e))
        return take_failure(l, &e);
    take_found(l, &found);
    return EX_OK;
}

static double missing_due_in(const listener *l)
{
    return l->o->scope->missing.len ? from_now(l->look_at) : -1;
}

static int open_socket(listener *l)
{
    error e;
    if (!sio_is_due(l->socket) || retry_in(&l->retry) > 0)
        return EX_OK;
    if (l->renew && !l->renewed) { /* a bot's token cannot be; the log will tell */
        zou_renew(l->o->zou, &e);
        l->renewed = true;
    }
    l->renew = false;
    const char *token = zou_token(l->o->zou, &e);
    if (!token)
        return take_failure(l, &e);
    sio_open(l->socket, token);
    return EX_OK;
}

int listener_round(listener *l)
{
    error e;
    int status = open_socket(l);
    if (status == EX_OK)
        status = look_for_missing(l);
    double socket = sio_due_in(l->socket);
    double wait = sooner(SAFETY_SECONDS, socket < 0 ? socket : fmax(socket, retry_in(&l->retry)));
    wait = sooner(wait, missing_due_in(l));
    double due = l->log ? log_due_in(l) : socket_due_in(l);
    if (retry_in(&l->retry) > 0)
        due = retry_in(&l->retry);
    if (status == EX_OK && due == 0) {
        bool arrived;
        if (!arrival_check(&l->arrival, l->o->backlog, &arrived, &due, &e))
            status = take_failure(l, &e);
        else if (arrived)
            status = l->log ? write_from_log(l) : write_from_socket(l);
    }
    if (status == EX_OK) {
        sio_wait(l->socket, STDOUT_FILENO, sooner(wait, due));
        downstream_check();
    }
    return status;
}

/* A part of the only batch, which the log gives in several readings. */
static int write_part(listener *l, const json *wanted, size_t *written)
{
    outgoing_batch b = batch_of(l);
    downstream_begin();
    outgoing_batch_write_syncs(wanted, l->arena);
    *written += outgoing_batch_write_events(&b);
    return end_writing(l);
}

int listener_once(listener *l)
{
    json wanted;
    bool read, ready, silent_ok;
    size_t written = 0;
    int status = prepare_batch(l, false, &wanted, &silent_ok, &ready);
    while (status == EX_OK && l->log) {
        status = read_log(l, &read);
        if (read)
            status = write_part(l, &wanted, &written);
        wanted = json_array();
        if (read && !event_log_has_more(l->log))
            break;
    }
    if (status != EX_OK)
        return status;
    outgoing_batch b = batch_of(l);
    downstream_begin();
    if (!l->log)
        outgoing_batch_write_sync_all(&b, l->arena);
    outgoing_batch_write_checkpoint(&b, written, l->arena);
    return end_writing(l);
}

listener *listener_new(const listener_options *o)
{
    listener *l = xmalloc(sizeof *l);
    *l = (listener){.o = o,
                    .unlogged = unlogged_new(),
                    .arena = arena_new(),
                    .wrote_at = o->scope->missing.len ? -INFINITY : clock_now(), /* tells of it */
                    .socketless = clock_wait_setting("OPKITSU_READ_SECONDS", SOCKETLESS_SECONDS),
                    .heartbeat = clock_wait_setting("OPKITSU_HEARTBEAT_SECONDS", HEARTBEAT_SECONDS),
                    .look = clock_wait_setting("OPKITSU_LOOK_SECONDS", LOOK_SECONDS),
                    .found = json_array()};
    l->look_at = clock_now() + l->look;
    arrival_await(&l->arrival);
    l->socket = sio_new(zou_server(o->zou), on_socket, l);
    if (json_text(&o->start.created_at))
        l->log = event_log_new(o->zou, &o->start, o->certain);
    else
        stop_reading_log(l);
    return l;
}

void listener_free(listener *l)
{
    if (!l)
        return;
    event_log_free(l->log);
    sio_free(l->socket);
    unlogged_free(l->unlogged);
    messages_free(&l->messages);
    arena_free(l->arena);
    free(l);
}
