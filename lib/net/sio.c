#include "net/sio.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/http_multi.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMESPACE "/events"
#define SEPARATOR 0x1e /* between the packets of one body */

#define FIRST_WAIT   0.5  /* seconds before the socket is opened again, */
#define LONGEST_WAIT 30.0 /* doubled each time; */
#define REFUSED_WAIT 60.0 /* if the server has none */
#define HELD_SECONDS 30.0 /* a connection that held so long resets the wait */

#define OPEN_SECONDS  20.0  /* for the handshake and for what is posted */
#define MIN_PATIENCE  5.0   /* seconds; bounds of how often the server says that it */
#define MAX_PATIENCE  600.0 /* pings */
#define GRACE_SECONDS 5.0   /* for a ping's way to here */

#define MAX_SID 200 /* bytes; Engine.IO's are 20 */

typedef enum state { CLOSED, OPENING, JOINING, JOINED } state;

struct sio {
    http_multi *multi; /* owned */
    char *url;         /* owned */
    sio_fn *fn;
    void *context; /* borrowed */
    arena *arena;  /* owned: of the body that is being read */

    state state;
    char *sid, *token;      /* owned; NULL: none */
    http_call *poll, *post; /* owned; NULL: none under way */
    buf waiting;            /* packets to post */
    double patience;        /* seconds that a poll may take */
    double opened, due, wait;
};

/* ---- opening and closing ------------------------------------------------ */

static char *socket_url(const char *server)
{
    buf b = {0};
    const char *host = strstr(server, "://");
    const char *slash = strrchr(server, '/');
    size_t len = host && slash > host + 2 ? (size_t)(slash - server) : strlen(server);
    buf_add(&b, server, len);
    buf_adds(&b, "/socket.io/?EIO=4&transport=polling");
    return b.data;
}

static double first_wait(void)
{
    return clock_wait_setting("OPKITSU_BACKOFF_SECONDS", FIRST_WAIT);
}

sio *sio_new(const char *server, sio_fn *fn, void *context)
{
    sio *s = xmalloc(sizeof *s);
    *s = (sio){.multi = http_multi_new(),
               .url = socket_url(server),
               .fn = fn,
               .context = context,
               .arena = arena_new(),
               .wait = first_wait()};
    return s;
}

static void disconnect(sio *s)
{
    http_call_free(s->poll);
    http_call_free(s->post);
    free(s->sid);
    free_secret(s->token);
    s->poll = s->post = NULL;
    s->sid = s->token = NULL;
    buf_clear(&s->waiting);
    s->state = CLOSED;
}

void sio_free(sio *s)
{
    if (!s)
        return;
    disconnect(s);
    http_multi_free(s->multi);
    buf_free(&s->waiting);
    arena_free(s->arena);
    free(s->url);
    free(s);
}

/* Close the connection, and report why. */
__attribute__((format(printf, 3, 4))) static void close_with(sio *s, sio_event why,
                                                             const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    double now = clock_now();
    if (s->state == JOINED && now - s->opened >= HELD_SECONDS)
        s->wait = first_wait();
    double wait = clock_backoff(&s->wait, LONGEST_WAIT);
    s->due = now + clock_jitter(why == SIO_REFUSED ? REFUSED_WAIT : wait);
    disconnect(s);
    s->fn(s->context, why, text, NULL);
}

bool sio_is_due(const sio *s)
{
    return sio_due_in(s) == 0;
}

double sio_due_in(const sio *s)
{
    if (s->state != CLOSED)
        return -1;
    double remaining = s->due - clock_now();
    return remaining > 0 ? remaining : 0;
}

bool sio_is_joined(const sio *s)
{
    return s->state == JOINED;
}

static http_call *call(sio *s, const char *method, const char *body, double seconds)
{
    buf url = {0};
    buf_adds(&url, s->url);
    if (s->sid)
        buf_addf(&url, "&sid=%s", s->sid);
    /* A packet that arrives twice does no harm: they only join and answer pings. */
    http_request r = {
        .method = method, .url = url.data, .token = s->token, .body = body, .repeatable = true};
    http_call *c = http_call_new(s->multi, &r, seconds);
    buf_free(&url);
    return c;
}

void sio_open(sio *s, const char *token)
{
    disconnect(s);
    s->token = xstrdup(token);
    s->opened = clock_now();
    s->state = OPENING;
    s->poll = call(s, "GET", NULL, OPEN_SECONDS);
}

static void post(sio *s, const char *packet)
{
    if (s->waiting.len)
        buf_addc(&s->waiting, SEPARATOR);
    buf_adds(&s->waiting, packet);
}

/* ---- what arrives ------------------------------------------------------- */

static bool is_sid(const char *sid)
{
    size_t len = sid ? strlen(sid) : 0;
    return len > 0 && len <= MAX_SID &&
           strspn(sid, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len;
}

/* The handshake's packet: 0{"sid":…,"pingInterval":25000,"pingTimeout":20000} */
static void take_handshake(sio *s, const char *body, size_t len)
{
    json v;
    double interval = 25000, timeout = 20000;
    bool ok = len > 1 && body[0] == '0' && json_parse_answer(s->arena, body + 1, len - 1, &v, NULL);
    const char *sid = ok ? json_text(json_get(&v, "sid")) : NULL;
    if (!is_sid(sid)) {
        close_with(s, SIO_REFUSED, "%s: unexpected reply: not Socket.IO", s->url);
        return;
    }
    json_double(json_get(&v, "pingInterval"), &interval);
    json_double(json_get(&v, "pingTimeout"), &timeout);
    s->patience = (interval + timeout) / 1000 + GRACE_SECONDS;
    s->patience = s->patience < MIN_PATIENCE   ? MIN_PATIENCE
                  : s->patience > MAX_PATIENCE ? MAX_PATIENCE
                                               : s->patience;
    s->sid = xstrdup(sid);
    s->state = JOINING;
    post(s, "40" NAMESPACE ",");
}

/* ["name",data], perhaps after the number of an acknowledgement. */
static void take_message(sio *s, const char *text, size_t len)
{
    json v;
    const char *list = memchr(text, '[', len);
    size_t before = list ? (size_t)(list - text) : 0;
    if (!list || !json_parse_answer(s->arena, list, len - before, &v, NULL) || v.type != JSON_ARRAY)
        return;
    const char *name = v.len ? json_text(&v.items[0]) : NULL;
    if (name)
        s->fn(s->context, SIO_MESSAGE, name, v.len > 1 ? &v.items[1] : NULL);
}

/* A packet of Socket.IO's: its type, the namespace, a comma, the rest. */
static void take_socket_packet(sio *s, const char *packet, size_t len)
{
    static const char namespace[] = NAMESPACE;
    size_t skip = 1 + sizeof namespace - 1;
    if (len < skip || memcmp(packet + 1, namespace, skip - 1) != 0 ||
        (len > skip && packet[skip] != ','))
        return; /* another namespace's */
    if (len > skip)
        skip++;
    switch (packet[0]) {
    case '0':
        if (s->state == JOINING) {
            s->state = JOINED;
            s->fn(s->context, SIO_JOINED, NULL, NULL);
        }
        break;
    case '1': close_with(s, SIO_LOST, "%s: the server closed the socket", s->url); break;
    case '2':
        if (s->state == JOINED)
            take_message(s, packet + skip, len - skip);
        break;
    case '4':
        close_with(s, SIO_DENIED, "%s: the server refused the socket: %.*s", s->url,
                   (int)(len - skip > 200 ? 200 : len - skip), packet + skip);
        break;
    default: break;
    }
}

/* A packet of Engine.IO's. */
static void take_packet(sio *s, const char *packet, size_t len)
{
    switch (len ? packet[0] : 0) {
    case '1': close_with(s, SIO_LOST, "%s: the server closed the socket", s->url); break;
    case '2':
        post(s, "3");
        if (s->state == JOINED)
            s->fn(s->context, SIO_PING, NULL, NULL);
        break;
    case '4':
        if (len > 1)
            take_socket_packet(s, packet + 1, len - 1);
        break;
    default: break;
    }
}

static void take_packets(sio *s, const char *body, size_t len)
{
    if (len == 0) /* if that went on: an endless loop */
        close_with(s, SIO_LOST, "%s: an empty answer", s->url);
    while (len > 0 && s->state != CLOSED) {
        const char *separator = memchr(body, SEPARATOR, len);
        size_t one = separator ? (size_t)(separator - body) : len;
        arena_reset(s->arena);
        take_packet(s, body, one);
        one += separator != NULL;
        body += one;
        len -= one;
    }
}

/* No connection, or a broken one. The error begins with the request's URL, whose end,
 * the secret of this connection, must not be shown. */
static void close_unanswered(sio *s, const error *e)
{
    size_t len = strlen(s->url), whole = len;
    if (strncmp(e->what, s->url, len) != 0)
        len = whole = 0;
    else
        whole += strcspn(e->what + len, ":");
    close_with(s, e->status == 78 ? SIO_REFUSED : SIO_LOST, "%.*s%s", (int)len, e->what,
               e->what + whole);
}

/* Whether the answer is to be read; if not, the connection has been closed. */
static bool is_good(sio *s, bool answered, const http_answer *answer, const error *e)
{
    int status = answer->status;
    if (!answered)
        close_unanswered(s, e);
    else if (status == 401 || status == 422)
        close_with(s, SIO_DENIED, "%s: HTTP %d", s->url, status);
    else if (s->state == OPENING && status / 100 == 4 && status != 429)
        close_with(s, SIO_REFUSED, "%s: HTTP %d", s->url, status);
    else if (status / 100 != 2)
        close_with(s, SIO_LOST, "%s: HTTP %d", s->url, status);
    return s->state != CLOSED;
}

static void take_poll(sio *s)
{
    http_answer answer;
    error e;
    http_call *c = s->poll;
    s->poll = NULL;
    bool answered = http_call_answer(c, &answer, &e);
    if (is_good(s, answered, &answer, &e)) {
        if (s->state == OPENING)
            take_handshake(s, answer.body, answer.len);
        else
            take_packets(s, answer.body, answer.len);
    }
    http_call_free(c);
}

static void take_post(sio *s)
{
    http_answer answer;
    error e;
    http_call *c = s->post;
    s->post = NULL;
    is_good(s, http_call_answer(c, &answer, &e), &answer, &e);
    http_call_free(c);
}

/* ---- waiting ------------------------------------------------------------ */

/* Start the requests that should be under way. */
static void start_calls(sio *s)
{
    if (s->state < JOINING)
        return;
    if (!s->post && s->waiting.len) {
        s->post = call(s, "POST", s->waiting.data, OPEN_SECONDS);
        buf_clear(&s->waiting);
    }
    if (!s->poll)
        s->poll = call(s, "GET", NULL, s->patience);
}

static bool has_ended(const http_call *c)
{
    return c && http_call_ended(c);
}

void sio_wait(sio *s, int fd, double seconds)
{
    /* A request may have ended as soon as it was sent. */
    if (!has_ended(s->post) && !has_ended(s->poll))
        http_multi_wait(s->multi, fd, seconds);
    if (has_ended(s->post))
        take_post(s);
    if (has_ended(s->poll))
        take_poll(s);
    if (s->state == JOINING && clock_now() - s->opened > OPEN_SECONDS)
        close_with(s, SIO_LOST, "%s: no answer", s->url);
    bool sent = s->poll && (s->post || !s->waiting.len);
    start_calls(s);
    if (!sent && s->poll)
        http_multi_wait(s->multi, -1, 0); /* sent while the caller is busy */
}
