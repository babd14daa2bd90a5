#include "zou/zou.h"

#include "base/buf.h"
#include "base/idset.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/settings.h"
#include "zou/answer.h"
#include "zou/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

struct zou {
    http *http;
    http_multi *multi; /* NULL until it is needed */
    char *server;
    session *session;
    time_t date;
    idset *seen; /* of the list under way */
};

/* ---- the address -------------------------------------------------------- */

static bool add_address(buf *b, const char *text, error *e)
{
    const char *scheme = strstr(text, "://");
    const char *host = scheme ? scheme + 3 : text;
    size_t scheme_len = scheme ? (size_t)(scheme - text) : 0;
    if (scheme && (scheme_len != 4 || strncasecmp(text, "http", 4) != 0) &&
        (scheme_len != 5 || strncasecmp(text, "https", 5) != 0))
        return error_set(e, EX_CONFIG, "%s: a Kitsu server begins with https:// or http://", text);
    size_t host_len = strcspn(host, "/?#");
    if (memchr(host, '@', host_len)) /* not shown: it may hold a password */
        return error_set(e, EX_CONFIG, "the server's address has a user in it: give --login");
    if (strpbrk(host, "?#"))
        return error_set(e, EX_CONFIG, "%s: a server's address ends with its path", text);
    if (host_len == 0 || strpbrk(host, " \t\r\n\\"))
        return error_set(e, EX_CONFIG, "\"%s\" is not the address of a server", text);
    if (scheme && scheme_len == 4)
        buf_adds(b, "http://");
    else
        buf_adds(b, "https://");
    size_t len = strlen(host);
    while (len > host_len && host[len - 1] == '/')
        len--;
    buf_add(b, host, len);
    if (len == host_len)
        buf_adds(b, "/api");
    return true;
}

char *zou_address(const char *text, error *e)
{
    buf b = {0};
    text += strspn(text, " \t\r\n");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        len--;
    char *trimmed = xmalloc(len + 1);
    memcpy(trimmed, text, len);
    trimmed[len] = '\0';
    if (!add_address(&b, trimmed, e))
        buf_free(&b);
    free(trimmed);
    return b.data;
}

char *zou_find_server(const zou_options *o, error *e)
{
    const char *variable = getenv("KITSU_SERVER");
    if (o->server)
        return zou_address(o->server, e);
    if (variable && *variable)
        return zou_address(variable, e);
    settings *s = settings_load(o->store, e);
    if (!s)
        return NULL;
    const char *set = settings_server(s);
    char *server = NULL;
    if (set)
        server = zou_address(set, e);
    else
        error_set(e, EX_CONFIG,
                  "which Kitsu? Give --server or KITSU_SERVER, or set it in OpenPype's settings");
    settings_free(s);
    return server;
}

zou *zou_open(const zou_options *o, error *e)
{
    zou *z = xmalloc(sizeof *z);
    *z = (zou){.server = zou_find_server(o, e), .date = -1};
    if (z->server) {
        z->http = http_new();
        if (o->impatient)
            http_impatient(z->http, STDOUT_FILENO);
        z->seen = idset_new();
        z->session = session_open(z->http, z->server, &o->credentials, e);
    }
    if (!z->session) {
        zou_close(z);
        return NULL;
    }
    return z;
}

void zou_close(zou *z)
{
    if (!z)
        return;
    session_close(z->session);
    http_free(z->http);
    http_multi_free(z->multi);
    idset_free(z->seen);
    free(z->server);
    free(z);
}

const char *zou_server(const zou *z)
{
    return z->server;
}

const char *zou_token(zou *z, error *e)
{
    return session_token(z->session, e);
}

bool zou_renew(zou *z, error *e)
{
    return session_renew(z->session, e);
}

http_multi *zou_multi(zou *z)
{
    if (!z->multi)
        z->multi = http_multi_new();
    return z->multi;
}

void zou_set_date(zou *z, time_t date)
{
    z->date = date;
}

time_t zou_date(const zou *z)
{
    return z->date != -1 ? z->date : time(NULL);
}

/* ---- answers ------------------------------------------------------------ */

/* bytes of a route in a message: a list of ids would leave no room for the rest. */
#define ROUTE_SHOWN 160

const char *zou_route(const zou *z, const http_request *r)
{
    static char shown[ROUTE_SHOWN + 8];
    const char *route = r->url + strlen(z->server);
    bool all = strlen(route) <= ROUTE_SHOWN;
    snprintf(shown, sizeof shown, "%.*s%s", ROUTE_SHOWN, route, all ? "" : "...");
    return shown;
}

zou_result zou_judge(const zou *z, const http_request *r, const http_answer *answer, error *e)
{
    arena *a = arena_new();
    json v;
    const char *words = NULL;
    if (json_parse(a, answer->body, answer->len, &v, NULL, NULL)) {
        words = json_text(json_get(&v, "message"));
        if (!words)
            words = json_text(json_get(&v, "msg"));
    }
    const char *route = zou_route(z, r);
    zou_result result = ZOU_FAILED;
    int status = answer->status >= 500 ? EX_TEMPFAIL : EX_PROTOCOL;
    if (answer->status == 401 || answer->status == 422) {
        result = ZOU_LOST;
        status = EX_NOPERM;
    } else if (words && answer->status == 403) {
        result = ZOU_FORBIDDEN;
        status = EX_NOPERM;
    } else if (words && answer->status == 404) {
        result = ZOU_MISSING;
    }
    if (words)
        error_set(e, status, "%s %s: HTTP %d: %.300s", r->method, route, answer->status, words);
    else if (answer->status == 413) /* nginx's client_max_body_size, as a rule */
        error_set(e, status, "%s %s: HTTP 413: that is more than the server takes", r->method,
                  route);
    else if (answer->status == 504 && r->upload)
        error_set(e, status, "%s %s: HTTP 504: Kitsu has got it, but takes long to work on it",
                  r->method, route);
    else
        error_set(e, status,
                  "%s %s: HTTP %d, and no words of Zou's: is %s the address of "
                  "Kitsu's API?",
                  r->method, route, answer->status, z->server);
    arena_free(a);
    return result;
}

/* Send, with the session's token, a second time with another one if need be.
 * ZOU_OK: a 2xx answer. */
static zou_result send_with_token(zou *z, http_request *r, http_answer *answer, error *e)
{
    for (bool renewed = false;; renewed = true) {
        r->token = session_token(z->session, e);
        if (!r->token)
            return ZOU_LOST;
        if (!http_send(z->http, r, answer, e))
            return r->upload && e->status == EX_NOINPUT ? ZOU_FAILED : ZOU_LOST;
        z->date = answer->date;
        if (answer->status / 100 == 2)
            return ZOU_OK;
        bool refused = answer->status == 401 || answer->status == 422;
        zou_result result = zou_judge(z, r, answer, e);
        if (!refused || renewed)
            return result;
        if (!session_renew(z->session, e))
            return ZOU_LOST;
    }
}

zou_result zou_nonsense(const zou *z, const http_request *r, const char *what, error *e)
{
    error_set(e, EX_PROTOCOL, "%s %s: not Zou's JSON (%s): is %s the address of Kitsu's API?",
              r->method, zou_route(z, r), what, z->server);
    return ZOU_FAILED;
}

/* ---- an answer of one piece --------------------------------------------- */

typedef struct piece {
    buf text;
    arena *arena; /* borrowed */
    json *out;    /* borrowed */
    json_error error;
    bool parsed, too_long;
} piece;

bool zou_parse(arena *a, const char *text, size_t len, json *out, json_error *e, bool *cut)
{
    *cut = false;
    *out = json_null();
    if (len == 0) /* 204, say */
        return true;
    bool parsed = json_parse(a, text, len, out, e, NULL);
    *cut = !parsed && e->offset >= len;
    return parsed;
}

static bool feed_piece(void *context, const char *bytes, size_t len)
{
    piece *p = context;
    p->too_long = len > MAX_ANSWER - p->text.len;
    if (!p->too_long)
        buf_add(&p->text, bytes, len);
    return !p->too_long;
}

static bool end_piece(void *context)
{
    piece *p = context;
    bool cut;
    p->parsed = zou_parse(p->arena, p->text.data, p->text.len, p->out, &p->error, &cut);
    return !cut;
}

static void restart_piece(void *context)
{
    piece *p = context;
    buf_clear(&p->text);
}

/* `r` lacks its URL and its sink. */
static zou_result send_whole(zou *z, http_request *r, const char *path, arena *a, json *out,
                             error *e)
{
    buf url = {0};
    buf_addf(&url, "%s%s", z->server, path);
    piece p = {.arena = a, .out = out};
    http_sink sink = {feed_piece, end_piece, restart_piece, &p};
    http_answer answer;
    r->url = url.data;
    r->sink = &sink;
    zou_result result = send_with_token(z, r, &answer, e);
    if (result == ZOU_OK && !p.parsed)
        result = zou_nonsense(z, r, p.too_long ? "too long" : p.error.what, e);
    buf_free(&p.text);
    buf_free(&url);
    return result;
}

zou_result zou_send(zou *z, const char *method, const char *path, const char *body, bool repeatable,
                    arena *a, json *out, error *e)
{
    http_request r = {.method = method, .body = body, .repeatable = repeatable};
    return send_whole(z, &r, path, a, out, e);
}

zou_result zou_upload(zou *z, const char *path, const http_upload *upload, arena *a, json *out,
                      error *e)
{
    http_request r = {.method = "POST", .upload = upload};
    return send_whole(z, &r, path, a, out, e);
}

zou_result zou_get(zou *z, const char *path, arena *a, json *out, error *e)
{
    return zou_send(z, "GET", path, NULL, false, a, out, e);
}

/* ---- lists -------------------------------------------------------------- */

typedef struct list {
    json_splitter *splitter; /* owned */
    idset *seen;             /* borrowed */
    json_element_fn *fn;
    void *context;
    bool is_object, stopped;
} list;

static bool on_element(void *context, const json_element *element)
{
    list *l = context;
    l->is_object = json_splitter_is_object(l->splitter);
    if (l->is_object)
        return false;
    const char *key = element->id ? element->id : element->text;
    size_t len = element->id ? strlen(element->id) : element->len;
    if (key && !idset_add(l->seen, key, len))
        return true;
    l->stopped = !l->fn(l->context, element);
    return !l->stopped;
}

static bool feed_list(void *context, const char *bytes, size_t len)
{
    list *l = context;
    return json_splitter_feed(l->splitter, bytes, len);
}

static bool end_list(void *context)
{
    list *l = context;
    return json_splitter_end(l->splitter);
}

static void restart_list(void *context)
{
    list *l = context;
    json_splitter_free(l->splitter);
    l->splitter = json_splitter_new(on_element, l);
}

zou_result zou_list(zou *z, const char *path, json_element_fn *fn, void *context, error *e)
{
    buf url = {0};
    buf_addf(&url, "%s%s", z->server, path);
    idset_clear(z->seen);
    list l = {.seen = z->seen, .fn = fn, .context = context};
    l.splitter = json_splitter_new(on_element, &l);
    http_sink sink = {feed_list, end_list, restart_list, &l};
    http_request r = {.method = "GET", .url = url.data, .sink = &sink};
    http_answer answer;
    zou_result result = send_with_token(z, &r, &answer, e);
    if (result == ZOU_OK && l.stopped)
        result = ZOU_STOPPED;
    else if (result == ZOU_OK && l.is_object)
        result = zou_nonsense(z, &r, "an object in place of a list", e);
    else if (result == ZOU_OK && answer.stopped)
        result = zou_nonsense(z, &r, json_splitter_error(l.splitter), e);
    json_splitter_free(l.splitter);
    buf_free(&url);
    return result;
}

typedef struct tree_list {
    arena *arena, *scratch; /* the one borrowed, or the other owned */
    zou_tree_fn *fn;
    void *context;
} tree_list;

static bool parse_element(void *context, const json_element *element)
{
    tree_list *l = context;
    json tree;
    bool parsed =
        element->text && json_parse(l->arena, element->text, element->len, &tree, NULL, NULL);
    bool more = l->fn(l->context, element, parsed ? &tree : NULL);
    if (l->scratch)
        arena_reset(l->scratch);
    return more;
}

zou_result zou_list_trees(zou *z, const char *path, arena *a, zou_tree_fn *fn, void *context,
                          error *e)
{
    arena *scratch = a ? NULL : arena_new();
    tree_list l = {.arena = a ? a : scratch, .scratch = scratch, .fn = fn, .context = context};
    zou_result result = zou_list(z, path, parse_element, &l, e);
    arena_free(scratch);
    return result;
}
