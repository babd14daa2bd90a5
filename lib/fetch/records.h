/* records.h - one project while it is read: the records that every
 * section of a stream has, and the whole of a full one (opkitsu-records(5)). */
#ifndef OPKITSU_FETCH_RECORDS_H
#define OPKITSU_FETCH_RECORDS_H

#include "zou/project.h"

typedef enum fetch_outcome {
    FETCH_WHOLE,
    FETCH_PARTIAL,   /* got its End, but not all that Kitsu has: a partial view, or Skipped ones */
    FETCH_ABANDONED, /* no End; others may go on */
    FETCH_LOST       /* nothing can go on: error, or stdout is broken */
} fetch_outcome;

typedef struct fetch_reading {
    zou_project project; /* owned */
    const char *scope;   /* for the Project of an answer to events; else NULL */
    bool skipped;        /* a record was too large, say */
    unsigned long counts[KINDS];
    bool read[KINDS]; /* is counted in End */
} fetch_reading;

/* As zou_project_start. */
void fetch_reading_start(fetch_reading *r, zou_lists *lists, const char *id, const char *name);
void fetch_reading_end(fetch_reading *r);

/* Say why a project is left alone: what an outcome other than ZOU_OK means. */
fetch_outcome fetch_reading_abandon(const fetch_reading *r, zou_result result, const error *e);

/* Write Project, and one record of every task type of the server. */
void fetch_reading_write_project(fetch_reading *r);
void fetch_reading_write_task_types(fetch_reading *r);
/* Write one record of this kind, and count it. */
void fetch_reading_write(fetch_reading *r, kind k, const json_element *e);
/* Write End. `scope`: full or events. */
void fetch_reading_write_end(fetch_reading *r, const char *scope, bool whole);

/* After zou_project_read: write Project, the wanted kinds, and End. What
 * is wrong is said; `*e` is set with FETCH_LOST only. `once`: it has been said
 * already that this user sees a part only. */
fetch_outcome fetch_reading_full(fetch_reading *r, bool once, error *e);
/* What it comes to, after End. */
fetch_outcome fetch_reading_outcome(const fetch_reading *r, bool once, error *e);

#endif
