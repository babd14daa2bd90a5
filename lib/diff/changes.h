/* changes.h - the records that op-diff makes: Change and Skipped, on stdout. */
#ifndef OPKITSU_DIFF_CHANGES_H
#define OPKITSU_DIFF_CHANGES_H

#include "json/json.h"

typedef struct change_output {
    bool no_skipped;                    /* what is skipped is not reported on stderr */
    unsigned long n_changes, n_skipped; /* records written */
} change_output;

/* Write a Skipped record, and report it unless it is `with` another; `a` is scratch. */
void changes_write_skipped(change_output *o, arena *a, json skipped);

/* Why no line can hold a change. */
typedef struct change_obstacle {
    const char *code;   /* of a Skipped record; static */
    const char *reason; /* in the arena of the call */
} change_obstacle;

/* Write a Change record. False, and `*why`: it is too long or too deep for a line. */
bool changes_try(change_output *o, arena *a, json change, change_obstacle *why);
/* The same; in place of what no line can hold a Skipped record is written. */
void changes_write(change_output *o, arena *a, const char *project_id, json change);

#endif
