/* lists.h - what all projects of a Kitsu share, kept after the first
 * reading: who the user is, project statuses, task types, task statuses. */
#ifndef OPKITSU_ZOU_LISTS_H
#define OPKITSU_ZOU_LISTS_H

#include "record/kind.h"
#include "zou/zou.h"

/* A list that is kept. */
typedef struct fetch_list {
    json_element *items; /* owned; the texts lie in the arena */
    size_t len, cap;
    arena *arena; /* owned */
    bool names_only, read;
} fetch_list;

/* A json_element_fn whose context is a fetch_list: keep a copy. */
bool fetch_list_keep(void *context, const json_element *element);
/* The one of this id, or NULL. */
const json_element *fetch_list_find(const fetch_list *l, const char *id);
void fetch_list_clear(fetch_list *l);

typedef struct fetch_shared {
    zou *zou;              /* borrowed */
    bool wanted[KINDS];    /* the kinds of a full reading */
    arena *arena;          /* owned: who the user is */
    const char *me, *role; /* the user's id and role; NULL: not asked yet */
    fetch_list project_statuses, task_types, task_statuses;
} fetch_shared;

void fetch_shared_init(fetch_shared *s, zou *z, const bool wanted[KINDS]);
void fetch_shared_free(fetch_shared *s);

/* Have them read, unless they are; as in zou/zou.h. */
zou_result fetch_shared_me(fetch_shared *s, error *e);
zou_result fetch_shared_need(fetch_shared *s, fetch_list *list, error *e);
/* Have all that a full reading needs. */
zou_result fetch_shared_need_all(fetch_shared *s, error *e);
/* Everything is to be read again when it is next needed. */
void fetch_shared_forget(fetch_shared *s);

/* Whether the user sees every project of the server. */
bool fetch_shared_sees_all(const fetch_shared *s);

#endif
