/* answer.h - what Zou's answers mean: for zou/zou.c and zou/send_many.c. `server` is the
 * API's address. */
#ifndef OPKITSU_ZOU_ANSWER_H
#define OPKITSU_ZOU_ANSWER_H

#include "base/error.h"
#include "json/json.h"
#include "net/request.h"

typedef enum zou_result {
    ZOU_OK,
    ZOU_STOPPED,   /* the callback wanted no more */
    ZOU_FORBIDDEN, /* 403 with a message from Zou */
    ZOU_MISSING,   /* 404 with a message from Zou, not a proxy's, for what was asked for */
    ZOU_FAILED,    /* this request failed: another status, or an unexpected reply */
    ZOU_DISPUTED,  /* zou/project_counts.h: a list is empty of what another answer has */
    ZOU_LOST       /* no connection or no log-in any longer: nothing more will work */
} zou_result;

/* The route of a request for a message, cut if it is long; in static storage. */
const char *answer_route(const char *server, const http_request *r);
/* Whether the status means that the token was not accepted (401, 422). */
bool answer_is_refusal(int status);
/* What an answer of another status than 2xx means; `*e` says it. */
zou_result answer_judge(const char *server, const http_request *r, const http_answer *answer,
                        error *e);
/* A 2xx answer that cannot be Zou's, because of `what`: ZOU_FAILED, `*e`. */
zou_result answer_unexpected(const char *server, const http_request *r, const char *what, error *e);
/* The body of a 2xx answer as a tree in `a`; null for no body. False: `*e`; then
 * `*cut` tells whether the error is at the body's very end, as after a broken
 * connection. */
bool answer_parse(arena *a, const char *text, size_t len, json *out, json_error *e, bool *cut);

#endif
