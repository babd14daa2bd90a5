/* seen_people.h - the names of Kitsu's people, as they were when an event last told of any.
 *
 * A log-in and each time somebody spends on a task change a person in Kitsu (`person:update`).
 * What the documents have of them changes only with their names, and is looked for then. */
#ifndef OPKITSU_FETCH_SEEN_PEOPLE_H
#define OPKITSU_FETCH_SEEN_PEOPLE_H

#include "base/hash.h"
#include "base/idset.h"
#include "store/store.h"
#include "zou/lists.h"

typedef struct seen_person {
    const char *id;
    json assignee;     /* as in model/person.h */
    UT_hash_handle hh; /* by id */
} seen_person;

typedef struct seen_people {
    seen_person *table; /* hash table */
    arena *arena;       /* owned: all of it; NULL: nobody has been seen */
} seen_people;

/* Remember the people of the list. Returns the ids of those whose names are not what they
 * were, which at first are all; the caller owns the set. */
idset *seen_people_look(seen_people *s, element_list *people);

/* Whether a document of the collection names one of these people otherwise: `*differs`.
 * False: the store failed, `*e`. */
bool seen_people_differ(const seen_people *s, const idset *ids, store *st, store_ns ns,
                        bool *differs, error *e);
void seen_people_free(seen_people *s);

#endif
