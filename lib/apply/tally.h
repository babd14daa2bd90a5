/* tally.h - what op-apply knows of the project whose records are coming, until its
 * End: what was done, what was skipped, what failed. */
#ifndef OPKITSU_APPLY_TALLY_H
#define OPKITSU_APPLY_TALLY_H

#include "model/change.h"
#include "record/result.h"

typedef struct tally {
    arena *arena;     /* owned: all that follows */
    json skipped;     /* Skipped records, as they came */
    json failed;      /* Skipped records without a project, of what failed */
    const char *coll; /* of its changes; NULL: none has come */
    unsigned long inserted, updated, deleted, archived, n_skipped, n_failed, conflicts;
    unsigned long changes; /* that came */
    bool dropped;          /* the collection is */
    double started; /* by clock_now: the end of the project before it, as Kitsu was read for it
                       since then; 0 after a Checkpoint, as the next batch may come much later */
} tally;

/* Start anew: the next project. A zeroed tally becomes one with an arena. */
void tally_reset(tally *t);
void tally_free(tally *t); /* frees what it holds, not `t` */
/* A record of the project came: its time starts, unless it has. */
void tally_start(tally *t);

/* Count what became of a change of a document (NULL: the store had none). `what`: why it
 * failed, else ignored. */
void tally_add_result(tally *t, const change *c, const json *document, result_status status,
                      const char *what);
/* Copies a Skipped record. */
void tally_add_skipped(tally *t, const json *record);

/* Skipped records of this project, also for what failed, in the tally's arena: they
 * are judged again in a later run. */
json tally_skipped_of(tally *t, const char *project_id);
/* The Summary record. `dry`: of what would be done. `full`: of a full synchronisation,
 * not of events. */
json tally_summary(const tally *t, const char *project, bool full, bool dry);

#endif
