#include "record/ndjson.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/output.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define FIRST_ROOM ((size_t)64 * 1024)   /* bytes of the buffer, */
#define KEPT       ((size_t)1024 * 1024) /* and more than this only for a long line */

struct ndjson {
    int fd;           /* borrowed */
    const char *name; /* borrowed */
    char *data;       /* owned */
    size_t cap;
    size_t start, end; /* the unread bytes */
    size_t line, line_len;
    unsigned long number, bad;
    bool at_end, skipping;
    ndjson_idle_fn *idle; /* or NULL */
    void *context;        /* borrowed */
    int idle_time;        /* milliseconds */
};

ndjson *ndjson_new(int fd, const char *name)
{
    ndjson *n = xmalloc(sizeof *n);
    *n = (ndjson){.fd = fd, .name = name, .cap = FIRST_ROOM};
    n->data = xmalloc(n->cap);
    return n;
}

void ndjson_free(ndjson *n)
{
    if (!n)
        return;
    free(n->data);
    free(n);
}

const char *ndjson_line(const ndjson *n, size_t *len)
{
    *len = n->line_len;
    return n->data + n->line;
}

unsigned long ndjson_line_number(const ndjson *n)
{
    return n->number;
}

const char *ndjson_name(const ndjson *n)
{
    return n->name;
}

unsigned long ndjson_bad(const ndjson *n)
{
    return n->bad;
}

void ndjson_complain(ndjson *n, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    msg_error("%s:%lu: %s", n->name, n->number, text);
    n->bad++;
}

void ndjson_set_idle(ndjson *n, double seconds, ndjson_idle_fn *fn, void *context)
{
    n->idle = fn;
    n->context = context;
    n->idle_time = seconds > 0.001 ? (int)(seconds * 1000) : 1;
}

/* Until there is something to read, or an end or error. False: not to be. */
static bool await(ndjson *n)
{
    struct pollfd p = {.fd = n->fd, .events = POLLIN};
    while (n->idle) {
        if (!n->idle(n->context))
            return false;
        if (poll(&p, 1, n->idle_time) > 0)
            break;
    }
    return true;
}

/* The room for a line that was unusually long is not kept. */
static void shrink(ndjson *n)
{
    if (n->cap <= KEPT || n->end >= FIRST_ROOM)
        return;
    n->cap = FIRST_ROOM;
    n->data = xrealloc(n->data, n->cap);
}

/* More bytes into the buffer. False at the end and on errors. */
static bool fill(ndjson *n, bool *failed)
{
    if (n->at_end)
        return false;
    if (n->start > 0) {
        memmove(n->data, n->data + n->start, n->end - n->start);
        n->end -= n->start;
        n->start = 0;
        shrink(n);
    }
    if (n->end == n->cap) {
        n->cap *= 2;
        n->data = xrealloc(n->data, n->cap);
    }
    if (!await(n)) {
        n->at_end = true;
        n->start = n->end; /* half a line is not the input's fault */
        return false;
    }
    ssize_t got = fd_read(n->fd, n->data + n->end, n->cap - n->end);
    if (got < 0) {
        msg_error("%s: %s", n->name, strerror(errno));
        *failed = true;
    }
    if (got <= 0) {
        n->at_end = true;
        return false;
    }
    n->end += (size_t)got;
    return true;
}

static void complain_long(ndjson *n)
{
    n->number++;
    ndjson_complain(n, "line longer than %zu MiB", MAX_LINE / 1024 / 1024);
}

/* Take the bytes up to `newline` as the present line. False: it is too long, or the
 * rest of one that was. */
static bool take_line(ndjson *n, const char *newline)
{
    n->line = n->start;
    n->line_len = (size_t)(newline - n->data) + 1 - n->start;
    n->start += n->line_len;
    if (n->skipping) {
        n->skipping = false;
        return false;
    }
    if (n->line_len > MAX_LINE) {
        complain_long(n);
        return false;
    }
    n->number++;
    return true;
}

/* Drop the unread bytes, which are the beginning of a line that is too long. */
static void skip_line(ndjson *n)
{
    if (!n->skipping)
        complain_long(n);
    n->skipping = true;
    n->start = n->end;
}

static int end_of_input(ndjson *n, bool failed)
{
    if (!failed && n->end > n->start && !n->skipping) {
        n->number++;
        ndjson_complain(n, "the last line has no newline: the stream was cut here");
    }
    n->start = n->end;
    return failed ? -1 : 0;
}

/* The next line, as in ndjson_next, whatever it contains. */
static int next_line(ndjson *n)
{
    bool failed = false;
    size_t seen = 0; /* unread bytes without a newline */
    do {
        char *newline;
        while ((newline = memchr(n->data + n->start + seen, '\n', n->end - n->start - seen))) {
            if (take_line(n, newline))
                return 1;
            seen = 0;
        }
        seen = n->end - n->start;
        if (seen > MAX_LINE) {
            skip_line(n);
            seen = 0;
        }
    } while (fill(n, &failed));
    return end_of_input(n, failed);
}

int ndjson_next(ndjson *n, arena *a, json *out)
{
    int got;
    while ((got = next_line(n)) == 1) {
        json_error e;
        json_repaired repaired;
        if (!json_parse(a, n->data + n->line, n->line_len - 1, out, &e, &repaired)) {
            ndjson_complain(n, "%s (byte %zu)", e.what, e.offset + 1);
            continue;
        }
        if (out->type != JSON_OBJECT) {
            ndjson_complain(n, "not a JSON object");
            continue;
        }
        if (!json_text(json_get(out, "type"))) {
            ndjson_complain(n, "an object without a \"type\"");
            continue;
        }
        if (repaired.surrogates)
            msg_warn("%s:%lu: half of a surrogate pair, read as U+FFFD", n->name, n->number);
        if (repaired.nul_keys)
            msg_warn("%s:%lu: key with a NUL character left out", n->name, n->number);
        return 1;
    }
    return got;
}

void ndjson_write(const json *v)
{
    static buf line; /* kept for the next call, for good */
    buf_clear(&line);
    json_write(&line, v);
    buf_addc(&line, '\n');
    output_write(line.data, line.len);
}
