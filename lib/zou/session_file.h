/* session_file.h - where programs keep the tokens of a log-in.
 *
 * One file of mode 0600 per server and login, in a folder of mode 0700:
 * $XDG_RUNTIME_DIR/opkitsu, else $XDG_STATE_HOME/opkitsu, else
 * ~/.local/state/opkitsu. It is replaced whole (temporary file, rename); a lock
 * beside it is held while one program logs in, so that the others of a pipe
 * wait and share its tokens. */
#ifndef OPKITSU_ZOU_SESSION_FILE_H
#define OPKITSU_ZOU_SESSION_FILE_H

#include "base/confine.h"

#include <stdbool.h>
#include <time.h>

typedef struct tokens { /* a zeroed struct holds none */
    char *access;       /* owned; NULL: there is none */
    char *refresh;      /* owned; may be NULL */
    time_t access_at;   /* when each was obtained, by the clock of this machine */
    time_t refresh_at;
    char *proof; /* owned: of the password that made them, see zou/proof.h; may be NULL */
} tokens;

void tokens_clear(tokens *t);
/* Move `from` into `to`; `from` is empty afterwards. */
void tokens_move(tokens *to, tokens *from);

typedef struct session_file session_file;

/* NULL, with a warning, if there is no folder that only the user can read: then
 * tokens are kept in memory only. */
session_file *session_file_open(const char *server, const char *login);
void session_file_close(session_file *f); /* takes NULL, as all of these do */
/* What the functions below need. */
void session_file_needs(const session_file *f, program_needs *n);
/* Wait for the lock; release it. */
void session_file_lock(session_file *f);
void session_file_unlock(session_file *f);
/* False: there is none, or it cannot be trusted (a warning). `*t` is the caller's to
 * clear. */
bool session_file_read(const session_file *f, tokens *t);
/* A failure is a warning only. */
void session_file_write(const session_file *f, const tokens *t);

#endif
