#include "zou/zou.h"

#include "base/buf.h"
#include "base/idset.h"
#include "base/limits.h"
#include "base/mem.h"
#include "zou/server.h"
#include "zou/session.h"

#include <stdlib.h>
#include <string.h>
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

char *zou_find_server(const zou_options *o, error *e)
{
    return server_find(o->server, o->store, e);
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

bool zou_confine(const zou *z, const store *s, bool uploads, error *e)
{
    program_needs n = {.any_file = uploads};
    http_needs(&n);
    session_needs(z->session, &n);
    if (s)
        store_needs(s, &n);
    return confine(&n, e);
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

/* ---- sending ------------------------------------------------------------- */

/* Send with the session's token; once more with a new one if Zou refuses it. ZOU_OK: a
 * 2xx answer. */
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
        zou_result result = answer_judge(z->server, r, answer, e);
        if (!answer_is_refusal(answer->status) || renewed)
            return result;
        if (!session_renew(z->session, e))
            return ZOU_LOST;
    }
}

/* ---- an answer of one piece --------------------------------------------- */

typedef struct piece {
    buf text;
    arena *arena; /* borrowed */
    json *out;    /* borrowed */
    json_error error;
    bool parsed, too_long;
} piece;

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
    p->parsed = answer_parse(p->arena, p->text.data, p->text.len, p->out, &p->error, &cut);
    return !cut;
}

static void restart_piece(void *context)
{
    piece *p = context;
    buf_clear(&p->text);
}

typedef enum shape { ANY_SHAPE, A_LIST, AN_OBJECT } shape;

/* What is wrong with a 2xx answer that should be of this shape; NULL: nothing. */
static const char *find_fault(const piece *p, shape expected)
{
    if (!p->parsed)
        return p->too_long ? "too long" : p->error.what;
    if (expected == A_LIST && !json_is(p->out, JSON_ARRAY))
        return "not a list";
    if (expected == AN_OBJECT && !json_is(p->out, JSON_OBJECT))
        return "not an object";
    return NULL;
}

/* `r` lacks its URL and its sink. */
static zou_result send_whole(zou *z, http_request *r, const char *path, shape expected, arena *a,
                             json *out, error *e)
{
    buf url = {0};
    buf_addf(&url, "%s%s", z->server, path);
    piece p = {.arena = a, .out = out};
    http_sink sink = {feed_piece, end_piece, restart_piece, &p};
    http_answer answer;
    r->url = url.data;
    r->sink = &sink;
    zou_result result = send_with_token(z, r, &answer, e);
    const char *fault = result == ZOU_OK ? find_fault(&p, expected) : NULL;
    if (fault)
        result = answer_unexpected(z->server, r, fault, e);
    r->url = NULL;
    r->sink = NULL;
    buf_free(&p.text);
    buf_free(&url);
    return result;
}

zou_result zou_send(zou *z, const char *method, const char *path, const char *body, bool repeatable,
                    arena *a, json *out, error *e)
{
    http_request r = {.method = method, .body = body, .repeatable = repeatable};
    return send_whole(z, &r, path, ANY_SHAPE, a, out, e);
}

zou_result zou_post(zou *z, const char *path, const char *body, double deadline, arena *a,
                    json *out, error *e)
{
    http_request r = {.method = "POST", .body = body, .deadline = deadline};
    return send_whole(z, &r, path, ANY_SHAPE, a, out, e);
}

zou_result zou_upload(zou *z, const char *path, const http_upload *upload, arena *a, json *out,
                      error *e)
{
    http_request r = {.method = "POST", .upload = upload};
    return send_whole(z, &r, path, ANY_SHAPE, a, out, e);
}

zou_result zou_get(zou *z, const char *path, json_type type, arena *a, json *out, error *e)
{
    http_request r = {.method = "GET"};
    return send_whole(z, &r, path, type == JSON_ARRAY ? A_LIST : AN_OBJECT, a, out, e);
}

/* ---- lists -------------------------------------------------------------- */

typedef struct list {
    bool grouped;            /* the answer is an object of lists */
    json_splitter *splitter; /* owned */
    buf key;                 /* owned: of one element of a group */
    idset *seen;             /* borrowed */
    json_element_fn *fn;
    void *context;
    size_t n;      /* of the attempt */
    size_t handed; /* bytes of elements that `fn` got, or that it was to get */
    bool is_object, stopped, too_long, too_much;
} list;

/* Whether it was handed out before. Elements of two groups may be alike. */
static bool is_seen(list *l, const json_element *element)
{
    const char *key = element->id ? element->id : element->text;
    size_t len = element->id ? strlen(element->id) : element->len;
    if (!key || !element->group)
        return key && !idset_add(l->seen, key, len);
    buf_clear(&l->key);
    buf_addf(&l->key, "%s\n", element->group);
    buf_add(&l->key, key, len);
    return !idset_add(l->seen, l->key.data, l->key.len);
}

static bool on_element(void *context, const json_element *element)
{
    list *l = context;
    l->is_object = json_splitter_is_object(l->splitter);
    l->too_long = ++l->n > MAX_LIST || idset_len(l->seen) > MAX_LIST;
    if (l->is_object || l->too_long)
        return false;
    if (is_seen(l, element))
        return true;
    l->too_much = element->len > MAX_BODY - l->handed;
    if (l->too_much)
        return false;
    l->handed += element->len;
    l->stopped = !l->fn(l->context, element);
    return !l->stopped;
}

static json_splitter *new_splitter(list *l)
{
    return l->grouped ? json_splitter_of_groups(on_element, l) : json_splitter_new(on_element, l);
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
    l->n = 0;
    json_splitter_free(l->splitter);
    l->splitter = new_splitter(l);
}

static zou_result read_list(zou *z, const char *path, bool grouped, json_element_fn *fn,
                            void *context, error *e)
{
    buf url = {0};
    buf_addf(&url, "%s%s", z->server, path);
    idset_clear(z->seen);
    list l = {.grouped = grouped, .seen = z->seen, .fn = fn, .context = context};
    l.splitter = new_splitter(&l);
    http_sink sink = {feed_list, end_list, restart_list, &l};
    http_request r = {.method = "GET", .url = url.data, .sink = &sink};
    http_answer answer;
    zou_result result = send_with_token(z, &r, &answer, e);
    if (result == ZOU_OK && l.stopped)
        result = ZOU_STOPPED;
    else if (result == ZOU_OK && l.is_object)
        result = answer_unexpected(z->server, &r, "an object in place of a list", e);
    else if (result == ZOU_OK && l.too_long)
        result = answer_unexpected(z->server, &r, "more than 750,000 records", e);
    else if (result == ZOU_OK && (l.too_much || answer.too_long))
        result = answer_unexpected(z->server, &r, "more than 2 GiB", e);
    else if (result == ZOU_OK && answer.stopped)
        result = answer_unexpected(z->server, &r, json_splitter_error(l.splitter), e);
    json_splitter_free(l.splitter);
    buf_free(&l.key);
    buf_free(&url);
    return result;
}

zou_result zou_list(zou *z, const char *path, json_element_fn *fn, void *context, error *e)
{
    return read_list(z, path, false, fn, context, e);
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

static zou_result read_trees(zou *z, const char *path, bool grouped, arena *a, zou_tree_fn *fn,
                             void *context, error *e)
{
    arena *scratch = a ? NULL : arena_new();
    tree_list l = {.arena = a ? a : scratch, .scratch = scratch, .fn = fn, .context = context};
    zou_result result = read_list(z, path, grouped, parse_element, &l, e);
    arena_free(scratch);
    return result;
}

zou_result zou_list_trees(zou *z, const char *path, arena *a, zou_tree_fn *fn, void *context,
                          error *e)
{
    return read_trees(z, path, false, a, fn, context, e);
}

zou_result zou_list_groups(zou *z, const char *path, zou_tree_fn *fn, void *context, error *e)
{
    return read_trees(z, path, true, NULL, fn, context, e);
}
