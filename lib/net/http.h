/* http.h - requests to a server, one after the other.
 *
 * A client keeps one connection alive. It repeats what may be repeated: answers
 * 429 (after Retry-After), 408, 502, 503 and 504, and connections that cannot be made
 * or that break, for about half a minute (OPKITSU_RETRY_SECONDS), with growing
 * waits. What must not arrive twice it repeats only after 429, or if not a byte of it
 * was sent: after anything else the server may have carried it out. A body that gets
 * further than the last time is progress, and the count of tries begins anew: a reader
 * that is slower than the server's patience still gets its list.
 *
 * Redirections are followed within the same host only, and never from https to
 * http: no other server gets the token. Certificates are verified against the
 * system's authorities, or CURL_CA_BUNDLE, SSL_CERT_DIR and SSL_CERT_FILE, as
 * curl(1) does; proxies come from the environment. */
#ifndef OPKITSU_NET_HTTP_H
#define OPKITSU_NET_HTTP_H

#include "base/confine.h"
#include "base/error.h"
#include "net/request.h"

typedef struct http http;

http *http_new(void);    /* the caller owns it */
void http_free(http *h); /* takes NULL */
/* Wipe the last answer, which had a secret. */
void http_forget(http *h);
/* What requests need but for the files that they upload. */
void http_needs(program_needs *n);

/* Whether a file can be uploaded: it is readable, regular and not empty. False:
 * `*e` names it (status 66). */
bool http_upload_check(const char *file, error *e);

/* True: there was an answer, of whatever status and length (504 included, when repeating
 * does not help: it concerns this one request). False: `*e`, whose status is
 * 66 for a file that cannot be uploaded or that changed its size meanwhile (then
 * the server got no whole request), 69 when no connection ever worked, 75 when
 * one that did broke, the server stays busy or the deadline is over, 76 for an answer over MAX_ANSWER,
 * 78 for an impossible URL or a redirection to another server. */
bool http_send(http *h, const http_request *request, http_answer *answer, error *e);

/* From now on nothing is repeated, for a caller that retries itself, and a request
 * is abandoned (status 75) within about a second when the reader of the pipe
 * `output` has exited. */
void http_impatient(http *h, int output);

/* Retry policy, for callers that retry themselves: how many times a request is
 * tried in all, and how many seconds to wait after the `tries`th time, in which the
 * server asked for `asked`. `e`, why, is logged; NULL: nothing is. */
#define HTTP_MAX_TRIES 5
double http_retry_wait(int tries, double asked, const error *e);

#endif
