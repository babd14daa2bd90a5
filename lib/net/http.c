#include "net/http.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"
#include "net/attempt.h"
#include "net/redirect.h"

#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define RETRY_SECONDS   30.0 /* all waits together, at most */
#define MAX_RETRY_AFTER 4.0  /* times RETRY_SECONDS; what a server may ask for */
#define LOUD_SECONDS    5.0  /* a longer wait is worth a warning */

/* seconds; of an upload as a whole: a movie of 20 GB on a line of 3 Mbit/s */
#define UPLOAD_SECONDS 60000.0

http *http_new(void)
{
    return client_new();
}

void http_forget(http *h)
{
    buf_free_secret(&h->body);
}

void http_needs(program_needs *n)
{
    client_needs(n);
}

void http_free(http *h)
{
    client_free(h);
}

void http_impatient(http *h, int output)
{
    h->impatient = true;
    h->output = output;
    client_watch(h, true);
}

bool http_upload_check(const char *file, error *e)
{
    uint64_t size;
    int fd = upload_open(file, &size, e);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* ---- repeating ---------------------------------------------------------- */

/* After the tries: 1, 2, 4, 8 fifteenths of the time. */
double http_retry_wait(int tries, double asked, const error *e)
{
    double all = clock_setting("OPKITSU_RETRY_SECONDS", RETRY_SECONDS);
    double most = all * MAX_RETRY_AFTER;
    double seconds = clock_jitter(all * (1 << (tries - 1)) / 15);
    if (asked > seconds)
        seconds = asked < most ? asked : most;
    if (e && seconds > LOUD_SECONDS)
        msg_warn("%s; retrying in %.0f s", e->what, seconds);
    else if (e)
        msg_info("%s; retrying in %.1f s", e->what, seconds);
    return seconds;
}

/* ---- sending ------------------------------------------------------------ */

/* An upload has a patience of its own (upload_stalls). */
static bool begin_upload(http *h, const http_upload *u, error *e)
{
    if (!upload_begin(&h->upload, h->curl, u, e))
        return false;
    curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_TIME, 0L);
    client_watch(h, true);
    return true;
}

static void end_upload(http *h)
{
    upload_end(&h->upload, h->curl);
    curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_TIME, client_stall_seconds());
    client_watch(h, h->impatient);
}

/* Of what has a deadline: curl waits so long for the whole. An upload's own patience counts
 * from its last byte. False: the deadline is over. */
static bool limit_time(http *h, const http_request *r, const char *url, error *e)
{
    double left = r->deadline > 0 ? r->deadline - clock_now() : 0;
    client_limit(h, left > 0 ? left : r->upload ? UPLOAD_SECONDS : 0);
    return left > 0 || r->deadline <= 0 ||
           error_set(e, EX_TEMPFAIL, "%s: there was no time left to send it", http_shown(url));
}

static void attempt(http *h, const http_request *r, const char *url, outcome *out)
{
    error e;
    attempt_prepare(h, r, url);
    bool ready = limit_time(h, r, url, &e) && (!r->upload || begin_upload(h, r->upload, &e));
    CURLcode code = ready ? curl_easy_perform(h->curl) : CURLE_OK;
    if (ready && r->upload)
        end_upload(h);
    attempt_conclude(h, r, url);
    if (ready)
        attempt_judge(h, code, url, out);
    else
        *out = (outcome){.verdict = HOPELESS, .error = e};
}

/* The attempt, and those that redirections lead to. */
static void attempt_redirected(http *h, const http_request *r, char **url, int *redirects,
                               outcome *out)
{
    do
        attempt(h, r, *url, out);
    while (out->verdict == REDIRECTED && attempt_redirect(h, url, redirects, &out->error));
    if (out->verdict == REDIRECTED)
        out->verdict = HOPELESS;
}

static void fill_answer(const http *h, const char *asked, const char *url, http_answer *answer)
{
    *answer = (http_answer){.status = client_status(h),
                            .body = h->body.data ? h->body.data : "",
                            .len = h->body.len,
                            .date = h->date,
                            .stopped = h->stopped,
                            .elsewhere = redirect_is_elsewhere(asked, url),
                            .too_long = h->too_much};
}

bool http_send(http *h, const http_request *request, http_answer *answer, error *e)
{
    char *url = xstrdup(request->url);
    int tries = 0, redirects = 0;
    size_t furthest = 0;
    outcome out;
    for (;;) {
        attempt_redirected(h, request, &url, &redirects, &out);
        if (out.verdict != BROKEN)
            break;
        tries = h->fed > furthest ? 1 : tries + 1;
        furthest = h->fed > furthest ? h->fed : furthest;
        bool harmless = out.unsent || http_repeatable(request);
        if (h->impatient || tries == HTTP_MAX_TRIES || !harmless)
            break;
        if (request->sink)
            request->sink->restart(request->sink->context);
        clock_sleep(http_retry_wait(tries, out.retry_after, &out.error));
    }
    fill_answer(h, request->url, url, answer);
    free(url);
    bool ok = out.verdict == ANSWERED || (out.verdict == BROKEN && answer->status == 504);
    if (!ok)
        *e = out.error;
    return ok;
}
