/* lists.h - what all projects of a Kitsu share, read once and kept: the user, project
 * statuses, task types, task statuses, people. */
#ifndef OPKITSU_ZOU_LISTS_H
#define OPKITSU_ZOU_LISTS_H

#include "base/lookup.h"
#include "record/kind.h"
#include "zou/zou.h"

/* A list that is kept. */
typedef struct element_list {
    json_element *items; /* owned; the texts lie in the arena */
    json *trees;         /* owned: of the items that were asked for; NULL: of none yet */
    size_t len, cap;
    arena *arena; /* owned */
    size_t held;  /* bytes of the copies, and of their trees */
    lookup by_id; /* owned: places plus 1 of the first `looked_up` items */
    size_t looked_up;
    bool names_only, read;
} element_list;

/* A json_element_fn whose context is an element_list: keep a copy. False: the list would
 * hold more than MAX_HELD. */
bool element_list_keep(void *context, const json_element *element);
/* GET the list and keep it, what has no id left out. A list of more than MAX_HELD is a
 * request that failed. */
zou_result element_list_read(element_list *l, zou *z, const char *path, error *e);
/* The one of this id, or NULL. From the first time on items may be added, but no longer be
 * put in another order. */
const json_element *element_list_find(element_list *l, const char *id);
/* Item `i`, parsed once; it lives as long as the list. NULL: it is too large, or its
 * text is not kept (`names_only`). */
const json *element_list_tree(element_list *l, size_t i);
void element_list_clear(element_list *l);

typedef struct zou_lists {
    zou *zou;              /* borrowed */
    arena *arena;          /* owned: who the user is */
    const char *me, *role; /* the user's id and role; NULL: not read yet */
    element_list project_statuses, task_types, task_statuses, people;
} zou_lists;

void zou_lists_init(zou_lists *s, zou *z);
void zou_lists_free(zou_lists *s);

/* Read them, unless they have been read; as in zou/zou.h. */
zou_result zou_lists_user(zou_lists *s, error *e);
zou_result zou_lists_need(zou_lists *s, element_list *list, error *e);
/* Read the user, the project statuses, and the lists of the kinds that are wanted. People
 * that the user may not see stay unread. */
zou_result zou_lists_need_all(zou_lists *s, const bool wanted[KINDS], error *e);
/* Read everything again when it is next needed. */
void zou_lists_forget(zou_lists *s);

/* Whether the user sees every project of the server. */
bool zou_lists_sees_all(const zou_lists *s);

#endif
