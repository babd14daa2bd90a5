/* session.h - being logged in to Zou.
 *
 * Zou gives an access token (7 days) and a refresh token (15 days). The latter makes
 * new access tokens until it expires; it cannot be renewed. So the access token is
 * refreshed after half its life, a week at most, counted from when we obtained it
 * (this machine's clock may be wrong). When the refresh token has expired, or after a
 * 401 or 422, the session logs in again. The tokens are shared with the user's other
 * programs (zou/session_file.h). A bot's KITSU_TOKEN is used as it is. */
#ifndef OPKITSU_ZOU_SESSION_H
#define OPKITSU_ZOU_SESSION_H

#include "net/http.h"
#include "zou/credentials.h"

typedef struct session session;

/* `h` is borrowed. `server` is the API's address. Makes no request yet. NULL:
 * `*e`. The caller owns the result. */
session *session_open(http *h, const char *server, const credentials_options *o, error *e);
void session_close(session *s); /* takes NULL */
/* What it needs beside its `http`. */
void session_needs(const session *s, program_needs *n);

/* A valid token, after whatever log-in or refresh that takes. Borrowed until the
 * next call. NULL: `*e`, whose status is 77 when Zou refuses the credentials, 75 when
 * it asks to wait. */
const char *session_token(session *s, error *e);
/* The server refused that token, as `*e` says (401, 422): get another one. */
bool session_renew(session *s, error *e);

#endif
