/* attempt.h - one attempt at a request, by libcurl: what net/http.c and
 * net/http_multi.c share. For net/ only. */
#ifndef OPKITSU_NET_ATTEMPT_H
#define OPKITSU_NET_ATTEMPT_H

#include "net/client.h"

/* Before curl performs the request `r` at `url`, and after it. */
void attempt_prepare(http *h, const http_request *r, const char *url);
void attempt_conclude(http *h, const http_request *r, const char *url);

/* Seconds that the server asks to wait, or 0. */
double attempt_retry_after(const http *h);

typedef enum verdict {
    ANSWERED,
    REDIRECTED,
    BROKEN,  /* it may succeed the next time */
    HOPELESS /* it will not */
} verdict;

typedef struct outcome {
    verdict verdict;
    double retry_after; /* seconds that the server asks to wait, or 0 */
    bool unsent;        /* the request cannot have had an effect */
    error error;        /* of BROKEN and HOPELESS: why */
} outcome;

/* What came of the attempt that curl ended with `code`. */
void attempt_judge(http *h, CURLcode code, const char *url, outcome *out);

/* After REDIRECTED: turn `*url` (the caller's, as malloc'd) to where the answer
 * points. `*redirects` counts. False: `*e`. */
bool attempt_redirect(http *h, char **url, int *redirects, error *e);

#endif
