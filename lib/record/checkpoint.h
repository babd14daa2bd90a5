/* checkpoint.h - for which projects a Checkpoint holds (opkitsu-records(5)): those
 * of its batch that were planned for, not those that were left alone. */
#ifndef OPKITSU_RECORD_CHECKPOINT_H
#define OPKITSU_RECORD_CHECKPOINT_H

#include "json/json.h"

typedef struct coverage coverage;

coverage *coverage_new(void);    /* the caller owns it */
void coverage_free(coverage *c); /* takes NULL */

/* A project came to its End; or was left alone, and a full synchronisation must
 * come back to it. The ids are copied. */
void coverage_done(coverage *c, const char *id);
void coverage_left(coverage *c, const char *id);
/* Whether none was left alone, and a Checkpoint holds as it is. */
bool coverage_is_whole(const coverage *c);
/* A Checkpoint as it holds, in `a`: one of a full stream loses from its
 * `projects` those that were left alone; one that holds for all, or of events,
 * names them in `full_sync`. */
json coverage_checkpoint(const coverage *c, arena *a, const json *checkpoint);
/* The next batch. */
void coverage_clear(coverage *c);

#endif
