/* records.h - the records of one project, from its Project to its End
 * (opkitsu-records(5)): those of an answer to events, and all of a full one. */
#ifndef OPKITSU_FETCH_RECORDS_H
#define OPKITSU_FETCH_RECORDS_H

#include "base/idset.h"
#include "fetch/castings.h"
#include "record/end.h"
#include "zou/project.h"

typedef enum fetch_outcome {
    FETCH_WHOLE,     /* got its End, with all that Kitsu has */
    FETCH_PARTIAL,   /* got its End, but records were skipped, or the user sees only a part */
    FETCH_ABANDONED, /* got no End; other projects can be read */
    FETCH_LOST,      /* nothing can be read any longer, or stdout is broken */
    FETCH_NEEDS_FULL /* a section only: nothing was written, a full reading is needed */
} fetch_outcome;

typedef struct fetch_records {
    zou_project project;   /* owned */
    const char *scope;     /* for the Project of an answer to events; else NULL */
    bool partial_reported; /* a message has been written that the user sees only a part of it */
    bool skipped;          /* a record was too large, or nested too deep */
    castings castings;
    unsigned long counts[KINDS];
    bool read[KINDS]; /* End counts them */
} fetch_records;

/* As zou_project_start; fetch_records_free frees the project. */
void fetch_records_init(fetch_records *r, zou_lists *lists, const char *id, const char *name);
void fetch_records_free(fetch_records *r);

/* Report that Kitsu did not give the project: `result` is not ZOU_OK. Returns
 * FETCH_ABANDONED; or FETCH_LOST, which the caller reports. */
fetch_outcome fetch_records_abandon(const fetch_records *r, zou_result result, const error *e);

/* Whether the server's list of task types, which was read, is not empty though the project
 * has some. False: it is, `*e` says so. */
bool fetch_records_check_task_types(const fetch_records *r, error *e);

/* Write Project, and one record of each task type of the server. */
void fetch_records_write_project(fetch_records *r);
void fetch_records_write_task_types(fetch_records *r);
/* Write one of each task status of the server, or of these. */
void fetch_records_write_task_statuses(fetch_records *r, const idset *only);
/* Write a Person of each person of the server, or of these; none if the list was not read. Of
 * nobody it need not be. */
void fetch_records_write_people(fetch_records *r, const idset *only);
/* Write one record of this kind, and count it. */
void fetch_records_write(fetch_records *r, kind k, const json_element *e);
/* Write End. `whole`: every document of the project is to be judged again; `judged`: as in
 * record/end.h, or NULL. */
void fetch_records_write_end(fetch_records *r, end_scope scope, bool whole, const json *judged);
/* The outcome after End. Reports a partial view, unless `partial_reported`. Sets `*e`
 * with FETCH_LOST only. */
fetch_outcome fetch_records_outcome(fetch_records *r, error *e);

/* After zou_project_read: write Project, all of the wanted kinds, and End, and
 * report what goes wrong. Sets `*e` with FETCH_LOST only. */
fetch_outcome fetch_records_write_full(fetch_records *r, const bool wanted[KINDS], error *e);

#endif
