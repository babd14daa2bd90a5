/* http.h - requests to a server, by libcurl: the only file that knows it.
 *
 * A client keeps one connection alive. It repeats by itself what may be
 * repeated: answers 429 (after Retry-After), 502, 503 and 504, and connections
 * that cannot be made or break, for about half a minute
 * (OPKITSU_RETRY_SECONDS), with growing waits. A body that gets further than
 * the last time is progress, and the count of tries begins anew: a reader that
 * is slower than the server's patience still gets its list.
 *
 * Redirections are followed within the same host only, and never from https to
 * http: a token goes nowhere else. Certificates are verified against the
 * system's authorities, or CURL_CA_BUNDLE, SSL_CERT_DIR and SSL_CERT_FILE, as
 * curl(1) does; proxies come from the environment. */
#ifndef OPKITSU_NET_HTTP_H
#define OPKITSU_NET_HTTP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

typedef struct http http;

/* Takes the body of a 2xx answer while it arrives. */
typedef struct http_sink {
    /* The next bytes. False: no more of it; http_send then returns true with
     * `stopped`. */
    bool (*feed)(void *context, const char *bytes, size_t len);
    /* The end. False: that cannot have been all, which counts as a broken
     * connection. */
    bool (*end)(void *context);
    /* After a broken connection: it comes again, from its first byte. */
    void (*restart)(void *context);
    void *context; /* borrowed */
} http_sink;

/* A body that is a form with one file (multipart/form-data), which is read from
 * the disk as it is sent. */
typedef struct http_upload { /* all borrowed */
    const char *field;       /* the file's name in the form */
    const char *file;        /* its path; the server hears the last part */
    /* Called about ten times a second while it is sent, and at its end; or NULL.
     * Both are bytes of the file. */
    void (*progress)(void *context, uint64_t sent, uint64_t total);
    void *context;
} http_upload;

typedef struct http_request { /* all borrowed */
    const char *method;       /* "GET", … */
    const char *url;
    const char *token;         /* bearer token, or NULL */
    const char *body;          /* JSON, or NULL */
    const http_upload *upload; /* in place of `body`, or NULL; not with http_call_new */
    const http_sink *sink;     /* or NULL: the body is in the answer */
    bool repeatable;           /* a POST that does no harm when it arrives twice; GET, PUT and
                              DELETE are always repeated */
} http_request;

/* Whether it does no harm when it arrives twice. */
bool http_repeatable(const http_request *request);

typedef struct http_answer {
    int status;       /* HTTP's */
    const char *body; /* what no sink took, NUL behind it; borrowed until the next request */
    size_t len;
    time_t date;  /* the server's time, or -1 */
    bool stopped; /* the sink wanted no more */
    /* What http_multi's caller needs to repeat a request by itself: */
    double retry_after; /* seconds that the server asks for, or 0 */
    bool unsent;        /* it failed, and nothing of it had been sent */
    bool hopeless;      /* it failed, and will the next time: a certificate, say */
} http_answer;

http *http_new(void);    /* the caller owns it */
void http_free(http *h); /* takes NULL */

/* Whether a file can be uploaded: it can be read, is a regular one and not empty.
 * False: `*e` names it (status 66). */
bool http_upload_check(const char *file, error *e);

/* True: there was an answer, of whatever status (504 included, when repeating
 * does not help: it speaks of this one request). False: `*e`, whose status is
 * 66 for a file that cannot be uploaded or that changed its size meanwhile (then
 * the server got no whole request), 69 when no connection ever worked, 75 when
 * one that did broke or the server stays busy, 76 for an answer over MAX_ANSWER,
 * 78 for an impossible URL or a redirection to elsewhere. */
bool http_send(http *h, const http_request *request, http_answer *answer, error *e);

/* From now on nothing is repeated, for a caller that comes again by itself, and
 * a request is given up (status 75) within a second or so when nobody reads any
 * more what is written to the pipe `output`. */
void http_impatient(http *h, int output);

/* ---- requests beside the program's other work --------------------------- */

/* Several requests at a time, which share their connections. They are never
 * repeated, and redirections are followed as above. */
typedef struct http_multi http_multi;
typedef struct http_call http_call; /* one of them */

http_multi *http_multi_new(void);    /* the caller owns it */
void http_multi_free(http_multi *m); /* takes NULL; its calls must have been freed */

/* Begin; the request is copied, and has no sink. After `seconds` (0: never) it
 * fails. The caller owns the result. */
http_call *http_call_new(http_multi *m, const http_request *request, double seconds);
/* Takes NULL. One that has not ended is cancelled. */
void http_call_free(http_call *c);
bool http_call_ended(const http_call *c);
/* The answer of one that has ended, which lives as long as the call. As
 * http_send, but that any status is an answer, 502 included, and that a
 * connection that failed is one that broke (75). */
bool http_call_answer(const http_call *c, http_answer *answer, error *e);

/* Carry on with all calls until one ends, `fd` (-1: none) has hung up, or
 * `seconds` are over. */
void http_multi_wait(http_multi *m, int fd, double seconds);
/* Whether nobody reads any more what is written to a pipe or a socket. */
bool http_hung_up(int fd);

/* The rule of repeating, for who does it by himself: how often a request is tried
 * in all, and how many seconds to wait after the `tries`th time, in which the
 * server asked for `asked`. `e`, why, is told to the user; NULL: nothing is. */
#define HTTP_MAX_TRIES 5
double http_retry_wait(int tries, double asked, const error *e);

#endif
