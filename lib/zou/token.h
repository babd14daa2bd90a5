/* token.h - how long Zou's tokens (JWT) live, by their own claims. */
#ifndef OPKITSU_ZOU_TOKEN_H
#define OPKITSU_ZOU_TOKEN_H

#include <stdbool.h>
#include <time.h>

/* Until when a token is valid that was obtained `at`, by this machine's clock; -1:
 * forever, as a bot's. */
time_t token_expiry(const char *token, time_t at);
/* Whether it has expired, or the clock was set back, which leaves that open. */
bool token_has_expired(const char *token, time_t at);
/* Whether it is time for another one: at half its life, or after a week. */
bool token_is_due(const char *token, time_t at);

#endif
