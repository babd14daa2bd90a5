/* apply.h - write a stream of changes to a store: what op-apply does with each
 * record. Records are borrowed for the call; what must stay is copied. Results and
 * what is passed on go to stdout, in an atomic store only after the commit. */
#ifndef OPKITSU_APPLY_APPLY_H
#define OPKITSU_APPLY_APPLY_H

#include "model/change.h"
#include "record/checkpoint.h"
#include "record/end.h"
#include "store/lease.h"
#include "store/store.h"

typedef struct apply apply;

/* `s` is borrowed, as is `l`, without which nothing may be written. NULL: a dry
 * run, nothing is written. */
apply *apply_new(store *s, lease *l);
/* How many seconds to wait for another holder of the lease. `go_on` returns false to
 * stop waiting early. */
void apply_wait(apply *p, double seconds, bool (*go_on)(void));
/* Takes NULL. What is not committed is rolled back. */
void apply_free(apply *p);

/* These return false if the store failed or the lease could not be acquired or was
 * lost; `*e` says which. Only apply_free may be called afterwards. */

/* A Change, from a line of `size` bytes. */
bool apply_change(apply *p, const change *c, size_t size, error *e);
/* A line that is passed on as it is. */
void apply_pass(apply *p, const char *line, size_t len);
/* A Skipped record: counted, remembered at the project's End. */
void apply_skipped(apply *p, const json *record);
/* The End of a project: what was gathered is written and summed up. */
bool apply_end(apply *p, const end_record *end, error *e);
/* A Checkpoint, stored after everything before it. */
bool apply_checkpoint(apply *p, const checkpoint_record *record, error *e);
/* Keep the lease while nothing comes. Call it every lease_renewal. */
bool apply_idle(apply *p, error *e);
/* Whether something has come that is not committed. */
bool apply_is_pending(const apply *p);
/* Write and commit what has come so far. */
bool apply_commit(apply *p, error *e);
/* The end of the input: commit, and release the lease. */
bool apply_finish(apply *p, error *e);

/* 0; 1: something was skipped, failed or conflicted; 75: a checkpoint was therefore
 * not stored, and no record may follow. */
int apply_status(const apply *p);

#endif
