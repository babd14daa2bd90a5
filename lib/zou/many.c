#include "zou/many.h"

#include "base/clock.h"
#include "base/mem.h"
#include "zou/answer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* Zou in production is a few workers of gevent, a connection to the database
 * each: four requests keep it busy, and leave room for the artists. */
#define AT_ONCE 4

/* seconds; a proxy gives up after 60, as a rule, and it is better to have its
 * answer. Counted while we wait, not while the caller is busy. */
#define MAX_ANSWER_SECONDS 90.0

#define TELL_SECONDS 1.0 /* between two calls of the caller's, who is promised 2 */

/* A job that was begun: in flight, or, without a call, to be sent again. */
typedef struct slot {
    zou_job *job;            /* borrowed; NULL: the slot is free */
    http_call *call;         /* owned */
    int tries;               /* that failed, by this job's own fault perhaps */
    bool refused;            /* once, with 401 or 422 */
    unsigned session, round; /* the crowd's, when it was sent */
    double waited;           /* seconds in flight */
} slot;

typedef struct crowd {
    zou *z;
    zou_job *next, *end; /* not begun yet */
    arena *arena;
    zou_job_fn *fn;
    void *context;
    error *error; /* of ZOU_LOST */
    slot slots[AT_ONCE];
    zou_result result; /* not ZOU_OK: nothing more is begun */
    char *token;       /* owned; NULL: none yet */
    unsigned session;  /* grows with every token */
    int tries;         /* in a row, without any answer */
    unsigned round;    /* grows with every wait: what was sent before does not prolong it */
    double resume;     /* by clock_now: nothing is sent before that */
    bool hung;         /* a job had 504 to its end, and none was answered since */
    double told;       /* by clock_now, when fn returned */
} crowd;

/* ---- the caller --------------------------------------------------------- */

static void tell(crowd *c, zou_job *job)
{
    if (c->fn && !c->fn(c->context, job) && c->result == ZOU_OK)
        c->result = ZOU_STOPPED;
    c->told = clock_now();
}

static void lose(crowd *c, const error *e)
{
    if (c->result != ZOU_OK)
        return;
    c->result = ZOU_LOST;
    *c->error = *e;
}

static void hang_up(slot *s)
{
    http_call_free(s->call);
    s->call = NULL;
}

static void finish(crowd *c, slot *s, zou_result result)
{
    zou_job *job = s->job;
    job->result = result;
    hang_up(s);
    *s = (slot){0};
    tell(c, job);
}

/* ---- beginning ---------------------------------------------------------- */

/* A request as it is sent; `url` is to be freed. */
static http_request request_of(const crowd *c, const zou_job *job, buf *url)
{
    buf_addf(url, "%s%s", zou_server(c->z), job->path);
    return (http_request){.method = job->method,
                          .url = url->data,
                          .token = c->token,
                          .body = job->body,
                          .repeatable = job->repeatable};
}

static bool is_repeatable(const zou_job *job)
{
    return http_repeatable(&(http_request){.method = job->method, .repeatable = job->repeatable});
}

static bool take_token(crowd *c)
{
    error e;
    const char *token = zou_token(c->z, &e);
    if (!token) {
        lose(c, &e);
        return false;
    }
    if (!c->token || strcmp(c->token, token) != 0) {
        free(c->token);
        c->token = xstrdup(token);
        c->session++;
    }
    return true;
}

static void begin(crowd *c, slot *s)
{
    buf url = {0};
    http_request r = request_of(c, s->job, &url);
    s->session = c->session;
    s->round = c->round;
    s->waited = 0;
    s->call = http_call_new(zou_multi(c->z), &r, 0);
    buf_free(&url);
}

static int in_flight(const crowd *c)
{
    int n = 0;
    for (int i = 0; i < AT_ONCE; i++)
        n += c->slots[i].call != NULL;
    return n;
}

/* Whether there is anything to send, now. */
static bool is_due(const crowd *c)
{
    bool any = c->next < c->end;
    for (int i = 0; i < AT_ONCE; i++)
        any |= c->slots[i].job && !c->slots[i].call;
    return any && c->result == ZOU_OK && clock_now() >= c->resume;
}

/* First what is to be repeated: it may be repeated, so that, where one alone
 * looks whether the server is back, it is not lost when that is not so. */
static void fill(crowd *c)
{
    int room = (c->tries > 0 ? 1 : AT_ONCE) - in_flight(c);
    if (room <= 0 || !is_due(c) || !take_token(c))
        return;
    for (int i = 0; i < AT_ONCE && room > 0; i++)
        if (c->slots[i].job && !c->slots[i].call) {
            begin(c, &c->slots[i]);
            room--;
        }
    for (int i = 0; i < AT_ONCE && room > 0 && c->next < c->end; i++)
        if (!c->slots[i].job) {
            c->slots[i].job = c->next++;
            begin(c, &c->slots[i]);
            room--;
        }
}

/* ---- ends --------------------------------------------------------------- */

/* The server has answered: whatever comes now is a trouble of its own. */
static void progress(crowd *c)
{
    c->tries = 0;
    c->hung = false;
}

/* The server is away, or busy. */
static void count_failure(crowd *c, const slot *s, double asked, const error *e)
{
    if (s->round != c->round || c->result != ZOU_OK)
        return;
    c->round++;
    c->tries++;
    if (c->tries < HTTP_MAX_TRIES)
        c->resume = clock_now() + http_retry_wait(c->tries, asked, e);
}

typedef struct failure {
    int status;   /* HTTP's, or 0 */
    bool undone;  /* the server surely did not do it */
    double asked; /* seconds to wait */
    error error;
} failure;

static void fail(crowd *c, slot *s, const failure *f)
{
    s->job->error = f->error;
    hang_up(s);
    count_failure(c, s, f->asked, &f->error);
    bool away = c->tries >= HTTP_MAX_TRIES;
    if (away && f->status == 504 && !c->hung) {
        c->hung = true;
        c->tries = 0;
        s->tries = HTTP_MAX_TRIES;
        away = false;
    } else if (!f->undone) {
        s->tries++;
    }
    if (away)
        lose(c, &f->error);
    if (!f->undone && !is_repeatable(s->job)) {
        s->job->unsure = true;
        finish(c, s, ZOU_FAILED);
    } else if (!away && s->tries >= HTTP_MAX_TRIES) {
        finish(c, s, ZOU_FAILED);
    }
}

/* 401 or 422; the job's error says it. */
static void refuse(crowd *c, slot *s, zou_result judged)
{
    error e = s->job->error;
    if (s->refused || c->result != ZOU_OK) {
        lose(c, &e);
        finish(c, s, judged);
        return;
    }
    s->refused = true;
    hang_up(s);
    if (s->session != c->session) /* somebody has renewed it since */
        return;
    c->session++; /* though the token were the same: this one was refused with it */
    if (!zou_renew(c->z, &e) || !take_token(c))
        lose(c, &e);
}

static void accept(crowd *c, slot *s, const http_request *r, const http_answer *answer)
{
    json_error je;
    bool cut;
    if (zou_parse(c->arena, answer->body, answer->len, &s->job->answer, &je, &cut)) {
        progress(c);
        finish(c, s, ZOU_OK);
        return;
    }
    s->job->answer = json_null();
    if (cut) {
        failure f = {.status = answer->status};
        error_set(&f.error, EX_TEMPFAIL, "%s %s: the answer ended early", r->method,
                  zou_route(c->z, r));
        fail(c, s, &f);
        return;
    }
    progress(c);
    s->job->unsure = !is_repeatable(s->job);
    finish(c, s, zou_nonsense(c->z, r, je.what, &s->job->error));
}

static void take_answer(crowd *c, slot *s, const http_request *r, const http_answer *answer)
{
    int status = answer->status;
    zou_set_date(c->z, answer->date);
    if (status / 100 == 2) {
        accept(c, s, r, answer);
    } else if (status == 429 || status == 502 || status == 503 || status == 504) {
        failure f = {.status = status, .undone = status == 429, .asked = answer->retry_after};
        error_set(&f.error, EX_TEMPFAIL, "%s %s: the server is busy or down (HTTP %d)", r->method,
                  zou_route(c->z, r), status);
        fail(c, s, &f);
    } else {
        zou_result judged = zou_judge(c->z, r, answer, &s->job->error);
        progress(c);
        if (status == 401 || status == 422)
            refuse(c, s, judged);
        else
            finish(c, s, judged);
    }
}

/* No answer. */
static void take_failure(crowd *c, slot *s, const http_answer *answer, const error *e)
{
    if (!answer->hopeless) {
        fail(c, s, &(failure){.undone = answer->unsent, .error = *e});
        return;
    }
    s->job->error = *e;
    bool alone = e->status == EX_PROTOCOL; /* too long an answer, say; not a certificate */
    s->job->unsure = alone && !is_repeatable(s->job);
    if (!alone)
        lose(c, e);
    finish(c, s, alone ? ZOU_FAILED : ZOU_LOST);
}

static void end(crowd *c, slot *s)
{
    http_answer answer;
    error e;
    buf url = {0};
    http_request r = request_of(c, s->job, &url);
    if (!http_call_ended(s->call)) {
        failure f = {0};
        error_set(&f.error, EX_TEMPFAIL, "%s %s: no answer for %.0f s", r.method,
                  zou_route(c->z, &r), MAX_ANSWER_SECONDS);
        fail(c, s, &f);
    } else if (http_call_answer(s->call, &answer, &e)) {
        take_answer(c, s, &r, &answer);
    } else {
        take_failure(c, s, &answer, &e);
    }
    buf_free(&url);
}

/* ---- all of it ---------------------------------------------------------- */

static void wait_for_answers(crowd *c)
{
    double began = clock_now(), until = c->told + TELL_SECONDS;
    if (c->resume > began)
        until = fmin(until, c->resume);
    http_multi_wait(zou_multi(c->z), -1, fmax(until - began, 0));
    double now = clock_now();
    for (int i = 0; i < AT_ONCE; i++)
        c->slots[i].waited += now - began;
    for (int i = 0; i < AT_ONCE; i++) {
        slot *s = &c->slots[i];
        if (s->call && (http_call_ended(s->call) || s->waited > MAX_ANSWER_SECONDS))
            end(c, s);
    }
    if (clock_now() - c->told >= TELL_SECONDS)
        tell(c, NULL);
}

/* What was to be sent again is not, any more. */
static void let_go(crowd *c)
{
    for (int i = 0; i < AT_ONCE; i++)
        if (c->slots[i].job && !c->slots[i].call)
            finish(c, &c->slots[i], c->result == ZOU_LOST ? ZOU_LOST : ZOU_FAILED);
}

static bool is_over(const crowd *c)
{
    bool any = c->result == ZOU_OK && c->next < c->end;
    for (int i = 0; i < AT_ONCE; i++)
        any |= c->slots[i].job != NULL;
    return !any;
}

zou_result zou_send_many(zou *z, zou_job *jobs, size_t n, arena *a, zou_job_fn *fn, void *context,
                         error *e)
{
    crowd c = {.z = z,
               .next = jobs,
               .end = jobs + n,
               .arena = a,
               .fn = fn,
               .context = context,
               .error = e,
               .told = clock_now()};
    for (size_t i = 0; i < n; i++) {
        jobs[i].result = ZOU_LOST;
        jobs[i].unsure = false;
        jobs[i].answer = json_null();
        jobs[i].error = (error){0};
    }
    while (!is_over(&c)) {
        fill(&c);
        if (c.result != ZOU_OK)
            let_go(&c);
        if (!is_over(&c))
            wait_for_answers(&c);
    }
    for (; c.next < c.end; c.next++) {
        c.next->result = c.result;
        c.next->error = c.result == ZOU_LOST ? *e : (error){0};
    }
    free(c.token);
    return c.result;
}
