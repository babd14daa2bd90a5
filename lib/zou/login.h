/* login.h - logging in to Zou (`/auth/login`), and why it refuses to. */
#ifndef OPKITSU_ZOU_LOGIN_H
#define OPKITSU_ZOU_LOGIN_H

#include "net/http.h"
#include "zou/credentials.h"

typedef struct login { /* all borrowed */
    http *http;
    const char *server; /* the API's address */
    const char *name;   /* login and server, for messages */
    const credentials *who;
} login;

/* Log in with a password: `*access` and `*refresh` are the caller's to free. False:
 * `*e`, whose status is 77 when Zou refuses the credentials, 75 when it asks to wait,
 * 76 when the server is not Zou. */
bool login_send(const login *l, char **access, char **refresh, error *e);

#endif
