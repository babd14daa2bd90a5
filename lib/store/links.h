/* links.h - the projects that the store has and Kitsu's that they are
 * linked to, `data.zou_id` (opkitsu-records(5)). */
#ifndef OPKITSU_STORE_LINKS_H
#define OPKITSU_STORE_LINKS_H

#include "base/lookup.h"
#include "store/store.h"

typedef struct project_link { /* the texts lie in the arena of the links */
    const char *id;           /* Kitsu's */
    const char *name, *coll;
    bool active; /* data.active is not false */
    bool known;  /* this server was read for it: the store has its checkpoint */
    bool synced; /* it was synchronised with this id, see project_link_look_up */
    size_t next; /* the place of the next one of this id; 0: none */
} project_link;

typedef struct project_links {
    project_link *items; /* owned */
    size_t len, cap;
    arena *arena; /* owned */
    lookup by_id; /* owned: the first of each id */
} project_links;

/* Set `known` and `synced` of a link. A project was synchronised with the id if opkitsu
 * remembers that of its collection, or a document of it is linked to an entity of that
 * project, which OpenPype's own module does, too. An id that is only written into the project
 * document, as op-link does, may be a wrong one: that Kitsu does not have it says nothing. */
bool project_link_look_up(project_link *l, store *s, const char *server, error *e);

/* Read them, anew if need be. With `server` each is looked up, too. */
bool project_links_read(project_links *l, store *s, const char *server, error *e);
void project_links_free(project_links *l);

/* The one linked to this id; of several (a copy was restored beside it)
 * that of this name, else the first. NULL: none. `name` may be NULL. */
const project_link *project_links_find(const project_links *l, const char *id, const char *name);

#endif
