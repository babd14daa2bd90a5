/* fetch.h - productions out of Kitsu, as records on stdout (opkitsu-records(5),
 * "From Kitsu"). */
#ifndef OPKITSU_FETCH_H
#define OPKITSU_FETCH_H

#include "event_log.h"
#include "kind.h"
#include "zou.h"

typedef struct fetch fetch;

typedef enum fetch_outcome {
    FETCH_WHOLE,
    FETCH_SOME, /* got its End, but not all that Kitsu has: a partial view, or Skipped ones */
    FETCH_LEFT, /* no End; others may go on */
    FETCH_LOST  /* nothing can go on: http_error, or stdout is broken */
} fetch_outcome;

typedef struct fetch_project { /* borrowed: as long as the fetch */
    const char *id, *name;
    bool has_end;
} fetch_project;

/* Log in, and read what all projects share, the event log's head first. `z` is
 * borrowed. `wanted`: the kinds to read. NULL: `*e`. The caller owns the
 * result. */
fetch *fetch_new(zou *z, const bool wanted[KINDS], http_error *e);
void fetch_free(fetch *f); /* takes NULL */

/* Whether the user sees every project of the server. */
bool fetch_sees_all(const fetch *f);

/* All projects that the user sees, by name, then id. */
fetch_project *fetch_projects(fetch *f, size_t *n);

/* Write one: Project, its kinds from parents to children, End. What is wrong
 * with it is said; `*e` is set with FETCH_LOST only. */
fetch_outcome fetch_one(fetch *f, fetch_project *project, http_error *e);

/* A project that a store links and Kitsu's list lacks: ask for it by its id,
 * and write `Deleted` if it is gone. */
fetch_outcome fetch_missing(fetch *f, const char *id, const char *name, http_error *e);

/* Write the Checkpoint: the log's head as it was in fetch_new, for the projects
 * that got their End. */
void fetch_checkpoint(fetch *f);

#endif
