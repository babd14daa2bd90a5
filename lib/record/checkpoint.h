/* checkpoint.h - for which projects a Checkpoint holds (opkitsu-records(5)): those
 * of its batch that were planned for, not those that were left alone. */
#ifndef OPKITSU_RECORD_CHECKPOINT_H
#define OPKITSU_RECORD_CHECKPOINT_H

#include "json/json.h"

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
