/* many.h - several writes to Zou at a time.
 *
 * Each is repeated as net/http.h does it: after 429 (and its Retry-After), 502, 503,
 * 504 and a connection that broke; one that may not arrive twice only where the
 * server surely did not do it: after 429, or when nothing of it had been sent. A
 * wait is one for all, and after it one request tries alone whether the server is
 * back. After a 401 or 422 the session is renewed, once for all in flight, and
 * the request sent again. */
#ifndef OPKITSU_ZOU_MANY_H
#define OPKITSU_ZOU_MANY_H

#include "zou/zou.h"

typedef struct zou_job { /* pointers are borrowed */
    const char *method;  /* "POST", … */
    const char *path;    /* below the API's address, as for zou_send */
    const char *body;    /* JSON, or NULL */
    bool repeatable;     /* as in net/http.h: a POST that does no harm when it arrives twice */
    void *context;       /* the caller's */
    zou_result result;   /* out, see zou_send_many */
    bool unsure;         /* out: it failed, may not arrive twice, and whether the server did
                                 it is not known */
    json answer;         /* out: of ZOU_OK, in the arena of the call; null for no body */
    error error;         /* out, but for ZOU_OK: names the route, quotes Zou */
} zou_job;

/* Called when a job that was begun has ended, in the order of their ends; and
 * with NULL at least every 2 seconds while all wait, so that the caller can keep
 * a lease, say (but not while the session is renewed, which takes as long as
 * http_send does). False: begin no more.
 *
 * Others are in flight meanwhile, and don't mind how long it takes. It may reset
 * the arena, and send requests of its own, but not by zou_send_many. */
typedef bool zou_job_fn(void *context, zou_job *job);

/* Carry out jobs, in any order, at most four at a time; `fn` may be NULL. Those
 * that were begun have a result of ZOU_OK, ZOU_FORBIDDEN, ZOU_MISSING, ZOU_FAILED
 * or ZOU_LOST. Returns
 *
 *     ZOU_OK       all of them have
 *     ZOU_STOPPED  `fn` said so; no other was begun, or repeated, and those not
 *                  begun have ZOU_STOPPED
 *     ZOU_LOST     nothing more will work, `*e`: the log-in is gone, or the server
 *                  has been away, or busy, for OPKITSU_RETRY_SECONDS; those not
 *                  begun have ZOU_LOST
 *
 * Those in flight when it comes to that are waited for, and `fn` hears of them.
 * One that a proxy again and again finds too long (504) has failed alone. */
zou_result zou_send_many(zou *z, zou_job *jobs, size_t n, arena *a, zou_job_fn *fn, void *context,
                         error *e);

#endif
