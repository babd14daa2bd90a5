#include "net/http.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/program.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define CONNECT_SECONDS 10L
#define STALL_SECONDS   60L  /* without a byte */
#define RETRY_SECONDS   30.0 /* all waits together, at most */
#define MAX_RETRY_AFTER 4.0  /* times RETRY_SECONDS; what a server may ask for */
#define MAX_REDIRECTS   5
/* Without use, after which a connection is not used again for what must not
 * arrive twice: servers close idle ones, Zou's after two seconds. */
#define FRESH_SECONDS 1L
#define STALE_SECONDS 118L   /* curl's own, for the others */
#define LOUD_SECONDS  5.0    /* a longer wait is worth a warning */
#define WORK_SECONDS  1800.0 /* without a byte, once a file has arrived: Zou may make a film of it */
#define SHOWN_SECONDS 0.1    /* between two calls of an upload's `progress` */

struct http {
    CURL *curl;                 /* owned */
    struct curl_slist *headers; /* owned: of the request under way */
    buf body;                   /* owned: what no sink took */
    bool worked;                /* a server has answered, ever */
    bool redirected;            /* which has been said */
    bool impatient;
    int output; /* of the impatient: see http_impatient */
    char error[CURL_ERROR_SIZE];

    const http_request *request; /* borrowed: the one under way */
    bool stopped, too_long;
    int sendings; /* of this try: curl's own on a connection that broke included */
    size_t fed;   /* bytes of this try that went into the sink */
    time_t date;

    curl_mime *form; /* owned: of an upload */
    int file;        /* its descriptor */
    uint64_t size, sent;
    bool spoiled;              /* the file is; `why` says how */
    char why[96];              /* we gave up ourselves; curl's own `error` is no help then */
    double moved_at, shown_at; /* when bytes moved, and when that was shown */
    curl_off_t moved;          /* bytes, both ways */
};

typedef enum verdict { ANSWERED, REDIRECTED, BROKEN, HOPELESS } verdict;

/* ---- curl's callbacks --------------------------------------------------- */

static int response_code(const http *h)
{
    long code = 0;
    curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &code);
    return (int)code;
}

static size_t on_body(char *bytes, size_t one, size_t len, void *context)
{
    http *h = context;
    (void)one; /* always 1 */
    if (h->request->sink && response_code(h) / 100 == 2) {
        h->fed += len;
        h->stopped = !h->request->sink->feed(h->request->sink->context, bytes, len);
        return h->stopped ? 0 : len;
    }
    h->too_long = len > MAX_ANSWER - h->body.len;
    if (h->too_long)
        return 0;
    buf_add(&h->body, bytes, len);
    return len;
}

static size_t on_header(char *bytes, size_t one, size_t len, void *context)
{
    http *h = context;
    char date[64];
    (void)one;
    if (len > 5 && len < sizeof date && strncasecmp(bytes, "Date:", 5) == 0) {
        memcpy(date, bytes + 5, len - 5);
        date[len - 5] = '\0';
        h->date = curl_getdate(date, NULL);
    }
    return len;
}

/* Before the request is sent, on whatever connection. When one that was used
 * before breaks without an answer, curl takes it for one that had been idle for
 * too long, and sends the request again, be it a POST: the server may have done
 * it, and died then. */
#if LIBCURL_VERSION_NUM >= 0x075000
static int on_sending(void *context, char *to, char *from, int to_port, int from_port)
{
    http *h = context;
    (void)to, (void)from, (void)to_port, (void)from_port;
    if (h->sendings++ == 0 || http_repeatable(h->request))
        return CURL_PREREQFUNC_OK;
    return CURL_PREREQFUNC_ABORT;
}
#endif

/* ---- the client --------------------------------------------------------- */

bool http_repeatable(const http_request *r)
{
    return r->repeatable || strcmp(r->method, "POST") != 0;
}

static double retry_seconds(void)
{
    const char *text = getenv("OPKITSU_RETRY_SECONDS");
    char *end;
    double seconds = text ? strtod(text, &end) : -1;
    return seconds >= 0 && seconds <= 86400 && end != text && !*end ? seconds : RETRY_SECONDS;
}

/* As curl(1) does; the library itself does not look at them. */
static void set_authorities(CURL *curl)
{
    const char *bundle = getenv("CURL_CA_BUNDLE");
    if (bundle && *bundle) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, bundle);
        return;
    }
    const char *folder = getenv("SSL_CERT_DIR"), *file = getenv("SSL_CERT_FILE");
    if (folder && *folder)
        curl_easy_setopt(curl, CURLOPT_CAPATH, folder);
    if (file && *file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, file);
}

http *http_new(void)
{
    static bool initialised;
    if (!initialised)
        curl_global_init(CURL_GLOBAL_DEFAULT);
    initialised = true;

    http *h = xmalloc(sizeof *h);
    *h = (http){.curl = curl_easy_init()};
    if (!h->curl) {
        msg_error("out of memory");
        exit(EX_OSERR);
    }
    /* curl would ignore SIGPIPE while it works, and with it a reader of our
     * stdout that has left. Its sockets don't raise it (MSG_NOSIGNAL). */
    curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, h->error);
    curl_easy_setopt(h->curl, CURLOPT_USERAGENT, "opkitsu/" OPKITSU_VERSION);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
    curl_easy_setopt(h->curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(h->curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
    curl_easy_setopt(h->curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, h);
    curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(h->curl, CURLOPT_HEADERDATA, h);
#if LIBCURL_VERSION_NUM >= 0x075000
    curl_easy_setopt(h->curl, CURLOPT_PREREQFUNCTION, on_sending);
    curl_easy_setopt(h->curl, CURLOPT_PREREQDATA, h);
#endif
    set_authorities(h->curl);
    return h;
}

void http_free(http *h)
{
    if (!h)
        return;
    curl_easy_cleanup(h->curl);
    curl_slist_free_all(h->headers);
    buf_free(&h->body);
    free(h);
}

bool http_hung_up(int fd)
{
    struct pollfd p = {.fd = fd};
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

/* Whether to give up: curl's own patience (LOW_SPEED_TIME) can't tell a file that
 * is stuck on its way from one that the server has got and works on. */
static bool upload_stalls(http *h, curl_off_t moved)
{
    double now = clock_now();
    if (moved != h->moved) {
        h->moved = moved;
        h->moved_at = now;
    }
    double patience = h->sent < h->size ? STALL_SECONDS : WORK_SECONDS;
    if (now - h->moved_at <= patience)
        return false;
    snprintf(h->why, sizeof h->why, "nothing has moved for %.0f s", patience);
    return true;
}

static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    http *h = context;
    (void)down_total, (void)up_total;
    if (h->impatient && http_hung_up(h->output))
        return 1;
    return h->request->upload && upload_stalls(h, up + down);
}

static void want_progress(http *h, bool wanted)
{
    curl_easy_setopt(h->curl, CURLOPT_NOPROGRESS, wanted ? 0L : 1L);
    curl_easy_setopt(h->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(h->curl, CURLOPT_XFERINFODATA, h);
}

void http_impatient(http *h, int output)
{
    h->impatient = true;
    h->output = output;
    want_progress(h, true);
}

/* ---- uploads ------------------------------------------------------------ */

/* A descriptor and its size; -1: `*e`. */
static int open_file(const char *path, uint64_t *size, error *e)
{
    struct stat st;
    /* Else a FIFO would keep us waiting for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *why = NULL;
    if (fd < 0 || fstat(fd, &st) != 0)
        why = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        why = S_ISDIR(st.st_mode) ? "a folder, not a file" : "not a regular file";
    else if (st.st_size == 0)
        why = "the file is empty";
    else
        *size = (uint64_t)st.st_size;
    if (!why)
        return fd;
    error_set(e, EX_NOINPUT, "%s: %s", path, why);
    if (fd >= 0)
        close(fd);
    return -1;
}

bool http_upload_check(const char *file, error *e)
{
    uint64_t size;
    int fd = open_file(file, &size, e);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static size_t spoil(http *h, const char *why)
{
    snprintf(h->why, sizeof h->why, "%s", why);
    h->spoiled = true;
    return CURL_READFUNC_ABORT;
}

static void show_upload(http *h)
{
    const http_upload *u = h->request->upload;
    double now = clock_now();
    if (!u->progress || (h->sent < h->size && now - h->shown_at < SHOWN_SECONDS))
        return;
    h->shown_at = now;
    u->progress(u->context, h->sent, h->size);
}

/* The length was promised at the start. The last bytes of a file that is another
 * one by now are never sent: the server would take the whole for good. */
static size_t on_file(char *bytes, size_t one, size_t room, void *context)
{
    http *h = context;
    struct stat st;
    (void)one; /* always 1 */
    uint64_t left = h->size - h->sent;
    if (left == 0)
        return 0;
    ssize_t got = read(h->file, bytes, left < room ? (size_t)left : room);
    if (got < 0)
        return spoil(h, strerror(errno));
    if (got == 0)
        return spoil(h, "the file became shorter while it was sent");
    if ((uint64_t)got == left && (fstat(h->file, &st) != 0 || (uint64_t)st.st_size != h->size))
        return spoil(h, "the file changed its size while it was sent");
    h->sent += (uint64_t)got;
    show_upload(h);
    return (size_t)got;
}

static int on_seek(void *context, curl_off_t offset, int origin)
{
    http *h = context;
    if (lseek(h->file, (off_t)offset, origin) < 0)
        return CURL_SEEKFUNC_CANTSEEK;
    h->sent = (uint64_t)offset; /* curl only ever seeks from the start */
    return CURL_SEEKFUNC_OK;
}

static bool begin_upload(http *h, const http_upload *u, error *e)
{
    const char *slash = strrchr(u->file, '/');
    h->file = open_file(u->file, &h->size, e);
    if (h->file < 0)
        return false;
    h->sent = 0;
    h->moved = 0;
    h->moved_at = clock_now();
    h->shown_at = 0;
    h->form = curl_mime_init(h->curl);
    curl_mimepart *part = curl_mime_addpart(h->form);
    curl_mime_name(part, u->field);
    curl_mime_filename(part, slash ? slash + 1 : u->file);
    curl_mime_data_cb(part, (curl_off_t)h->size, on_file, on_seek, NULL, h);
    curl_easy_setopt(h->curl, CURLOPT_MIMEPOST, h->form);
    curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_TIME, 0L);
    want_progress(h, true);
    return true;
}

static void end_upload(http *h)
{
    curl_easy_setopt(h->curl, CURLOPT_MIMEPOST, NULL);
    curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
    want_progress(h, h->impatient);
    curl_mime_free(h->form);
    h->form = NULL;
    close(h->file);
}

/* ---- redirections ------------------------------------------------------- */

static char *part(const char *url, CURLUPart which)
{
    char *text = NULL;
    CURLU *u = curl_url();
    if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK)
        curl_url_get(u, which, &text, CURLU_DEFAULT_PORT);
    curl_url_cleanup(u);
    return text;
}

static bool same_part(const char *a, const char *b, CURLUPart which)
{
    char *x = part(a, which), *y = part(b, which);
    bool same = x && y && strcasecmp(x, y) == 0;
    curl_free(x);
    curl_free(y);
    return same;
}

/* Whether a token meant for the one address may be sent to the other. */
static bool may_follow(const char *from, const char *to)
{
    if (!same_part(from, to, CURLUPART_HOST))
        return false;
    if (same_part(from, to, CURLUPART_SCHEME))
        return same_part(from, to, CURLUPART_PORT);
    return strncasecmp(to, "https:", 6) == 0;
}

/* Where the answer points to; the caller frees it. NULL: `*e`. */
static char *redirection(http *h, const char *url, error *e)
{
    char *to = NULL;
    curl_easy_getinfo(h->curl, CURLINFO_REDIRECT_URL, &to);
    if (!to) {
        error_set(e, EX_PROTOCOL, "%s: a redirection (%d) to nowhere", url, response_code(h));
        return NULL;
    }
    if (!may_follow(url, to)) {
        error_set(e, EX_CONFIG,
                  "%s is redirected to another server, %s: if that is the right one, name it", url,
                  to);
        return NULL;
    }
    if (!h->redirected)
        msg_warn("%s is redirected to %s: better use that address", url, to);
    h->redirected = true;
    return xstrdup(to);
}

/* ---- one try ------------------------------------------------------------ */

static struct curl_slist *headers(const http_request *r)
{
    struct curl_slist *list = curl_slist_append(NULL, "Accept: application/json");
    if (r->body) {
        list = curl_slist_append(list, "Content-Type: application/json");
        list = curl_slist_append(list, "Expect:");
    }
    if (r->token) {
        buf line = {0};
        buf_addf(&line, "Authorization: Bearer %s", r->token);
        list = curl_slist_append(list, line.data);
        buf_free(&line);
    }
    return list;
}

static bool is_hopeless(CURLcode code)
{
    switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ENGINE_NOTFOUND: return true;
    default: return false;
    }
}

/* With a server that was never met, a slip of the pen more often than a name
 * server's bad minute: nobody shall wait half a minute to hear of it. */
static bool is_slip(CURLcode code)
{
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
           code == CURLE_SSL_CONNECT_ERROR;
}

static void prepare(http *h, const http_request *r, const char *url)
{
    h->headers = headers(r);
    curl_easy_setopt(h->curl, CURLOPT_URL, url);
    curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, h->headers);
    curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
    if (r->body || strcmp(r->method, "POST") == 0) /* which always has a length */
        curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, r->body ? r->body : "");
    curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, r->method);
#if LIBCURL_VERSION_NUM >= 0x075000
    curl_easy_setopt(h->curl, CURLOPT_MAXAGE_CONN,
                     http_repeatable(r) ? STALE_SECONDS : FRESH_SECONDS);
#else /* without on_sending a connection of its own for each */
    curl_easy_setopt(h->curl, CURLOPT_FRESH_CONNECT, http_repeatable(r) ? 0L : 1L);
#endif
    h->request = r;
    h->stopped = h->too_long = h->spoiled = false;
    h->sendings = 0;
    h->fed = 0;
    h->date = -1;
    h->error[0] = h->why[0] = '\0';
    buf_clear(&h->body);
}

static void conclude(http *h, const http_request *r, const char *url)
{
    curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(h->headers);
    h->headers = NULL;
    if (response_code(h) > 0)
        h->worked = true;
    if (msg_level() >= 2) {
        double seconds = 0;
        curl_off_t bytes = 0;
        curl_easy_getinfo(h->curl, CURLINFO_TOTAL_TIME, &seconds);
        curl_easy_getinfo(h->curl, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
        msg_info("%s %s: %d, %lld bytes, %.3f s", r->method, url, response_code(h),
                 (long long)bytes, seconds);
    }
}

/* False: there is nothing to send, `*e`. */
static bool perform(http *h, const http_request *r, const char *url, CURLcode *code, error *e)
{
    prepare(h, r, url);
    bool ok = !r->upload || begin_upload(h, r->upload, e);
    if (ok)
        *code = curl_easy_perform(h->curl);
    if (ok && r->upload)
        end_upload(h);
    conclude(h, r, url);
    return ok;
}

static double retry_after(const http *h)
{
    curl_off_t seconds = 0;
    curl_easy_getinfo(h->curl, CURLINFO_RETRY_AFTER, &seconds);
    return (double)seconds;
}

static bool nothing_sent(const http *h)
{
    long bytes = 0;
    curl_easy_getinfo(h->curl, CURLINFO_REQUEST_SIZE, &bytes);
    return bytes == 0;
}

/* What came of it. BROKEN and HOPELESS: `*e` says why; `*wait` is how many
 * seconds the server asks for; `*unsent`: the request cannot have had an
 * effect. */
static verdict judge(http *h, CURLcode code, const char *url, double *wait, bool *unsent, error *e)
{
    int busy = h->worked ? EX_TEMPFAIL : EX_UNAVAILABLE;
    int status = response_code(h);
    const http_sink *sink = h->request->sink;
    *wait = 0;
    *unsent = code != CURLE_OK && nothing_sent(h);
    if (h->stopped)
        return ANSWERED;
    if (h->spoiled) {
        error_set(e, EX_NOINPUT, "%s: %s", h->request->upload->file, h->why);
        return HOPELESS;
    }
    if (h->too_long) {
        error_set(e, EX_PROTOCOL, "%s: the answer is longer than %zu MiB", url,
                  MAX_ANSWER / 1024 / 1024);
        return HOPELESS;
    }
    if (code != CURLE_OK) {
        if (h->sendings > 1 && !http_repeatable(h->request))
            snprintf(h->error, sizeof h->error, "the connection broke before an answer");
        error_set(e, code == CURLE_URL_MALFORMAT ? EX_CONFIG : busy, "%s: %s", url,
                  h->why[0]     ? h->why
                  : h->error[0] ? h->error
                                : curl_easy_strerror(code));
        return is_hopeless(code) || (!h->worked && is_slip(code)) ? HOPELESS : BROKEN;
    }
    if (status == 429 || status == 502 || status == 503 || status == 504) {
        *wait = retry_after(h);
        *unsent = status == 429 || status == 503;
        error_set(e, EX_TEMPFAIL, "%s: the server is busy or down (HTTP %d)", url, status);
        return BROKEN;
    }
    if (status == 301 || status == 302 || status == 307 || status == 308)
        return REDIRECTED;
    if (sink && status / 100 == 2 && !sink->end(sink->context)) {
        error_set(e, busy, "%s: the answer ended early", url);
        return BROKEN;
    }
    return ANSWERED;
}

/* ---- repeating ---------------------------------------------------------- */

/* After the tries: 1, 2, 4, 8 fifteenths of the time. */
double http_retry_wait(int tries, double asked, const error *e)
{
    double all = retry_seconds(), most = all * MAX_RETRY_AFTER;
    double seconds = clock_jitter(all * (1 << (tries - 1)) / 15);
    if (asked > seconds)
        seconds = asked < most ? asked : most;
    if (e && seconds > LOUD_SECONDS)
        msg_warn("%s; trying again in %.0f s", e->what, seconds);
    else if (e)
        msg_info("%s; trying again in %.1f s", e->what, seconds);
    return seconds;
}

/* Turn `*url` to where the answer points. False: `*e`. */
static bool follow(http *h, char **url, int *redirects, error *e)
{
    if (++*redirects > MAX_REDIRECTS)
        return error_set(e, EX_PROTOCOL, "%s: redirected in a circle", *url);
    char *next = redirection(h, *url, e);
    if (!next)
        return false;
    free(*url);
    *url = next;
    return true;
}

bool http_send(http *h, const http_request *request, http_answer *answer, error *e)
{
    char *url = xstrdup(request->url);
    int tries = 0, redirects = 0;
    size_t furthest = 0;
    verdict v;
    for (;;) {
        double asked;
        bool unsent;
        CURLcode code;
        if (!perform(h, request, url, &code, e)) {
            v = HOPELESS;
            break;
        }
        v = judge(h, code, url, &asked, &unsent, e);
        if (v == REDIRECTED) {
            if (follow(h, &url, &redirects, e))
                continue;
            v = HOPELESS;
        }
        if (v != BROKEN)
            break;
        tries = h->fed > furthest ? 1 : tries + 1;
        if (h->fed > furthest)
            furthest = h->fed;
        if (h->impatient || tries == HTTP_MAX_TRIES || !(unsent || http_repeatable(request)))
            break;
        if (request->sink)
            request->sink->restart(request->sink->context);
        clock_sleep(http_retry_wait(tries, asked, e));
    }
    free(url);
    *answer = (http_answer){.status = response_code(h),
                            .body = h->body.data ? h->body.data : "",
                            .len = h->body.len,
                            .date = h->date,
                            .stopped = h->stopped};
    return v == ANSWERED || (v == BROKEN && answer->status == 504);
}

/* ---- requests beside the program's other work --------------------------- */

struct http_multi {
    CURLM *curl; /* owned */
};

struct http_call {
    http_multi *multi; /* borrowed */
    http *http;        /* owned: of this request alone */
    http_request request;
    char *method, *url, *token, *body; /* owned */
    int redirects;
    bool ended, failed, hopeless, unsent;
    error error;
};

http_multi *http_multi_new(void)
{
    http_multi *m = xmalloc(sizeof *m);
    *m = (http_multi){.curl = curl_multi_init()};
    if (!m->curl) {
        msg_error("out of memory");
        exit(EX_OSERR);
    }
    return m;
}

void http_multi_free(http_multi *m)
{
    if (!m)
        return;
    curl_multi_cleanup(m->curl);
    free(m);
}

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static void begin_call(http_call *c)
{
    prepare(c->http, &c->request, c->url);
    curl_multi_add_handle(c->multi->curl, c->http->curl);
}

http_call *http_call_new(http_multi *m, const http_request *r, double seconds)
{
    http_call *c = xmalloc(sizeof *c);
    *c = (http_call){.multi = m,
                     .http = http_new(),
                     .method = copy(r->method),
                     .url = copy(r->url),
                     .token = copy(r->token),
                     .body = copy(r->body)};
    c->request = (http_request){.method = c->method,
                                .url = c->url,
                                .token = c->token,
                                .body = c->body,
                                .repeatable = r->repeatable};
    c->http->worked = true; /* who has more to do beside it knows that the server is there */
    curl_easy_setopt(c->http->curl, CURLOPT_PRIVATE, c);
    curl_easy_setopt(c->http->curl, CURLOPT_TIMEOUT_MS, (long)(seconds * 1000));
    curl_easy_setopt(c->http->curl, CURLOPT_LOW_SPEED_TIME, 0L); /* it may be long in coming */
    begin_call(c);
    return c;
}

void http_call_free(http_call *c)
{
    if (!c)
        return;
    if (!c->ended)
        curl_multi_remove_handle(c->multi->curl, c->http->curl);
    http_free(c->http);
    free(c->method);
    free(c->url);
    free(c->token);
    free(c->body);
    free(c);
}

bool http_call_ended(const http_call *c)
{
    return c->ended;
}

bool http_call_answer(const http_call *c, http_answer *answer, error *e)
{
    const http *h = c->http;
    *answer = (http_answer){.status = response_code(h),
                            .body = h->body.data ? h->body.data : "",
                            .len = h->body.len,
                            .date = h->date,
                            .retry_after = retry_after(h),
                            .unsent = c->failed && c->unsent,
                            .hopeless = c->hopeless};
    if (c->failed)
        *e = c->error;
    return !c->failed;
}

static void end_call(http_call *c, CURLcode code)
{
    double asked;
    curl_multi_remove_handle(c->multi->curl, c->http->curl);
    conclude(c->http, &c->request, c->url);
    switch (judge(c->http, code, c->url, &asked, &c->unsent, &c->error)) {
    case ANSWERED: break;
    case REDIRECTED:
        if (follow(c->http, &c->url, &c->redirects, &c->error)) {
            begin_call(c);
            return;
        }
        c->failed = c->hopeless = true;
        break;
    case BROKEN: c->failed = code != CURLE_OK; break; /* else 502 and the like */
    case HOPELESS: c->failed = c->hopeless = true; break;
    }
    c->ended = true;
}

/* Whether a call has ended. */
static bool carry_on(http_multi *m)
{
    int left;
    bool ended = false;
    curl_multi_perform(m->curl, &left);
    for (CURLMsg *message; (message = curl_multi_info_read(m->curl, &left));) {
        http_call *c = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&c);
        end_call(c, message->data.result);
        ended |= c->ended;
    }
    return ended;
}

void http_multi_wait(http_multi *m, int fd, double seconds)
{
    struct curl_waitfd extra = {.fd = fd};
    double until = clock_now() + seconds;
    while (!carry_on(m)) {
        double left = until - clock_now();
        if (left <= 0 || (fd >= 0 && http_hung_up(fd)))
            return;
        curl_multi_poll(m->curl, &extra, fd >= 0, (int)ceil(fmin(left, 60) * 1000), NULL);
    }
}
