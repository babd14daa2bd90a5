/* answer.h - what Zou's answers mean: what zou/zou.c and zou/many.c share, and
 * nobody else needs. */
#ifndef OPKITSU_ZOU_ANSWER_H
#define OPKITSU_ZOU_ANSWER_H

#include "zou/zou.h"

/* For requests beside each other; its connections stay open from one use to the
 * next. Borrowed. */
http_multi *zou_multi(zou *z);
/* For zou_date. */
void zou_set_date(zou *z, time_t date);

/* The route of a request for a message, not too long; in static storage. */
const char *zou_route(const zou *z, const http_request *r);
/* What an answer of another status than 2xx means; `*e` says it. */
zou_result zou_judge(const zou *z, const http_request *r, const http_answer *answer, error *e);
/* A 2xx answer that cannot be Zou's, for `what` there is about it: ZOU_FAILED,
 * `*e`. */
zou_result zou_nonsense(const zou *z, const http_request *r, const char *what, error *e);
/* The body of a 2xx answer as a tree in `a`; null for no body. False: `*e`; it
 * was `*cut` if what is wrong is at its very end, which only a broken connection
 * can tell. */
bool zou_parse(arena *a, const char *text, size_t len, json *out, json_error *e, bool *cut);

#endif
