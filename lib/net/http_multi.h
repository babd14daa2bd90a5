/* http_multi.h - requests beside the program's other work: several at a time, which
 * share their connections. They are never repeated; redirections are followed as in
 * net/http.h. */
#ifndef OPKITSU_NET_HTTP_MULTI_H
#define OPKITSU_NET_HTTP_MULTI_H

#include "base/error.h"
#include "net/request.h"

typedef struct http_multi http_multi;
typedef struct http_call http_call; /* one request */

http_multi *http_multi_new(void);    /* the caller owns it */
void http_multi_free(http_multi *m); /* takes NULL; its calls must have been freed */

/* Begin; the request is copied, and has no sink. After `seconds` (0: never) it
 * fails. The caller owns the result. */
http_call *http_call_new(http_multi *m, const http_request *request, double seconds);
/* Takes NULL. One that has not ended is cancelled. */
void http_call_free(http_call *c);
bool http_call_ended(const http_call *c);
/* The answer of one that has ended; it lives as long as the call. As http_send, but
 * any status is an answer, 502 included, and a connection that could not be made
 * counts as one that broke (75). */
bool http_call_answer(const http_call *c, http_answer *answer, error *e);

/* Carry on with all calls until one ends, `fd` (-1: none) has hung up, or
 * `seconds` are over. */
void http_multi_wait(http_multi *m, int fd, double seconds);

#endif
