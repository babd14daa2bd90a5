/* settings_version.h - which of several settings documents OpenPype reads.
 *
 * OpenPype keeps one settings document of each type for each version of itself, and one
 * of the time before, without a version: the legacy one. It reads the one of its own
 * version, else the nearest lower, else the legacy one, else the nearest higher
 * (_find_closest_settings_id in OpenPype's settings/handlers.py). */
#ifndef OPKITSU_STORE_SETTINGS_VERSION_H
#define OPKITSU_STORE_SETTINGS_VERSION_H

#include "json/json.h"

/* The versions that a studio has had, and the one that is running. */
typedef struct settings_order {
    const char **list; /* oldest first */
    size_t n;
    size_t running; /* its place in the list; n: none is known */
} settings_order;

/* As semantic versions are ordered: less than 0, 0, more than 0. `3.18.0-nightly.1` comes
 * before `3.18.0`; what is behind a `+` does not count. A text that is no version comes
 * before all versions. */
int settings_version_compare(const char *one, const char *other);

/* The version that OpenPype runs: `given` (an option or OPENPYPE_VERSION), else what the
 * document `global_settings` says for production, or for staging. NULL: the last of
 * versions_order. All may be NULL. */
const char *settings_version_wanted(const char *given, const json *global, bool staging);

/* The order of these versions (borrowed, oldest first), in `a`. The running one is
 * `running`, or with NULL the last. If it is not listed, all are sorted, as OpenPype does
 * when a new version starts. */
settings_order settings_order_make(arena *a, const char *const *listed, size_t n,
                                   const char *running);

/* How near the document of a version is to the running one, more for nearer; `version`
 * NULL: the legacy one. 0: OpenPype does not read it. */
size_t settings_order_rank(const settings_order *o, const char *version);

#endif
