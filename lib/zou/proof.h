/* proof.h - the password's proof, which is stored beside the tokens: it tells whether
 * another password than the one that made the session is given. */
#ifndef OPKITSU_ZOU_PROOF_H
#define OPKITSU_ZOU_PROOF_H

#include <stdbool.h>

/* `SALT:HASH`, in hex; the caller frees it. NULL without a password. */
char *proof_new(const char *password);
/* Whether `proof` (NULL: none) is this password's. Without a password always:
 * a user who can read the file may use its tokens. */
bool proof_holds(const char *proof, const char *password);

#endif
