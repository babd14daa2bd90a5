/* zou/zou.h: the bodies of answers, in pieces, over connections that break: each element of a
 * list once, and a whole answer as it is. The first line has how many bytes come before each
 * break, the rest is the body. */
#include "fuzz.h"

#include "net/http.h"
#include "zou/zou.h"

enum { MAX_BREAKS = 4 };

static const char *body;
static size_t body_len;
static size_t breaks[MAX_BREAKS], n_breaks;

/* ---- in place of net/http.c ------------------------------------------------------- */

http *http_new(void)
{
    return NULL;
}

void http_forget(http *h)
{
    (void)h;
}

void http_needs(program_needs *n)
{
    (void)n;
}

void http_free(http *h)
{
    (void)h;
}

void http_impatient(http *h, int output)
{
    (void)h, (void)output;
}

/* The first bytes of the body, in pieces of so many. */
static bool feed(const http_sink *sink, size_t len, size_t piece)
{
    for (size_t i = 0; i < len; i += piece)
        if (!sink->feed(sink->context, body + i, len - i < piece ? len - i : piece))
            return false;
    return true;
}

bool http_send(http *h, const http_request *r, http_answer *answer, error *e)
{
    (void)h;
    *answer = (http_answer){.status = 200, .date = -1};
    for (size_t i = 0; i < n_breaks && !answer->stopped; i++) {
        size_t len = breaks[i] < body_len ? breaks[i] : body_len;
        answer->stopped = !feed(r->sink, len, SMALLEST_PIECE + breaks[i] % LARGEST_PIECE);
        if (!answer->stopped)
            r->sink->restart(r->sink->context);
    }
    answer->stopped = answer->stopped || !feed(r->sink, body_len, n_breaks ? 7 : body_len + 1);
    return answer->stopped || r->sink->end(r->sink->context) || error_set(e, 75, "it broke");
}

/* ---- what comes of it -------------------------------------------------------------- */

static bool take(void *context, const json_element *e)
{
    buf *out = context;
    buf_addf(out, "%s %s ", e->id ? e->id : "", e->name ? e->name : "");
    if (e->text)
        buf_add(out, e->text, e->len);
    buf_addc(out, '\n');
    return true;
}

static zou_result get(zou *z, buf *out)
{
    error e = {.what = ""};
    json v;
    arena *a = arena_new();
    zou_result result = zou_list(z, "/data/shots", take, out, &e);
    require((result == ZOU_OK) == !e.what[0], "what fails has a reason");
    e.what[0] = '\0';
    zou_result whole = zou_get(z, "/data/shots/x", JSON_OBJECT, a, &v, &e);
    require((whole == ZOU_OK) == !e.what[0], "what fails has a reason");
    buf_addf(out, "%d ", (int)whole);
    if (whole == ZOU_OK)
        json_write(out, &v);
    arena_free(a);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static zou *z;
    arena *a = arena_new();
    error e;
    if (!z) {
        setenv("KITSU_TOKEN", "token", 1);
        z = zou_open(&(zou_options){.server = "https://kitsu"}, &e);
        require(z != NULL, "a server and a token are enough");
    }
    buf whole = {0}, other = {0};
    const char *line = next_text(a, &data, &size);
    body = (const char *)data;
    body_len = size;
    n_breaks = 0;
    zou_result result = get(z, &whole);
    for (char *end; n_breaks < MAX_BREAKS; line = end) {
        breaks[n_breaks] = strtoul(line, &end, 10) % 4096;
        if (end == line)
            break;
        n_breaks++;
    }
    require(get(z, &other) == result, "as good over connections that break");
    require_same(other.data, whole.data, "each element once, and the same answer");
    buf_free(&whole);
    buf_free(&other);
    arena_free(a);
    return 0;
}
