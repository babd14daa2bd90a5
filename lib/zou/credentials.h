/* credentials.h - the login for Kitsu, and its password or token.
 *
 * Options override the environment: with any of them KITSU_TOKEN is ignored. No secret
 * is ever part of a message. */
#ifndef OPKITSU_ZOU_CREDENTIALS_H
#define OPKITSU_ZOU_CREDENTIALS_H

#include "base/error.h"

typedef struct credentials_options { /* all borrowed; NULL: not given */
    const char *login;               /* else KITSU_LOGIN */
    const char *password_file;       /* its first line; else KITSU_PWD */
    const char *password_command;    /* the first line that it prints; sh runs it */
} credentials_options;

typedef struct credentials {
    char *token;                  /* owned: KITSU_TOKEN, a bot's; then nothing else is set */
    char *login;                  /* owned */
    char *password;               /* owned; NULL: none was given */
    const char *totp, *email_otp; /* borrowed: KITSU_TOTP, KITSU_EMAIL_OTP, or NULL */
} credentials;

/* To be called once: KITSU_PWD and KITSU_TOKEN are wiped out of the environment. False: `*e`
 * (status 78, or 77 when the command failed). */
bool credentials_load(credentials *c, const credentials_options *o, error *e);
/* Wipe and free the secrets. */
void credentials_clear(credentials *c);

#endif
