/* diff.h - the plan that brings OpenPype's documents of one project to what
 * Kitsu has: Change and Skipped records on stdout. */
#ifndef OPKITSU_DIFF_DIFF_H
#define OPKITSU_DIFF_DIFF_H

#include "diff/changes.h"
#include "diff/closure.h"
#include "model/delete_limit.h"
#include "model/production.h"
#include "store/settings.h"

typedef struct diff {
    documents *documents; /* borrowed */
    settings *settings;   /* borrowed */
    delete_limit delete_limit;
    bool drop; /* --drop */
    change_output out;
} diff;

typedef enum diff_outcome {
    DIFF_DONE,
    DIFF_LEFT_ALONE, /* reported; nothing was planned */
    DIFF_FAILED      /* the store failed: `*e` */
} diff_outcome;

/* At the Project record: the collection that a production belongs to. NULL:
 * none, for which a Skipped record was written where people should know. */
const char *diff_find_target(diff *d, production *p);

/* What the settings of this project say: the kinds that must be in the stream, and those
 * that get documents; whether names are converted. */
void diff_read_settings(diff *d, const char *coll, production *p, bool chosen[KINDS],
                        bool need[KINDS]);

/* Those of opkitsu's settings that decide which documents a project has, where they are not
 * the default: an object, in `a`. */
json diff_settings(diff *d, const char *coll, arena *a);

/* At the End record, with the production linked up: plan. `loaded` are the
 * documents of the target; of a batch of events they are extended to what it needs. */
diff_outcome diff_project(diff *d, production *p, closure *loaded, const bool chosen[KINDS],
                          error *e);

/* Kitsu no longer has the project of this id. */
diff_outcome diff_deleted(diff *d, const char *project_id, arena *a, error *e);

#endif
