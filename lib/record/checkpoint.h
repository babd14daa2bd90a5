/* checkpoint.h - a position in Kitsu's log of events, up to which the stream before it
 * is complete (opkitsu-records(5)), and for which projects it holds. */
#ifndef OPKITSU_RECORD_CHECKPOINT_H
#define OPKITSU_RECORD_CHECKPOINT_H

#include "json/json.h"

/* All borrowed. */
typedef struct checkpoint_record {
    const char *server; /* the API's address */
    json projects;      /* array of ids; null: all */
    json created_at;    /* a text; null: no position, as the log may not be read */
    json ids;           /* array: the events of the last seconds before it */
    int64_t events;     /* of a batch of events: how many it had, 0 if that is no count;
                           else -1 */
    bool all;           /* no project was left out on purpose */
    json full_sync;     /* array of ids for which it does not hold; null: absent */
    json missing;       /* array: what -P options name, and Kitsu does not have; null: absent */
} checkpoint_record;

json checkpoint_make(arena *a, const checkpoint_record *c);
/* False: it lacks what every Checkpoint has, or has it in another shape. */
bool checkpoint_read(const json *record, checkpoint_record *c);

/* The ids of both lists (either may be null), each once, in `a`. What is no text stays, for
 * op-apply to refuse. */
json checkpoint_unite(arena *a, const json *some, const json *more);

/* ---- the projects of a batch --------------------------------------------- */

/* Those that were planned for, not those that were left alone. */
typedef struct checkpoint_scope checkpoint_scope;

checkpoint_scope *checkpoint_scope_new(void);    /* the caller owns it */
void checkpoint_scope_free(checkpoint_scope *c); /* takes NULL */

/* A project came to its End; or was left alone, and a full synchronisation must
 * come back to it. The ids are copied. */
void checkpoint_scope_done(checkpoint_scope *c, const char *id);
void checkpoint_scope_abandoned(checkpoint_scope *c, const char *id);
/* Whether none was left alone, and a Checkpoint holds as it is. */
bool checkpoint_scope_is_whole(const checkpoint_scope *c);
/* A Checkpoint as it holds, in `a`: one of a full stream loses from its
 * `projects` those that were left alone; one that holds for all, or of events,
 * names them in `full_sync`. */
json checkpoint_scope_checkpoint(const checkpoint_scope *c, arena *a, const json *checkpoint);
/* The next batch. */
void checkpoint_scope_clear(checkpoint_scope *c);

#endif
