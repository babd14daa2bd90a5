/* full.h - whole projects out of Kitsu, as records on stdout
 * (opkitsu-records(5), "From Kitsu"). */
#ifndef OPKITSU_FETCH_FULL_H
#define OPKITSU_FETCH_FULL_H

#include "model/project_filter.h"
#include "store/links.h"
#include "zou/lists.h"

typedef struct fetch_full {
    /* All borrowed. */
    zou_lists *lists;
    const bool *wanted;         /* of each kind (KINDS), whether to read it */
    project_filter *filter;     /* which projects to read */
    const project_links *links; /* the store's, for those that Kitsu no longer has */
    arena *arena;               /* for the ids below */
    /* What came of it; set by the functions below. */
    json ended,
        abandoned; /* arrays of ids: of the projects that got their End, and of the others */
    int status;    /* EX_OK, or 1: not everything could be read, which has been reported */
} fetch_full;

/* Write Deleted for those of `links` that Kitsu no longer has, then all projects
 * that the user sees and `filter` wants, by name, then id. False: nothing can be
 * read any longer; `*e`, or stdout's error, says why. */
bool fetch_full_write(fetch_full *f, error *e);

/* The same as a whole stream: ask for the head of the event log first, and write its
 * Checkpoint at the end. `all_kinds`: no kind is left out, so that the Checkpoint
 * may also hold for projects that do not exist yet. */
bool fetch_full_write_stream(fetch_full *f, bool all_kinds, error *e);

/* Kitsu has answered 404 for a project: write Deleted of it, if it was ever synchronised with
 * this id. False: it was not, which is reported; nothing may be deleted for that. */
bool fetch_full_write_deleted(const project_link *link);

#endif
