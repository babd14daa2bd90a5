/* batch_items.h - the changes of a batch one by one: what the store has of each, what
 * that means, and writing it. For apply/batch*.c only. */
#ifndef OPKITSU_APPLY_BATCH_ITEMS_H
#define OPKITSU_APPLY_BATCH_ITEMS_H

#include "base/hash.h"
#include "base/idset.h"
#include "model/change.h"
#include "record/result.h"
#include "store/store.h"

typedef struct batch batch; /* apply/batch.h */

typedef struct item {
    UT_hash_handle hh; /* in `table`, by `key` */
    change c;
    const char *key;      /* the text of its _id */
    const json *document; /* as it is in the store; NULL: it is not */
    json after;           /* as it should be */
    result_status status;
    const char *what;
    bool pending;        /* it is needed, and was not tried yet */
    const char *project; /* of an insert: the key of its project's document; else NULL */
    const char *parent;  /* of an insert, or a move: the key of the document that it is to lie
                            below; else NULL */
    size_t n_children;   /* documents below it that are not deleted yet */
    bool has_dependants; /* subsets, workfiles, … among them */
    bool is_blocked;     /* scratch: something that stays lies below it */
    bool is_deferred;    /* a delete that waits for the rest of the plan */
} item;

/* With -n: the parent that a document would have after what is planned so far. */
typedef struct planned_parent {
    UT_hash_handle hh;
    const char *parent; /* the text of an id, or NULL: deleted */
    char key[];
} planned_parent;

struct batch {
    store *store; /* borrowed */
    bool dry;
    arena *arena;            /* owned: the changes, and what is read for them */
    arena *planned_arena;    /* owned */
    planned_parent *planned; /* a hash table */
    item *items;             /* owned */
    size_t n, bytes;
    item *table;    /* the items at work, by the text of their _id */
    char *project;  /* owned: the _id of a project document known to be in this collection */
    char *indexed;  /* owned: the collection whose indexes were made last */
    idset *refused; /* owned: keys of documents whose changes failed, until batch_forget */
    idset *absent;  /* owned: of these, those that were to be inserted */
    item *deferred; /* owned: deletes that wait for the rest of the plan */
    size_t n_deferred, deferred_cap;
    arena *deferred_arena; /* owned: theirs */
    bool is_rest;          /* nothing of the plan comes any more */
};

/* The batch's namespace; it is not empty. */
store_ns batch_ns(const batch *b);
/* The item at work with this `_id`; NULL: none. */
item *batch_find(const batch *b, const json *id);
/* What became of an item. `what` is copied; NULL: nothing to say. */
void item_settle(batch *b, item *i, result_status status, const char *what);
/* Whether a change of this document has failed in this plan. */
bool batch_is_refused(const batch *b, const char *key);
/* Whether that was its insert: nothing can lie below it. */
bool batch_is_absent(const batch *b, const char *key);

/* Read the documents of items at work. */
bool batch_read(batch *b, item *const *list, size_t n, error *e);
/* Compare an item with its document, and settle it unless it is needed. */
change_verdict item_judge(batch *b, item *i);
/* Write items that are needed, and settle them. With -n nothing is written. */
bool batch_write_items(batch *b, item *const *list, size_t n, error *e);
/* Remember (NULL: forget) the `_id` of the collection's project document. */
void batch_note_project(batch *b, const char *key);

#endif
