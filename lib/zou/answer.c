#include "zou/answer.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* bytes of a route in a message: a list of ids would leave no room for the rest. */
#define ROUTE_SHOWN 160

const char *answer_route(const char *server, const http_request *r)
{
    static char shown[ROUTE_SHOWN + 8];
    const char *route = r->url + strlen(server);
    bool all = strlen(route) <= ROUTE_SHOWN;
    snprintf(shown, sizeof shown, "%.*s%s", ROUTE_SHOWN, route, all ? "" : "...");
    return shown;
}

bool answer_is_refusal(int status)
{
    return status == 401 || status == 422;
}

/* Zou's message in the body of an error, in `a`; NULL: a proxy's error, say. */
static const char *message_of(arena *a, const http_answer *answer)
{
    json v;
    if (!json_parse_answer(a, answer->body, answer->len, &v, NULL))
        return NULL;
    const char *message = json_text(json_get(&v, "message"));
    return message ? message : json_text(json_get(&v, "msg"));
}

/* `*exit_status`: for a caller that cannot continue. */
static zou_result classify(int status, const char *message, int *exit_status)
{
    *exit_status = status >= 500 ? EX_TEMPFAIL : EX_PROTOCOL;
    if (message && status == 404)
        return ZOU_MISSING;
    bool refusal = answer_is_refusal(status);
    if (!refusal && !(message && status == 403))
        return ZOU_FAILED;
    *exit_status = EX_NOPERM;
    return refusal ? ZOU_LOST : ZOU_FORBIDDEN;
}

zou_result answer_judge(const char *server, const http_request *r, const http_answer *answer,
                        error *e)
{
    arena *a = arena_new();
    const char *message = message_of(a, answer), *route = answer_route(server, r);
    int exit_status;
    zou_result result = classify(answer->status, message, &exit_status);
    if (result == ZOU_MISSING && answer->elsewhere) /* a login page, say, that is not there */
        result = ZOU_FAILED;
    if (message)
        error_set(e, exit_status, "%s %s: HTTP %d: %.300s", r->method, route, answer->status,
                  message);
    else if (answer->status == 413) /* nginx's client_max_body_size, as a rule */
        error_set(e, exit_status, "%s %s: HTTP 413: larger than the server accepts", r->method,
                  route);
    else if (answer->status == 504 && r->upload)
        error_set(e, exit_status,
                  "%s %s: HTTP 504: the file has arrived, but Kitsu takes long to process it",
                  r->method, route);
    else
        error_set(e, exit_status,
                  "%s %s: HTTP %d without a message from Zou: is %s the address of Kitsu's API?",
                  r->method, route, answer->status, server);
    arena_free(a);
    return result;
}

zou_result answer_unexpected(const char *server, const http_request *r, const char *what, error *e)
{
    error_set(e, EX_PROTOCOL, "%s %s: unexpected reply (%s): is %s the address of Kitsu's API?",
              r->method, answer_route(server, r), what, server);
    return ZOU_FAILED;
}

bool answer_parse(arena *a, const char *text, size_t len, json *out, json_error *e, bool *cut)
{
    *cut = false;
    *out = json_null();
    if (len == 0) /* 204, say */
        return true;
    bool parsed = json_parse_answer(a, text, len, out, e);
    *cut = !parsed && e->offset >= len;
    return parsed;
}
