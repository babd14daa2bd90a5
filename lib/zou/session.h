/* session.h - being logged in to Zou.
 *
 * Zou gives an access token (7 days) and a refresh token (15 days), which
 * makes new access tokens until it is over itself and cannot be renewed. So
 * the access token is refreshed after half its life, a week at most, counted
 * from when we got it (this machine's clock may be wrong), and when the refresh token is over,
 * or on a 401 or 422, the session logs in again. The tokens are shared with
 * the user's other programs (zou/session_file.h). A bot's KITSU_TOKEN is used as
 * it is. */
#ifndef OPKITSU_ZOU_SESSION_H
#define OPKITSU_ZOU_SESSION_H

#include "zou/credentials.h"

#include <time.h>

typedef struct session session;

/* `h` is borrowed. `server` is the API's URL. No request is made yet. NULL:
 * `*e`. The caller owns the result. */
session *session_open(http *h, const char *server, const credentials_options *o, error *e);
void session_close(session *s); /* takes NULL */

/* A token that is good for now, after whatever log-in or refresh that takes.
 * Borrowed until the next call. NULL: `*e`, whose status is 77 when Zou refuses
 * the credentials, 75 when it wants us to wait. */
const char *session_token(session *s, error *e);
/* The server did not take that token, in the words of `*e` (401, 422): get
 * another one. */
bool session_renew(session *s, error *e);

/* Until when a token is good that was had `at`, by this machine's clock; -1: for
 * ever, as a bot's. */
time_t session_token_end(const char *token, time_t at);

#endif
