/* section_items.h - the entities and asset types that matter to a section. */
#ifndef OPKITSU_FETCH_SECTION_ITEMS_H
#define OPKITSU_FETCH_SECTION_ITEMS_H

#include "base/hash.h"
#include "zou/bulk.h"

/* The texts lie in the arena of the items. */
typedef struct section_item {
    UT_hash_handle hh; /* by id */
    const char *id;
    kind kind; /* as an event, a document or a Skipped calls it; see section_item_kind */
    /* Why it matters. */
    bool affected;               /* an event names it */
    bool by_task;                /* an event names a task of it */
    bool remembered;             /* the store remembers it, or a task of it, as skipped, */
    bool set_free;               /* and what happened may change that */
    bool made, deleted, updated; /* by an event of its own */
    const char *skipped_name, *skipped_parent_id; /* of the former, by its Skipped; or NULL */
    bool cast;                                    /* an asset was put into it, or taken out */
    bool by_link; /* it casts an asset whose document comes or goes, and may be another project's */
    bool cast_sought; /* an asset: those that cast it were */
    bool below;       /* the store has it archived, below a container that matters */
    bool doubtful;    /* its document may have to be deleted or linked to another entity */
    /* What Kitsu has. */
    bool wanted, asked; /* Kitsu is to be asked for it; was asked */
    zou_entity *record; /* or NULL */
    bool followed;      /* what is above and below the record was asked for */
    bool elsewhere;     /* it lies in another project */
    bool listed;        /* an asset type that the project uses */
    /* What the store has. */
    bool looked_up, stored, live;        /* live: no document of it is archived */
    bool several;                        /* it has more documents than one */
    bool recollected, recollected_below; /* sought among what was skipped: it; what it touches */
    bool stored_canceled;
    const char *document; /* the `_id` of its document, as a text; NULL: none */
    const char *document_name;
    const char *stored_parent_id, *stored_type_id, *stored_ready_for; /* or NULL */
} section_item;

typedef struct section_items {
    section_item *table; /* hash table */
    arena *arena;        /* borrowed */
} section_items;

/* The item of this id, added if there is none. `k` is noted if its kind is not
 * known yet. */
section_item *section_items_add(section_items *s, const char *id, kind k);
/* The item of this id, or NULL. `id` may be NULL. */
section_item *section_items_find(const section_items *s, const char *id);
/* Empty the table; the arena keeps what it has. */
void section_items_clear(section_items *s);

/* The record's kind, else what was noted. */
kind section_item_kind(const section_item *i);

typedef bool section_item_test(const section_item *i);

/* The ids of the items that pass, in the arena. */
const char **section_items_select(const section_items *s, section_item_test *test, size_t *n);
size_t section_items_count(const section_items *s, section_item_test *test);

#endif
