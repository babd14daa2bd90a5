/* request.h - a request to a server, and its answer: the plain values of
 * net/http.h and net/http_multi.h. */
#ifndef OPKITSU_NET_REQUEST_H
#define OPKITSU_NET_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Takes the body of a 2xx answer while it arrives. */
typedef struct http_sink {
    /* The next bytes. False: no more of it; http_send then returns true with
     * `stopped`. */
    bool (*feed)(void *context, const char *bytes, size_t len);
    /* The end. False: that cannot have been all, which counts as a broken
     * connection. */
    bool (*end)(void *context);
    /* After a broken connection: the body comes again, from its first byte. */
    void (*restart)(void *context);
    void *context; /* borrowed */
} http_sink;

/* A body that is a form with one file (multipart/form-data). The file is read from
 * the disk while it is sent. */
typedef struct http_upload { /* all borrowed */
    const char *field;       /* the file's name in the form */
    const char *file;        /* its path; the server gets the last part */
    /* Called about ten times a second during the upload, and at its end; or NULL.
     * Both are bytes of the file. */
    void (*progress)(void *context, uint64_t sent, uint64_t total);
    /* Called about each second until there is an answer, also while the server works on
     * the file; or NULL. False: the upload is given up. */
    bool (*keep)(void *context);
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
    double deadline;           /* by clock_now: after it nothing is sent or awaited; 0: none.
                                  Not with http_call_new */
} http_request;

/* An address for a message: without a user and a password that a server may have put into
 * it, and cut if it is long, as a list of ids would leave no room for the rest. In static
 * storage, of which there is room for two. */
const char *http_shown(const char *url);

/* Whether the request does no harm when it arrives twice. */
bool http_repeatable(const http_request *request);

typedef struct http_answer {
    int status;       /* HTTP's */
    const char *body; /* what no sink took, NUL behind it; borrowed until the next request */
    size_t len;
    time_t date;    /* the server's time, or -1 */
    bool stopped;   /* the sink wanted no more, or `too_long` */
    bool too_long;  /* the sink got MAX_BODY bytes, and there were more */
    bool elsewhere; /* redirections led to another path than the one that was asked for */
    /* What http_multi's caller needs to repeat a request itself: */
    double retry_after; /* seconds that the server asks for, or 0 */
    bool unsent;        /* it failed, and nothing of it had been sent */
    bool hopeless;      /* it failed, and will fail the next time: a certificate, say */
} http_answer;

/* Statuses of a server, or of a proxy before it, that is busy or down: the same
 * request may succeed later (408, 429, 502, 503, 504). Only after 429 it is certain that
 * this one was not carried out. */
bool http_is_busy(int status);

#endif
