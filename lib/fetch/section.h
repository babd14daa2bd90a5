/* section.h - what a batch of events changed in one open project that the
 * store has: read from Kitsu and compared with the store, then written as a
 * section of scope events (opkitsu-records(5)).
 *
 * Asked for by id: what the events touched, what the store remembers as
 * skipped, and ancestors that the store lacks; with all their tasks. Below an
 * episode or sequence that the store did not have (it was skipped, or canceled)
 * also the descendants, which have no events of their own then. Everything is
 * read before anything is written, so a project that fails writes nothing. */
#ifndef OPKITSU_FETCH_SECTION_H
#define OPKITSU_FETCH_SECTION_H

#include "fetch/affected.h"
#include "fetch/records.h"

typedef struct fetch_section {
    /* All borrowed. */
    fetch_reading *reading; /* the project is read, the role is known */
    store *store;
    store_ns ns;
    affected *affected; /* what turns out to lie in another project is added to that */
    affected_project *project;
    const json *remembered; /* its Skipped records */
    bool said_partial;
} fetch_section;

/* FETCH_ABANDONED: the project was left alone, which has been said. With `*too_many`
 * nothing was said: it should be read in full. */
fetch_outcome fetch_section_write(const fetch_section *s, bool *too_many, error *e);

/* The entities whose documents in a collection have one of these tasks, found
 * by looking through all of it. `fn` gets a task's id and its entity's. */
typedef void fetch_task_fn(void *context, const char *task_id, const char *entity_id);
bool fetch_find_tasks(store *s, store_ns ns, const affected_id *tasks, fetch_task_fn *fn,
                      void *context, error *e);

#endif
