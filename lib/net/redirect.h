/* redirect.h - which redirections are followed. */
#ifndef OPKITSU_NET_REDIRECT_H
#define OPKITSU_NET_REDIRECT_H

#include <stdbool.h>

/* Whether a token meant for the URL `from` may be sent to `to`: the same host, by
 * the same scheme and port, or by https. */
bool redirect_is_safe(const char *from, const char *to);

/* Whether it leads from https to http. */
bool redirect_is_downgrade(const char *from, const char *to);

/* Whether what answered has another path or query than what was asked. */
bool redirect_is_elsewhere(const char *asked, const char *answered);

#endif
