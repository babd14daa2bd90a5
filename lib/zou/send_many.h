/* send_many.h - several writes to Zou at a time.
 *
 * Each is repeated as in net/http.h: after 429 (and its Retry-After), 408, 502, 503, 504 and
 * a broken connection. One that must not arrive twice is repeated only if the server
 * surely did not carry it out: after 429, or when nothing of it had been sent. All wait
 * together, and then one request alone finds out whether the server is back. After a
 * 401 or 422 the session is renewed, once for all in flight, and the request is sent
 * again. */
#ifndef OPKITSU_ZOU_SEND_MANY_H
#define OPKITSU_ZOU_SEND_MANY_H

#include "zou/zou.h"

typedef struct zou_job { /* pointers are borrowed */
    const char *method;  /* "POST", … */
    const char *path;    /* below the API's address, as for zou_send */
    const char *body;    /* JSON, or NULL */
    bool repeatable;     /* as in net/http.h: a POST that does no harm when it arrives twice */
    void *context;       /* the caller's */
    zou_result result;   /* out, see zou_send_many */
    bool unsure;         /* out: it failed, must not arrive twice, and whether the server
                            carried it out is not known */
    json answer;         /* out: of ZOU_OK, in the arena of the call; null for no body */
    error error;         /* out, but for ZOU_OK: names the route, quotes Zou */
} zou_job;

/* Called when a job that was begun has ended, in the order of their ends; and with NULL
 * at least every 2 seconds while all wait, so that the caller can keep a lease, say
 * (but not while the session is renewed, which takes as long as http_send does). False:
 * begin no more.
 *
 * Other jobs are in flight meanwhile; it may take its time. It may reset the arena and
 * send requests of its own, but not with zou_send_many. */
typedef bool zou_job_fn(void *context, zou_job *job);

/* Carry out jobs, in any order, at most four at a time; `fn` may be NULL. Those that
 * were begun have a result of ZOU_OK, ZOU_FORBIDDEN, ZOU_MISSING, ZOU_FAILED or
 * ZOU_LOST. Returns
 *
 *     ZOU_OK       all were begun
 *     ZOU_STOPPED  `fn` returned false; no other was begun or repeated, and those not
 *                  begun have ZOU_STOPPED
 *     ZOU_LOST     nothing more will work, `*e`: the log-in is not accepted any longer,
 *                  or the server was down or busy for OPKITSU_RETRY_SECONDS; those not
 *                  begun have ZOU_LOST
 *
 * Those in flight then are waited for, and `fn` is called for them. A job that gets
 * 504 from a proxy every time has failed alone. */
zou_result zou_send_many(zou *z, zou_job *jobs, size_t n, arena *a, zou_job_fn *fn, void *context,
                         error *e);

#endif
