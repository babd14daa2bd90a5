/* section.h - what a batch of events changed in one open project that the store
 * has, written as a section of scope events (opkitsu-records(5)).
 *
 * Kitsu is asked, by id, for what the events affected, for what the store
 * remembers as skipped and they may set free, and for ancestors that the store lacks, each with all its
 * tasks; also for the descendants of an episode or sequence that the store did
 * not have (it was skipped, or canceled), as these have no events of their own.
 * Everything is read before anything is written: a project that fails writes
 * nothing. */
#ifndef OPKITSU_FETCH_SECTION_H
#define OPKITSU_FETCH_SECTION_H

#include "fetch/affected.h"
#include "fetch/records.h"

typedef struct fetch_section {
    /* All borrowed. */
    fetch_records *records; /* the project is read, the user's role in it is known */
    store *store;
    store_ns ns;        /* the project's collection */
    affected *affected; /* gets what turns out to lie in another project */
    affected_project *project;
} fetch_section;

/* Write the section. FETCH_ABANDONED, which is reported, and FETCH_NEEDS_FULL:
 * nothing was written. Sets `*e` with FETCH_LOST only. */
fetch_outcome fetch_section_write(const fetch_section *s, error *e);

#endif
