/* settings.h - OpenPype's settings, as far as the suite uses them.
 *
 * Merged key by key, lists whole, the later over the earlier:
 *   share/settings.json, the studio's overrides in OpenPype's `settings`
 *   collection, the project's there, /etc/opkitsu/settings.json,
 *   $XDG_CONFIG_HOME/opkitsu/settings.json.
 * All have the shape of OpenPype's own: `modules.kitsu.server` (system
 * settings), `kitsu.publish…` (project settings), and `opkitsu.…` for what
 * OpenPype has no key for (edits, concepts: whether they are synchronised).
 *
 * Of OpenPype's documents those of the running version count, see
 * store/settings_version.h; each layer is merged as in store/settings_merge.h. */
#ifndef OPKITSU_STORE_SETTINGS_H
#define OPKITSU_STORE_SETTINGS_H

#include "store/store.h"

typedef struct settings settings;

/* `s` (borrowed) is read once, here; NULL: files only. NULL on a file that is
 * not JSON (status 78) or a store that failed. The caller owns the result. */
settings *settings_load(store *s, error *e);
/* Of one source alone over what is shipped: this file, which must be there, or
 * with NULL the store. */
settings *settings_load_one(const char *file, store *s, error *e);
void settings_free(settings *s); /* takes NULL */
/* Warn of mistakes in the section `opkitsu` (store/settings_check.h), with the file or the
 * document that has them: for programs that use it. */
void settings_warn(settings *s);
/* For a program that runs for long: read them again if they are older than half a minute.
 * `*s` is then replaced, what lives as long as it is gone, and settings_warn is called. A
 * file that can't be read is reported, and the settings stay. False: the store failed. */
bool settings_renew(settings **s, store *db, error *e);
/* What that needs but for the store. */
void settings_needs(program_needs *n);

/* The merged settings of a project, or with NULL the studio's. Lives as long
 * as `s`. */
const json *settings_for(settings *s, const char *project);

/* Which of them gives what is at this path (dotted, keys of objects) there: a
 * file's name, or the store's and what in it. Lives as long as `s`. NULL: none. */
const char *settings_source(settings *s, const char *project, const char *path);

/* `modules.kitsu.server`, or NULL when it is empty everywhere. */
const char *settings_server(settings *s);

/* What a new project document starts from: {"attributes":{…},"config":{…}},
 * share/anatomy.json under the studio's default anatomy. Never NULL. */
const json *settings_anatomy(const settings *s);

#endif
