#include "net/attempt.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/msg.h"
#include "net/redirect.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define CA_HINT                                                                                    \
    ": if its certificate is the studio's own, name the file of its authority in CURL_CA_BUNDLE"

#define MAX_REDIRECTS 5 /* of one request; http to https is one */
/* seconds without use, after which a connection is not used again for what must not
 * arrive twice: servers close idle ones, Zou's after two seconds. */
#define FRESH_SECONDS 1L
#define STALE_SECONDS 118L /* curl's own, for the others */

/* ---- before and after --------------------------------------------------- */

static struct curl_slist *make_headers(const http_request *r)
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
        buf_free_secret(&line);
    }
    return list;
}

void attempt_prepare(http *h, const http_request *r, const char *url)
{
    h->headers = make_headers(r);
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
    h->stopped = h->too_long = h->too_much = false;
    h->sendings = 0;
    h->fed = h->headers_len = 0;
    h->headers_too_long = h->no_descriptor = false;
    h->date = -1;
    h->error[0] = '\0';
    h->upload = (upload){0};
    buf_clear(&h->body);
}

void attempt_conclude(http *h, const http_request *r, const char *url)
{
    curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
    client_free_headers(h);
    if (client_status(h) > 0)
        h->worked = true;
    if (msg_level() >= 2) {
        double seconds = 0;
        curl_off_t bytes = 0;
        curl_easy_getinfo(h->curl, CURLINFO_TOTAL_TIME, &seconds);
        curl_easy_getinfo(h->curl, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
        msg_info("%s %s: %d, %lld bytes, %.3f s", r->method, url, client_status(h),
                 (long long)bytes, seconds);
    }
}

/* ---- the outcome ------------------------------------------------------ */

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

/* With a server that has never answered, more often a typing error than a name
 * server's bad minute: the user should not wait half a minute to see it. */
static bool is_typing_error(CURLcode code)
{
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
           code == CURLE_SSL_CONNECT_ERROR;
}

static bool is_redirection(int status)
{
    return status == 301 || status == 302 || status == 307 || status == 308;
}

static bool nothing_sent(const http *h)
{
    long bytes = 0;
    curl_easy_getinfo(h->curl, CURLINFO_REQUEST_SIZE, &bytes);
    return bytes == 0;
}

double attempt_retry_after(const http *h)
{
    curl_off_t seconds = 0;
    curl_easy_getinfo(h->curl, CURLINFO_RETRY_AFTER, &seconds);
    return (double)seconds;
}

/* 69 for a server that has never answered, 75 for one that has. */
static int no_answer_status(const http *h)
{
    return h->worked ? EX_TEMPFAIL : EX_UNAVAILABLE;
}

/* curl failed. */
static void judge_failure(http *h, CURLcode code, const char *url, outcome *out)
{
    const char *why = h->error[0] ? h->error : curl_easy_strerror(code);
    if (h->sendings > 1 && !http_repeatable(h->request)) /* on_sending stopped it */
        why = "the connection broke before an answer";
    if (h->upload.why[0])
        why = h->upload.why;
    if (h->no_descriptor) {
        out->verdict = HOPELESS;
        error_set(&out->error, EX_OSERR, "%s: too many open files (see ulimit -n)",
                  http_shown(url));
        return;
    }
    bool typed = !h->worked && is_typing_error(code);
    out->verdict = typed || is_hopeless(code) ? HOPELESS : BROKEN;
    error_set(&out->error, code == CURLE_URL_MALFORMAT ? EX_CONFIG : no_answer_status(h),
              "%s: %s%s", http_shown(url), why,
              code == CURLE_PEER_FAILED_VERIFICATION ? CA_HINT : "");
}

static void judge_busy(const http *h, int status, const char *url, outcome *out)
{
    out->verdict = BROKEN;
    out->retry_after = attempt_retry_after(h);
    /* A proxy may answer 408, 502, 503 or 504 after the server behind it has done it. */
    out->unsent = status == 429;
    error_set(&out->error, EX_TEMPFAIL, "%s: the server is busy or down (HTTP %d)", http_shown(url),
              status);
}

/* Whether the sink, if there is one, has got a whole body. */
static bool body_is_whole(const http *h, int status)
{
    const http_sink *sink = h->request->sink;
    return !sink || status / 100 != 2 || sink->end(sink->context);
}

void attempt_judge(http *h, CURLcode code, const char *url, outcome *out)
{
    int status = client_status(h);
    *out = (outcome){.verdict = ANSWERED, .unsent = code != CURLE_OK && nothing_sent(h)};
    if (h->stopped)
        return;
    if (h->upload.spoiled) {
        out->verdict = HOPELESS;
        error_set(&out->error, EX_NOINPUT, "%s: %s", h->request->upload->file, h->upload.why);
    } else if (h->too_long) {
        out->verdict = HOPELESS;
        error_set(&out->error, EX_PROTOCOL, "%s: the answer is longer than %zu MiB",
                  http_shown(url), MAX_ANSWER / 1024 / 1024);
    } else if (h->headers_too_long) {
        out->verdict = HOPELESS;
        error_set(&out->error, EX_PROTOCOL, "%s: the answer's headers do not end", http_shown(url));
    } else if (code != CURLE_OK) {
        judge_failure(h, code, url, out);
    } else if (http_is_busy(status)) {
        judge_busy(h, status, url, out);
    } else if (is_redirection(status)) {
        out->verdict = REDIRECTED;
    } else if (!body_is_whole(h, status)) {
        out->verdict = BROKEN;
        error_set(&out->error, no_answer_status(h), "%s: the answer ended early", http_shown(url));
    }
}

/* ---- redirections --------------------------------------------------------- */

bool attempt_redirect(http *h, char **url, int *redirects, error *e)
{
    char *to = NULL;
    if (++*redirects > MAX_REDIRECTS)
        return error_set(e, EX_PROTOCOL, "%s: more than %d redirections", http_shown(*url),
                         MAX_REDIRECTS);
    curl_easy_getinfo(h->curl, CURLINFO_REDIRECT_URL, &to);
    if (!to)
        return error_set(e, EX_PROTOCOL, "%s: a redirection (HTTP %d) without an address",
                         http_shown(*url), client_status(h));
    if (redirect_is_downgrade(*url, to))
        return error_set(e, EX_CONFIG,
                         "%s is redirected to http, where anybody on the way could read the "
                         "log-in: not followed; the server, or a proxy before it, needs mending",
                         http_shown(*url));
    if (!redirect_is_safe(*url, to))
        return error_set(e, EX_CONFIG,
                         "%s is redirected to another server, %s: if that is the right one, "
                         "use its address",
                         http_shown(*url), http_shown(to));
    if (!h->redirected)
        msg_warn("%s is redirected to %s: use that address instead", http_shown(*url),
                 http_shown(to));
    h->redirected = true;
    free(*url);
    *url = xstrdup(to);
    return true;
}
