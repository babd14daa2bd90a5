#include "net/http_multi.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "net/attempt.h"
#include "net/redirect.h"

#include <math.h>
#include <stdlib.h>

struct http_multi {
    CURLM *curl; /* owned */
};

struct http_call {
    http_multi *multi; /* borrowed */
    http *http;        /* owned: of this request alone */
    http_request request;
    char *method, *asked, *url, *token, *body; /* owned; `url`: where a redirection led to */
    int redirects;
    bool ended, failed, hopeless, unsent;
    error error;
};

http_multi *http_multi_new(void)
{
    http_multi *m = xmalloc(sizeof *m);
    *m = (http_multi){.curl = curl_multi_init()};
    if (!m->curl)
        mem_exhausted(sizeof(CURLM *));
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
    attempt_prepare(c->http, &c->request, c->url);
    curl_multi_add_handle(c->multi->curl, c->http->curl);
}

http_call *http_call_new(http_multi *m, const http_request *r, double seconds)
{
    http_call *c = xmalloc(sizeof *c);
    *c = (http_call){.multi = m,
                     .http = client_new(),
                     .method = copy(r->method),
                     .asked = copy(r->url),
                     .url = copy(r->url),
                     .token = copy(r->token),
                     .body = copy(r->body)};
    c->request = (http_request){.method = c->method,
                                .url = c->asked,
                                .token = c->token,
                                .body = c->body,
                                .repeatable = r->repeatable};
    c->http->worked = true; /* for the exit status: a caller with other work has met the server */
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
    client_free(c->http);
    free(c->method);
    free(c->asked);
    free(c->url);
    free_secret(c->token);
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
    *answer = (http_answer){.status = client_status(h),
                            .body = h->body.data ? h->body.data : "",
                            .len = h->body.len,
                            .date = h->date,
                            .elsewhere = redirect_is_elsewhere(c->request.url, c->url),
                            .retry_after = attempt_retry_after(h),
                            .unsent = c->failed && c->unsent,
                            .hopeless = c->hopeless};
    if (c->failed)
        *e = c->error;
    return !c->failed;
}

static void end_call(http_call *c, CURLcode code)
{
    outcome out;
    curl_multi_remove_handle(c->multi->curl, c->http->curl);
    attempt_conclude(c->http, &c->request, c->url);
    attempt_judge(c->http, code, c->url, &out);
    if (out.verdict == REDIRECTED) {
        if (attempt_redirect(c->http, &c->url, &c->redirects, &out.error)) {
            begin_call(c);
            return;
        }
        out.verdict = HOPELESS;
    }
    /* A server that is busy (502, say) has answered. */
    c->failed = out.verdict == HOPELESS || (out.verdict == BROKEN && code != CURLE_OK);
    c->hopeless = out.verdict == HOPELESS;
    c->unsent = out.unsent;
    c->error = out.error;
    c->ended = true;
}

/* Whether a call has ended. */
static bool carry_on(http_multi *m)
{
    int queued;
    bool ended = false;
    curl_multi_perform(m->curl, &queued);
    for (CURLMsg *message; (message = curl_multi_info_read(m->curl, &queued));) {
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
        double remaining = until - clock_now();
        if (remaining <= 0 || (fd >= 0 && fd_hung_up(fd)))
            return;
        curl_multi_poll(m->curl, &extra, fd >= 0, (int)ceil(fmin(remaining, 60) * 1000), NULL);
    }
}
