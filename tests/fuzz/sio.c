/* net/sio.h: a socket's packets, without a socket. Each line is an answer to a poll: its
 * status, a blank, its body. */
#include "fuzz.h"

#include "net/http_multi.h"
#include "net/sio.h"

#define SEPARATOR 0x1e

struct http_call {
    int status; /* 0: the connection broke; -1: there is no answer */
    const char *body;
    size_t len;
};

/* What the server has to say. */
static arena *texts;
static const uint8_t *rest;
static size_t rest_size;
static const char *packets; /* of the last answer, what is left of it; NULL: nothing */
static bool in_pieces;      /* each packet is an answer of its own, */
static bool opening;        /* but for the handshake */

static void next_answer(http_call *c)
{
    if (!packets && rest_size) {
        const char *line = next_text(texts, &rest, &rest_size);
        c->status = (unsigned)atoi(line) % 600u;
        packets = line + strcspn(line, " ");
        packets += *packets == ' ';
    } else if (packets) {
        c->status = 200;
    }
    if (!packets)
        return;
    const char *end = in_pieces && !opening && *packets ? strchr(packets + 1, SEPARATOR) : NULL;
    opening = false;
    c->body = packets;
    c->len = end ? (size_t)(end - packets) : strlen(packets);
    packets = end && end[1] ? end + 1 : NULL;
}

/* In place of net/http_multi.c. */
http_multi *http_multi_new(void)
{
    return NULL;
}

void http_multi_free(http_multi *m)
{
    (void)m;
}

http_call *http_call_new(http_multi *m, const http_request *r, double seconds)
{
    (void)m, (void)seconds;
    http_call *c = malloc(sizeof *c);
    *c = (http_call){.status = -1};
    if (strcmp(r->method, "POST") == 0)
        *c = (http_call){.status = 200, .body = "ok", .len = 2};
    else
        next_answer(c);
    return c;
}

void http_call_free(http_call *c)
{
    free(c);
}

bool http_call_ended(const http_call *c)
{
    return c->status >= 0;
}

bool http_call_answer(const http_call *c, http_answer *answer, error *e)
{
    *answer = (http_answer){.status = c->status, .body = c->body, .len = c->len};
    return c->status > 0 || error_set(e, 75, "it broke");
}

void http_multi_wait(http_multi *m, int fd, double seconds)
{
    (void)m, (void)fd, (void)seconds;
}

typedef struct heard {
    bool joined;
    buf text; /* owned: all that came */
} heard;

static void hear(void *context, sio_event event, const char *text, const json *data)
{
    heard *h = context;
    bool whole = event != SIO_JOINED && event != SIO_PING;
    require(whole == (text != NULL), "what is said, and only that, has a text");
    require(event == SIO_JOINED ? !h->joined : event > SIO_PING || h->joined,
            "messages come after the joining, which is once");
    h->joined = event <= SIO_PING;
    buf_addf(&h->text, "%d %s ", (int)event, event == SIO_MESSAGE ? text : "");
    if (data)
        json_write(&h->text, data);
    buf_addc(&h->text, '\n');
}

static void run(const uint8_t *data, size_t size, bool pieces, heard *h)
{
    texts = arena_new();
    rest = data;
    rest_size = size;
    packets = NULL;
    in_pieces = pieces;
    sio *s = sio_new("https://kitsu/api", hear, h);
    /* The last answer is read in the round after it was sent. */
    for (size_t rounds = size + 2, last = 2; rounds && last;
         rounds--, last -= !rest_size && !packets) {
        if (sio_due_in(s) >= 0) {
            packets = NULL;
            opening = true;
            sio_open(s, "token");
        }
        sio_wait(s, -1, 0);
        require(sio_is_joined(s) == h->joined, "it is joined when it has said so");
    }
    sio_free(s);
    arena_free(texts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heard whole = {0}, other = {0};
    run(data, size, false, &whole);
    run(data, size, true, &other);
    require_same(whole.text.data, other.text.data, "the same messages one by one");
    buf_free(&whole.text);
    buf_free(&other.text);
    return 0;
}
