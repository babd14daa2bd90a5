/* links.h - the projects that the store has and Kitsu's that they are
 * linked to, `data.zou_id` (opkitsu-records(5)). */
#ifndef OPKITSU_STORE_LINKS_H
#define OPKITSU_STORE_LINKS_H

#include "store/store.h"

typedef struct project_link { /* the texts lie in the arena of the links */
    const char *id;           /* Kitsu's */
    const char *name, *coll;
    bool active; /* data.active is not false */
    bool known;  /* was synchronised from this server: the store has its checkpoint */
} project_link;

typedef struct project_links {
    project_link *items; /* owned */
    size_t len, cap;
    arena *arena; /* owned */
} project_links;

/* Read them, anew if need be. With `server` also which are `known`. */
bool project_links_read(project_links *l, store *s, const char *server, error *e);
void project_links_free(project_links *l);

/* The one linked to this id; of several (a copy was restored beside it)
 * that of this name, else the first. NULL: none. `name` may be NULL. */
const project_link *project_links_find(const project_links *l, const char *id, const char *name);

#endif
