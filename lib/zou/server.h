/* server.h - the address of Kitsu's API: where it is configured, how it is written. */
#ifndef OPKITSU_ZOU_SERVER_H
#define OPKITSU_ZOU_SERVER_H

#include "base/error.h"
#include "store/store.h"

/* `kitsu.example.com` → `https://kitsu.example.com/api`, `http://h:8080/` →
 * `http://h:8080/api`; a path is kept, slashes at its end are removed. NULL: `*e`
 * (status 78). The caller frees it. */
char *server_address(const char *text, error *e);
/* The address `given` on the command line (or NULL), else KITSU_SERVER, else that of
 * the settings: OpenPype's in `s` (borrowed; NULL: files only). NULL: `*e`. The caller
 * frees it. */
char *server_find(const char *given, store *s, error *e);

#endif
