#include "listen/listener.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/msg.h"
#include "base/output.h"
#include "listen/unlogged.h"
#include "net/sio.h"
#include "record/ndjson.h"
#include "zou/event_log.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define SOCKETLESS_SECONDS 2.0  /* between two readings of the log without a doorbell that rings, */
#define SAFETY_SECONDS     60.0 /* and with one that never pings */
#define HEARTBEAT_SECONDS  60.0
#define KIND_SECONDS       1.0 /* between two readings for what is thought to be never stored */

#define FIRST_BACKOFF   1.0 /* seconds after which a server that is down is asked again, */
#define LONGEST_BACKOFF 30.0

#define FIRST_POLL   0.002 /* seconds between two looks at the store, */
#define LONGEST_POLL 0.25  /* growing by */
#define POLL_GROWTH  1.3   /* so that a batch is noticed at most a third later than it arrived */
#define TICK_SECONDS 0.25  /* until a batch that may not begin is tried again */

/* bytes; of messages that wait, where only the socket brings events. Beyond that
 * a full read is asked for in their place. */
#define MAX_MESSAGES ((size_t)16 * 1024 * 1024)

typedef struct listener {
    const listener_options *o;
    sio *socket;
    unlogged *unlogged;
    event_log *log; /* NULL: it may not be read */
    arena *arena;   /* of what is written */

    bool read_now, silent_kind; /* the log is to be read: at once, or within a second */
    bool renew, renewed;        /* the socket does not take the token */
    bool down_said, socket_said;
    double read_at, read_seconds, wrote_at;
    double retry_at, backoff; /* after a failure */
    double looked_at, poll;   /* at the store */
    double wants_at;          /* no full read is asked for before */
    double heartbeat;

    /* Where only the socket brings events. */
    buf messages; /* Event records, as lines */
    size_t n_messages;
    bool everything;      /* a full read of all is to be asked for, */
    double everything_at; /* and was */
} listener;

/* ---- signals, and a reader that has left ---------------------------------- */

static volatile sig_atomic_t writing, caught;

static void end_by(int number)
{
    signal(number, SIG_DFL);
    raise(number);
}

static void on_signal(int number)
{
    caught = number;
    if (!writing)
        end_by(number);
}

void listener_catch_signals(void)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
    struct sigaction action = {.sa_handler = on_signal}; /* a write that hangs is given up */
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction old;
        sigaction(numbers[i], NULL, &old);
        if (old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
}

/* As if it had been written to. */
static void end_without_reader(void)
{
    if (!http_hung_up(STDOUT_FILENO))
        return;
    end_by(SIGPIPE);
    _exit(EX_IOERR);
}

void listener_pause(double seconds)
{
    struct pollfd p = {.fd = STDOUT_FILENO};
    poll(&p, 1, (int)(seconds * 1000));
    end_without_reader();
}

/* ---- what the socket says -------------------------------------------------- */

static bool is_wanted(const listener *l, const char *project_id)
{
    const json *projects = l->o->projects;
    if (projects->type != JSON_ARRAY || !project_id)
        return true;
    for (uint32_t i = 0; i < projects->len; i++)
        if (strcmp(projects->items[i].text, project_id) == 0)
            return true;
    return false;
}

static void keep_message(listener *l, const char *name, const json *data)
{
    arena *a = arena_new();
    json record = event_record(a, NULL, NULL, name, NULL, data);
    if (is_wanted(l, json_text(json_get(&record, "project_id")))) {
        json_write(&l->messages, &record);
        buf_addc(&l->messages, '\n');
        l->n_messages++;
    }
    if (l->messages.len > MAX_MESSAGES) {
        buf_free(&l->messages);
        l->n_messages = 0;
        l->everything = true;
    }
    arena_free(a);
}

static void on_joined(listener *l)
{
    if (l->socket_said)
        msg_warn("%s: the socket is back", zou_server(l->o->zou));
    else
        msg_info("%s: connected to the socket", zou_server(l->o->zou));
    l->socket_said = l->renewed = false;
    l->read_now = true; /* what happened meanwhile */
    l->everything = !l->log;
    unlogged_forget(l->unlogged);
}

static void on_lost(listener *l, const char *why)
{
    if (!l->socket_said)
        msg_warn("%s; %s", why,
                 l->log ? "reading the log every 2 seconds meanwhile"
                        : "without it nothing is heard");
    else
        msg_info("%s", why);
    l->socket_said = true;
}

static void on_socket(void *context, sio_event what, const char *text, const json *data)
{
    listener *l = context;
    switch (what) {
    case SIO_JOINED: on_joined(l); break;
    case SIO_MESSAGE:
        if (msg_level() >= 2)
            msg_info("rung: %s", text);
        if (!l->log)
            keep_message(l, text, data);
        else if (unlogged_add(l->unlogged, text, data))
            l->read_now = true;
        else
            l->silent_kind = true;
        break;
    case SIO_PING: l->read_now = true; break;
    case SIO_DENIED:
        l->renew = true;
        on_lost(l, text);
        break;
    case SIO_LOST:
    case SIO_REFUSED: on_lost(l, text); break;
    }
}

/* ---- failures --------------------------------------------------------------- */

static void back_off(listener *l)
{
    l->retry_at = clock_now() + clock_jitter(l->backoff);
    l->backoff = fmin(l->backoff * 2, LONGEST_BACKOFF);
}

/* Whether waiting may help against it. At its start a listener does not wait
 * for an address to become Kitsu's. */
static bool is_passing(const listener *l, int status)
{
    return !l->o->once && (status == EX_TEMPFAIL || status == EX_UNAVAILABLE ||
                           (status == EX_PROTOCOL && l->read_at > 0));
}

/* Returns EX_OK, or the status to end with. */
static int failed(listener *l, const error *e)
{
    if (!is_passing(l, e->status)) {
        msg_error("%s", e->what);
        return e->status;
    }
    end_without_reader();
    if (l->down_said)
        msg_info("%s", e->what);
    else
        msg_warn("%s; trying again until it is back", e->what);
    l->down_said = true;
    back_off(l);
    return EX_OK;
}

static int store_failed(listener *l, const error *e)
{
    error as_http = {.status = e->status};
    strcpy(as_http.what, e->what);
    return failed(l, &as_http);
}

static void works_again(listener *l)
{
    if (l->down_said)
        msg_warn("it works again");
    l->down_said = false;
    l->backoff = FIRST_BACKOFF;
    l->retry_at = 0;
}

/* ---- writing ------------------------------------------------------------------ */

static void write_sync(listener *l, json project_id)
{
    json v = json_object();
    json_add(l->arena, &v, "type", json_string(l->arena, "Sync"));
    json_add(l->arena, &v, "project_id", project_id);
    ndjson_write(&v);
}

/* Of all that is listened for. */
static void write_sync_of_all(listener *l)
{
    const json *projects = l->o->projects;
    if (projects->type != JSON_ARRAY)
        write_sync(l, json_null());
    for (uint32_t i = 0; projects->type == JSON_ARRAY && i < projects->len; i++)
        write_sync(l, projects->items[i]);
}

static void write_checkpoint(listener *l, const event_position *position, size_t events)
{
    json v = json_object();
    json_add(l->arena, &v, "type", json_string(l->arena, "Checkpoint"));
    json_add(l->arena, &v, "server", json_string(l->arena, zou_server(l->o->zou)));
    json_add(l->arena, &v, "projects", *l->o->projects);
    json_add(l->arena, &v, "created_at", position->created_at);
    json_add(l->arena, &v, "ids", position->ids);
    json_add(l->arena, &v, "events", json_integer(l->arena, (int64_t)events));
    ndjson_write(&v);
}

static void begin_writing(void)
{
    writing = 1;
    if (caught)
        end_by(caught);
}

/* Returns EX_OK, or the status to end with. */
static int end_writing(listener *l)
{
    fflush(stdout);
    writing = 0;
    if (caught)
        end_by(caught);
    l->wrote_at = clock_now();
    l->poll = FIRST_POLL;
    return ferror(stdout) ? EX_IOERR : EX_OK;
}

static size_t write_events(const listener *l)
{
    size_t n, written = 0;
    const event *events = event_log_events(l->log, &n);
    for (size_t i = 0; i < n; i++)
        if (is_wanted(l, events[i].project_id)) {
            ndjson_write(&events[i].record);
            written++;
        }
    return written;
}

/* A batch that ends where the log has been read to. */
static int write_batch(listener *l, const json *wants)
{
    const event_position *position = event_log_position(l->log);
    size_t n;
    event_log_events(l->log, &n);
    begin_writing();
    for (uint32_t i = 0; i < wants->len; i++)
        write_sync(l, wants->items[i]);
    write_checkpoint(l, position, write_events(l));
    if (l->o->backlog && n + wants->len > 0) { /* a heartbeat changes nothing */
        backlog_sent(l->o->backlog, position);
        backlog_asked(l->o->backlog, wants);
    }
    return end_writing(l);
}

/* ---- reading the log ------------------------------------------------------------ */

static void log_refused(listener *l)
{
    msg_warn("%s: this role may not read the log of events: only what the socket says is heard, "
             "and a full read is asked for whenever it was away",
             zou_server(l->o->zou));
    event_log_free(l->log);
    l->log = NULL;
    l->everything = sio_is_joined(l->socket);
}

static int read_log(listener *l, bool *read)
{
    error e;
    double began = clock_now();
    *read = false;
    switch (event_log_read(l->log, &e)) {
    case EVENTS_READ: break;
    case EVENTS_GAP: msg_error("%s", e.what); return EX_TEMPFAIL;
    case EVENTS_REFUSED: log_refused(l); return EX_OK;
    case EVENTS_FAILED: return failed(l, &e);
    }
    size_t n;
    const event *events = event_log_events(l->log, &n);
    for (size_t i = 0; i < n; i++)
        unlogged_remove(l->unlogged, events[i].name, events[i].data);
    unlogged_log_was_read(l->unlogged);
    works_again(l);
    l->read_now = l->silent_kind = false;
    l->read_at = clock_now();
    l->read_seconds = l->read_at - began;
    *read = true;
    return EX_OK;
}

/* What of full reads is to be asked for in this batch. `*telling`: it may be
 * sent without an event in it. */
static int get_wants(listener *l, bool everything, json *wants, bool *telling)
{
    error e;
    *wants = json_array();
    *telling = true;
    if (!l->o->backlog ||
        (backlog_wants(l->o->backlog, l->arena, wants, &e) &&
         backlog_prepare(l->o->backlog, everything || wants->len > 0, telling, &e)))
        return EX_OK;
    *wants = json_array();
    return store_failed(l, &e);
}

static int read_and_write(listener *l)
{
    json wants;
    bool read, telling;
    size_t n;
    arena_reset(l->arena);
    int status = get_wants(l, false, &wants, &telling);
    if (status != EX_OK || l->retry_at > clock_now())
        return status;
    if (!telling) {
        wants = json_array();
        l->wants_at = clock_now() + TICK_SECONDS;
    }
    status = read_log(l, &read);
    if (status != EX_OK || !read)
        return status;
    event_log_events(l->log, &n);
    bool is_idle = clock_now() - l->wrote_at >= l->heartbeat;
    return n + wants.len > 0 || is_idle ? write_batch(l, &wants) : EX_OK;
}

/* ---- only the socket -------------------------------------------------------------- */

static int write_messages(listener *l)
{
    static const event_position nowhere = {.created_at = {.type = JSON_NULL},
                                           .ids = {.type = JSON_ARRAY}};
    double now = clock_now();
    bool everything =
        l->everything && (l->everything_at == 0 || now - l->everything_at >= SAFETY_SECONDS);
    bool heartbeat = !everything && l->n_messages == 0, telling;
    if (heartbeat && !(sio_is_joined(l->socket) && now - l->wrote_at >= l->heartbeat))
        return EX_OK;
    arena_reset(l->arena);
    json wants;
    int status = get_wants(l, everything, &wants, &telling);
    if (status != EX_OK || l->retry_at > now)
        return status;
    if (!telling && l->n_messages == 0) {
        l->retry_at = now + TICK_SECONDS;
        return EX_OK;
    }
    begin_writing();
    if (everything)
        write_sync_of_all(l);
    for (uint32_t i = 0; i < wants.len && !everything; i++)
        write_sync(l, wants.items[i]);
    if (l->n_messages)
        output_write(l->messages.data, l->messages.len);
    write_checkpoint(l, &nowhere, l->n_messages);
    buf_clear(&l->messages);
    l->n_messages = 0;
    if (everything) {
        l->everything = false;
        l->everything_at = now;
    }
    if (l->o->backlog && (!heartbeat || wants.len > 0)) {
        backlog_sent(l->o->backlog, &nowhere);
        backlog_asked(l->o->backlog, &wants);
    }
    works_again(l);
    return end_writing(l);
}

/* ---- when ---------------------------------------------------------------------------- */

/* The earlier of two waits, of which -1 is never. */
static double sooner(double a, double b)
{
    return a < 0 ? b : b < 0 ? a : fmin(a, b);
}

static double from_now(double at)
{
    return fmax(at - clock_now(), 0);
}

/* Seconds until the log is to be read. After a ring it is at once, but Zou gets
 * as much time for others as the last reading took: a busy studio has a ring
 * for every moment. */
static double log_due_in(listener *l)
{
    bool bell = sio_is_joined(l->socket) && !unlogged_socket_is_silent(l->unlogged);
    if (l->read_at == 0 || event_log_has_more(l->log))
        return 0;
    double rung = l->read_now ? 0 : unlogged_due_in(l->unlogged);
    if (rung >= 0)
        rung = fmax(rung, from_now(l->read_at + l->read_seconds));
    double due = sooner(rung, event_log_due_in(l->log));
    due = sooner(due, from_now(l->read_at + (bell ? SAFETY_SECONDS : SOCKETLESS_SECONDS)));
    due = sooner(due, from_now(l->wrote_at + l->heartbeat));
    if (l->silent_kind)
        due = sooner(due, from_now(l->read_at + KIND_SECONDS));
    if (l->o->backlog) {
        double wants = backlog_wants_in(l->o->backlog);
        due = sooner(due, wants < 0 ? wants : fmax(wants, from_now(l->wants_at)));
    }
    return due;
}

static double messages_due_in(const listener *l)
{
    double heartbeat = sio_is_joined(l->socket) ? from_now(l->wrote_at + l->heartbeat) : -1;
    if (l->n_messages)
        return 0;
    if (l->everything)
        return l->everything_at > 0 ? from_now(l->everything_at + SAFETY_SECONDS) : 0;
    return heartbeat;
}

/* Whether the last batch has arrived; else `*wait` says when to look again. */
static int has_arrived(listener *l, bool *arrived, double *wait)
{
    error e;
    double now = clock_now();
    *arrived = l->o->backlog == NULL;
    *wait = 0;
    if (*arrived)
        return EX_OK;
    if (now < l->looked_at + l->poll) {
        *wait = l->looked_at + l->poll - now;
        return EX_OK;
    }
    if (!backlog_arrived(l->o->backlog, arrived, &e))
        return store_failed(l, &e);
    l->looked_at = now;
    if (!*arrived)
        *wait = l->poll;
    l->poll = *arrived ? FIRST_POLL : fmin(l->poll * POLL_GROWTH, LONGEST_POLL);
    return EX_OK;
}

static int open_socket(listener *l)
{
    error e;
    if (!sio_is_due(l->socket) || l->retry_at > clock_now())
        return EX_OK;
    if (l->renew && !l->renewed) { /* a bot's cannot be; the log will tell */
        zou_renew(l->o->zou, &e);
        l->renewed = true;
    }
    l->renew = false;
    const char *token = zou_token(l->o->zou, &e);
    if (!token)
        return failed(l, &e);
    sio_open(l->socket, token);
    return EX_OK;
}

/* One round: what is due, then a wait for what is next. */
static int go_round(listener *l)
{
    int status = open_socket(l);
    double wait = sio_due_in(l->socket);
    wait = sooner(SAFETY_SECONDS, wait < 0 ? wait : fmax(wait, from_now(l->retry_at)));
    double due = l->log ? log_due_in(l) : messages_due_in(l);
    if (l->retry_at > clock_now())
        due = from_now(l->retry_at);
    if (status == EX_OK && due == 0) {
        bool arrived;
        status = has_arrived(l, &arrived, &due);
        if (status == EX_OK && arrived)
            status = l->log ? read_and_write(l) : write_messages(l);
    }
    if (status == EX_OK) {
        sio_wait(l->socket, STDOUT_FILENO, sooner(wait, due));
        end_without_reader();
    }
    return status;
}

/* A part of the only batch. */
static int write_part(listener *l, const json *wants, size_t *written)
{
    begin_writing();
    for (uint32_t i = 0; i < wants->len; i++)
        write_sync(l, wants->items[i]);
    *written += l->log ? write_events(l) : 0;
    return end_writing(l);
}

/* To the log's end, as one batch. */
static int go_once(listener *l)
{
    json wants;
    bool read, telling;
    size_t written = 0;
    event_position end = {json_null(), json_array()};
    int status = get_wants(l, false, &wants, &telling);
    while (status == EX_OK && l->log) {
        status = read_log(l, &read);
        if (read)
            status = write_part(l, &wants, &written);
        wants = json_array();
        if (read && !event_log_has_more(l->log))
            break;
    }
    if (status != EX_OK)
        return status;
    begin_writing();
    if (!l->log)
        write_sync_of_all(l);
    write_checkpoint(l, l->log ? event_log_position(l->log) : &end, written);
    return end_writing(l);
}

static double heartbeat(void)
{
    const char *text = getenv("OPKITSU_HEARTBEAT_SECONDS");
    double seconds = text ? strtod(text, NULL) : 0;
    return seconds > 0 ? seconds : HEARTBEAT_SECONDS;
}

int listener_run(const listener_options *o)
{
    listener l = {.o = o,
                  .unlogged = unlogged_new(),
                  .arena = arena_new(),
                  .backoff = FIRST_BACKOFF,
                  .poll = FIRST_POLL,
                  .wrote_at = clock_now(),
                  .heartbeat = heartbeat()};
    l.socket = sio_new(zou_server(o->zou), on_socket, &l);
    if (json_text(&o->start.created_at))
        l.log = event_log_new(o->zou, &o->start, o->certain);
    else
        log_refused(&l);
    int status = EX_OK;
    if (o->once)
        status = go_once(&l);
    else
        while (status == EX_OK)
            status = go_round(&l);
    event_log_free(l.log);
    sio_free(l.socket);
    unlogged_free(l.unlogged);
    arena_free(l.arena);
    buf_free(&l.messages);
    return status;
}
