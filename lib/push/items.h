/* items.h - what a push is about: the things of a project that are in Kitsu or are to be
 * made there, their tasks and task types, and the plan that holds them.
 *
 * These are the types and small operations that all steps of planning share; push/plan.h
 * makes a plan. Neither HTTP nor a database is known here. Everything lives in the
 * plan's arena. */
#ifndef OPKITSU_PUSH_ITEMS_H
#define OPKITSU_PUSH_ITEMS_H

#include "model/collection.h"
#include "push/kitsu.h"

typedef struct push_item push_item;
typedef struct push_task push_task;

/* Something in Kitsu, there or to be made: a document's, or one that the push
 * itself needs (an asset type without a document, a substitute sequence). */
struct push_item {
    kind kind;
    asset *document;        /* NULL: none */
    const char *name;       /* in Kitsu */
    push_item *parent;      /* its asset type, episode or sequence in Kitsu; NULL: none, or it
                               was linked before */
    const char *id;         /* Kitsu's; NULL: it is to be made */
    json record;            /* as Kitsu has it; null until it is known */
    bool needs_link;        /* the document is not linked to it yet */
    bool made;              /* by this push */
    bool ignored;           /* canceled in Kitsu, or a second document of one entity */
    bool substitute;        /* a sequence in place of a parent that a shot lacks */
    const char *stands_for; /* of a substitute: the `_id` of the shots' parent, or "" for none */
    json fields;            /* object: what is to be written beside its name */
    push_task *tasks;       /* those that are missing or not linked */
    bool inherits;          /* its document has what the project's document had before people
                               changed that */
    const char *skip_code;  /* NULL: it is not skipped */
    const char *failed;     /* why Kitsu does not have it; NULL: it does, or may */
    bool has_children;      /* its document has children */
    bool is_folder;         /* it is nothing in Kitsu: as if it were not there */
    bool resolved, resolving, waits; /* scratch of push/resolve.h */
    UT_hash_handle hh;               /* by the document's key */
    UT_hash_handle hh_place;         /* by place */
    const char *place;               /* push/places.h */
};

/* A task type, there or to be made. */
typedef struct push_type {
    const char *id, *name; /* `id` NULL: it is to be made */
    kind for_entity;
    json short_name;
    const char *failed;           /* why it cannot be made or used; NULL: it can */
    push_task *tasks, *last_task; /* scratch of push/new_tasks.h: those of the type */
    bool needed;                  /* scratch of push/new_types.h */
} push_type;

/* A task that is missing in Kitsu, or is there and not linked. */
struct push_task {
    push_item *item;
    const char *entry; /* its key in data.tasks */
    const char *name;  /* in Kitsu */
    push_type *type;
    const char *id; /* Kitsu's; NULL: it is to be made */
    bool is_first;  /* its entity had no task of the type in Kitsu */
    json record;
    const char *failed; /* why Kitsu does not have it; NULL: it does, or may */
    bool sent;          /* Kitsu was asked to make it, and may have */
    const char *lost;   /* the last request to make it failed, but Kitsu may have made it: why */
    push_task *next, *next_of_type;
};

/* What names mean: `kitsu.entities_naming_pattern`, and the anatomy's attributes. */
typedef struct push_naming {
    const char *episode, *sequence, *shot; /* patterns (push/pattern.h), borrowed */
    bool convert;                          /* names: model/names.h */
    const json *attributes;                /* keys of the project's data that are not its own */
} push_naming;

/* What Kitsu has at a place: push/places.h. */
typedef struct push_occupant push_occupant;

/* Kitsu's asset types, as push/asset_types.h finds them; the first of each. */
typedef struct push_asset_types {
    lookup by_id, by_name; /* json; owned, as the others */
    lookup by_document;    /* json, by the name that a document has of it, in small letters */
    lookup used;           /* the project's, likewise: entity */
    const char *first;     /* a name: see push_asset_type_first */
} push_asset_types;

typedef struct push_plan {
    arena *arena; /* borrowed, as are the next three */
    const collection *c;
    push_kitsu *kitsu;
    const push_naming *naming;
    push_item **items; /* owned; parents first: by kind, then by name */
    size_t n, cap;
    push_item *by_document, *by_place; /* hashes */
    push_occupant *occupants;          /* a hash: Kitsu's entities by place */
    push_type **types;                 /* owned */
    size_t n_types, cap_types;
    push_asset_types asset_types;
    json project_fields; /* object: what is to be written to Kitsu's project */
    json base;           /* object: the project's code, fps and resolution as both sides last had
                            them; empty: not known */
    json next_base;      /* the same after this push */
    json skipped;        /* array of Skipped records */
} push_plan;

/* Add an item for a document, or without one (NULL). */
push_item *push_item_new(push_plan *p, asset *document);
/* The item of the document with this key; NULL: none, or no key. */
push_item *push_item_find(const push_plan *p, const char *key);
/* The item of its document's parent; NULL: none. */
push_item *push_item_parent_of(const push_plan *p, const push_item *i);
/* The nearest item above it that is no folder; NULL: none. Those above are resolved. */
push_item *push_item_container(const push_plan *p, const push_item *i);
/* The nearest item of a kind among its document's ancestors; NULL: none. */
push_item *push_item_ancestor(const push_plan *p, const push_item *i, kind k);

/* Make the item Kitsu's entity. */
void push_item_take_entity(push_item *i, const entity *e);

/* Add a Skipped record about a document. push_item_skip also leaves the document out of
 * the push. `code` is static, `why` is static or in the arena. */
void push_item_note(push_plan *p, const push_item *i, const char *code, const char *why);
void push_item_skip(push_plan *p, push_item *i, const char *code, const char *why);

/* The names of its ancestors in Kitsu, outermost first: an array. */
json push_item_ancestors(const push_plan *p, const push_item *i);

/* A name in small letters, in `a`: Zou does not take two that differ only in case. */
const char *push_small_letters(arena *a, const char *name);

/* Sort all items: parents first, by kind, then by name. */
void push_items_sort(push_plan *p);

#endif
