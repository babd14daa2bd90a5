#include "zou/send_many.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/http.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* Zou in production has a few workers of gevent with a connection to the database
 * each: four requests keep it busy and leave room for the artists. */
#define AT_ONCE 4

/* seconds; a proxy gives up after 60, as a rule, and its answer is better than none.
 * Counted while we wait, not while the caller is busy. */
#define MAX_ANSWER_SECONDS 90.0

#define CALLBACK_SECONDS 1.0 /* between two calls of `fn`; its caller is promised 2 */

/* A job that was begun: in flight or, without a call, to be sent again. */
typedef struct slot {
    zou_job *job;            /* borrowed; NULL: the slot is free */
    http_call *call;         /* owned */
    int tries;               /* that failed, perhaps because of this job */
    bool refused;            /* once, with 401 or 422 */
    unsigned session, round; /* the queue's, when the job was sent */
    double waited;           /* seconds in flight */
} slot;

typedef struct queue {
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
    unsigned round;    /* grows with every wait: what was sent before it does not prolong it */
    double resume_at;  /* by clock_now: nothing is sent before that */
    bool timed_out;    /* a job got 504 to its last try, and none was answered since */
    double called_at;  /* by clock_now: when `fn` returned */
} queue;

/* ---- the caller --------------------------------------------------------- */

static void call_back(queue *q, zou_job *job)
{
    if (q->fn && !q->fn(q->context, job) && q->result == ZOU_OK)
        q->result = ZOU_STOPPED;
    q->called_at = clock_now();
}

static void give_up(queue *q, const error *e)
{
    if (q->result != ZOU_OK)
        return;
    q->result = ZOU_LOST;
    *q->error = *e;
}

static void free_call(slot *s)
{
    http_call_free(s->call);
    s->call = NULL;
}

static void finish_job(queue *q, slot *s, zou_result result)
{
    zou_job *job = s->job;
    job->result = result;
    free_call(s);
    *s = (slot){0};
    call_back(q, job);
}

/* ---- beginning ---------------------------------------------------------- */

/* A request as it is sent; `url` is to be freed. */
static http_request request_of(const queue *q, const zou_job *job, buf *url)
{
    buf_addf(url, "%s%s", zou_server(q->z), job->path);
    return (http_request){.method = job->method,
                          .url = url->data,
                          .token = q->token,
                          .body = job->body,
                          .repeatable = job->repeatable};
}

static bool is_repeatable(const zou_job *job)
{
    return http_repeatable(&(http_request){.method = job->method, .repeatable = job->repeatable});
}

static bool take_token(queue *q)
{
    error e;
    const char *token = zou_token(q->z, &e);
    if (!token) {
        give_up(q, &e);
        return false;
    }
    if (!q->token || strcmp(q->token, token) != 0) {
        free_secret(q->token);
        q->token = xstrdup(token);
        q->session++;
    }
    return true;
}

static void begin_job(queue *q, slot *s)
{
    buf url = {0};
    http_request r = request_of(q, s->job, &url);
    s->session = q->session;
    s->round = q->round;
    s->waited = 0;
    s->call = http_call_new(zou_multi(q->z), &r, 0);
    buf_free(&url);
}

static int in_flight(const queue *q)
{
    int n = 0;
    for (int i = 0; i < AT_ONCE; i++)
        n += q->slots[i].call != NULL;
    return n;
}

/* Whether there is anything to send, now. */
static bool is_due(const queue *q)
{
    bool any = q->next < q->end;
    for (int i = 0; i < AT_ONCE; i++)
        any |= q->slots[i].job && !q->slots[i].call;
    return any && q->result == ZOU_OK && clock_now() >= q->resume_at;
}

/* First what is to be repeated: where one request alone finds out whether the server is
 * back, it is one that may fail. */
static void begin_due(queue *q)
{
    int room = (q->tries > 0 ? 1 : AT_ONCE) - in_flight(q);
    if (room <= 0 || !is_due(q) || !take_token(q))
        return;
    for (int i = 0; i < AT_ONCE && room > 0; i++)
        if (q->slots[i].job && !q->slots[i].call) {
            begin_job(q, &q->slots[i]);
            room--;
        }
    for (int i = 0; i < AT_ONCE && room > 0 && q->next < q->end; i++)
        if (!q->slots[i].job) {
            q->slots[i].job = q->next++;
            begin_job(q, &q->slots[i]);
            room--;
        }
}

/* ---- ends --------------------------------------------------------------- */

/* The server has answered: a later failure is another one. */
static void count_answer(queue *q)
{
    q->tries = 0;
    q->timed_out = false;
}

/* The server is down or busy. */
static void count_failure(queue *q, const slot *s, double asked, const error *e)
{
    if (s->round != q->round || q->result != ZOU_OK)
        return;
    q->round++;
    q->tries++;
    if (q->tries < HTTP_MAX_TRIES)
        q->resume_at = clock_now() + http_retry_wait(q->tries, asked, e);
}

typedef struct failure {
    int status;   /* HTTP's, or 0 */
    bool undone;  /* the server surely did not do it */
    double asked; /* seconds to wait */
    error error;
} failure;

static void fail_attempt(queue *q, slot *s, const failure *f)
{
    s->job->error = f->error;
    free_call(s);
    count_failure(q, s, f->asked, &f->error);
    bool away = q->tries >= HTTP_MAX_TRIES;
    if (away && f->status == 504 && !q->timed_out) {
        q->timed_out = true;
        q->tries = 0;
        s->tries = HTTP_MAX_TRIES;
        away = false;
    } else if (!f->undone) {
        s->tries++;
    }
    if (away)
        give_up(q, &f->error);
    if (!f->undone && !is_repeatable(s->job)) {
        s->job->unsure = true;
        finish_job(q, s, ZOU_FAILED);
    } else if (!away && s->tries >= HTTP_MAX_TRIES) {
        finish_job(q, s, ZOU_FAILED);
    }
}

/* 401 or 422; the job's error says it. */
static void take_refusal(queue *q, slot *s, zou_result judged)
{
    error e = s->job->error;
    if (s->refused || q->result != ZOU_OK) {
        give_up(q, &e);
        finish_job(q, s, judged);
        return;
    }
    s->refused = true;
    free_call(s);
    if (s->session != q->session) /* another job has renewed it since */
        return;
    q->session++; /* even if the token stays the same: this job was refused with it */
    if (!zou_renew(q->z, &e) || !take_token(q))
        give_up(q, &e);
}

static void take_success(queue *q, slot *s, const http_request *r, const http_answer *answer)
{
    json_error je;
    bool cut;
    if (answer_parse(q->arena, answer->body, answer->len, &s->job->answer, &je, &cut)) {
        count_answer(q);
        finish_job(q, s, ZOU_OK);
        return;
    }
    s->job->answer = json_null();
    if (cut) {
        failure f = {.status = answer->status};
        error_set(&f.error, EX_TEMPFAIL, "%s %s: the answer ended early", r->method,
                  answer_route(zou_server(q->z), r));
        fail_attempt(q, s, &f);
        return;
    }
    count_answer(q);
    s->job->unsure = !is_repeatable(s->job);
    finish_job(q, s, answer_unexpected(zou_server(q->z), r, je.what, &s->job->error));
}

static void take_answer(queue *q, slot *s, const http_request *r, const http_answer *answer)
{
    int status = answer->status;
    zou_set_date(q->z, answer->date);
    if (status / 100 == 2) {
        take_success(q, s, r, answer);
    } else if (http_is_busy(status)) {
        failure f = {.status = status, .undone = status == 429, .asked = answer->retry_after};
        error_set(&f.error, EX_TEMPFAIL, "%s %s: the server is busy or down (HTTP %d)", r->method,
                  answer_route(zou_server(q->z), r), status);
        fail_attempt(q, s, &f);
    } else {
        zou_result judged = answer_judge(zou_server(q->z), r, answer, &s->job->error);
        count_answer(q);
        s->job->unsure = status >= 500 && !is_repeatable(s->job);
        if (answer_is_refusal(status))
            take_refusal(q, s, judged);
        else
            finish_job(q, s, judged);
    }
}

/* No answer. */
static void take_no_answer(queue *q, slot *s, const http_answer *answer, const error *e)
{
    if (!answer->hopeless) {
        fail_attempt(q, s, &(failure){.undone = answer->unsent, .error = *e});
        return;
    }
    s->job->error = *e;
    bool alone = e->status == EX_PROTOCOL; /* too long an answer, say; not a certificate */
    s->job->unsure = alone && !is_repeatable(s->job);
    if (!alone)
        give_up(q, e);
    finish_job(q, s, alone ? ZOU_FAILED : ZOU_LOST);
}

static void take_end(queue *q, slot *s)
{
    http_answer answer;
    error e;
    buf url = {0};
    http_request r = request_of(q, s->job, &url);
    if (!http_call_ended(s->call)) {
        failure f = {0};
        error_set(&f.error, EX_TEMPFAIL, "%s %s: no answer for %.0f s", r.method,
                  answer_route(zou_server(q->z), &r), MAX_ANSWER_SECONDS);
        fail_attempt(q, s, &f);
    } else if (http_call_answer(s->call, &answer, &e)) {
        take_answer(q, s, &r, &answer);
    } else {
        take_no_answer(q, s, &answer, &e);
    }
    buf_free(&url);
}

/* ---- all of it ---------------------------------------------------------- */

static void wait_for_answers(queue *q)
{
    double began = clock_now(), until = q->called_at + CALLBACK_SECONDS;
    if (q->resume_at > began)
        until = fmin(until, q->resume_at);
    http_multi_wait(zou_multi(q->z), -1, fmax(until - began, 0));
    double now = clock_now();
    for (int i = 0; i < AT_ONCE; i++)
        q->slots[i].waited += now - began;
    for (int i = 0; i < AT_ONCE; i++) {
        slot *s = &q->slots[i];
        if (s->call && (http_call_ended(s->call) || s->waited > MAX_ANSWER_SECONDS))
            take_end(q, s);
    }
    if (clock_now() - q->called_at >= CALLBACK_SECONDS)
        call_back(q, NULL);
}

/* What was to be sent again is no longer. */
static void abandon_repeats(queue *q)
{
    for (int i = 0; i < AT_ONCE; i++)
        if (q->slots[i].job && !q->slots[i].call)
            finish_job(q, &q->slots[i], q->result == ZOU_LOST ? ZOU_LOST : ZOU_FAILED);
}

static bool is_finished(const queue *q)
{
    bool any = q->result == ZOU_OK && q->next < q->end;
    for (int i = 0; i < AT_ONCE; i++)
        any |= q->slots[i].job != NULL;
    return !any;
}

zou_result zou_send_many(zou *z, zou_job *jobs, size_t n, arena *a, zou_job_fn *fn, void *context,
                         error *e)
{
    queue q = {.z = z,
               .next = jobs,
               .end = jobs + n,
               .arena = a,
               .fn = fn,
               .context = context,
               .error = e,
               .called_at = clock_now()};
    for (size_t i = 0; i < n; i++) {
        jobs[i].result = ZOU_LOST;
        jobs[i].unsure = false;
        jobs[i].answer = json_null();
        jobs[i].error = (error){0};
    }
    while (!is_finished(&q)) {
        begin_due(&q);
        if (q.result != ZOU_OK)
            abandon_repeats(&q);
        if (!is_finished(&q))
            wait_for_answers(&q);
    }
    for (; q.next < q.end; q.next++) {
        q.next->result = q.result;
        q.next->error = q.result == ZOU_LOST ? *e : (error){0};
    }
    free_secret(q.token);
    return q.result;
}
