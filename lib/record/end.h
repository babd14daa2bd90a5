/* end.h - the End of a project's records (opkitsu-records(5)): what came is all of it
 * only if the counts agree. */
#ifndef OPKITSU_RECORD_END_H
#define OPKITSU_RECORD_END_H

#include "json/json.h"

typedef enum end_scope { END_FULL, END_EVENTS, END_DOCUMENTS, END_UNKNOWN } end_scope;

/* For `cast`: the shots that lie below anything, which is all that some users may read. */
#define END_CAST_SHOTS "shots"

/* Texts are borrowed. */
typedef struct end_record {
    end_scope scope;
    const char *project_id; /* of Kitsu's records and changes; else NULL */
    const char *db, *coll;  /* of documents and of a plan: their namespace; else NULL */
    const char *name;       /* of a plan for no collection: what Kitsu calls it; else NULL */
    json counts;            /* object: how many of each kind came; null: absent */
    bool whole;             /* every document of the project is to be judged again */
    bool partial;           /* the login may not see all of it */
    const char *full_sync;  /* of a plan that waits for a full read: why; else NULL */
    json judged;            /* of scope events: an array of the ids of entities that were read, so
                               that their Skipped in the plan are all; null: absent */
    json cast;              /* of whom all EntityLink records came: of scope events an array of ids
                               of entities; the text END_CAST_SHOTS; null: absent */
    json project;           /* of a plan, an object: the `_id` of the project document, its code,
                               and Kitsu's fps and resolution; null: absent */
    json settings;          /* object: those of opkitsu's that the plan was made with, where they
                               are not the default; null: all are */
} end_record;

json end_make(arena *a, const end_record *end);
/* What is absent is NULL, null or false. */
void end_read(const json *record, end_record *end);
/* One of `counts`; false: absent, or no whole number. */
bool end_count(const end_record *end, const char *key, int64_t *n);

#endif
