/* apply.h - a stream of changes, brought into a store: what op-apply does with
 * each record, but for reading it. Results and what is passed on go to stdout,
 * in an atomic store not before they are committed. */
#ifndef OPKITSU_APPLY_APPLY_H
#define OPKITSU_APPLY_APPLY_H

#include "model/change.h"
#include "store/lease.h"
#include "store/store.h"

typedef struct apply apply;

/* `s` is borrowed, as is `l`, without which nothing may be written. NULL: a dry
 * run, nothing is written. */
apply *apply_new(store *s, lease *l);
/* For how many seconds to wait for another holder of the lease, and what to ask
 * whether to go on waiting. */
void apply_wait(apply *p, double seconds, bool (*go_on)(void));
/* Takes NULL. What is not committed is rolled back. */
void apply_free(apply *p);
/* Where to read the next record into; see batch_arena. */
arena *apply_arena(apply *p);

/* These return false when the store failed, or the lease is not to be had or
 * lost: `*e`. Nothing may be called then
 * but apply_free. */

/* A Change, from a line of `size` bytes. */
bool apply_change(apply *p, const change *c, size_t size, error *e);
/* A line that is passed on as it is. */
void apply_pass(apply *p, const char *line, size_t len);
/* A Skipped record: counted, remembered at the project's End. */
void apply_skipped(apply *p, const json *record);
/* The End of the project: what was gathered is written, and summed up. */
bool apply_end(apply *p, const char *project_id, bool full, error *e);
/* A valid Checkpoint (store/state.h), stored after everything before it. */
bool apply_checkpoint(apply *p, const json *record, error *e);
/* While nothing comes: keeps the lease. Call it every lease_renewal. */
bool apply_idle(apply *p, error *e);
/* Whether something has come that is not committed. */
bool apply_is_pending(const apply *p);
/* Write and commit what has come so far. */
bool apply_commit(apply *p, error *e);
/* The end of the input. The lease is given back. */
bool apply_finish(apply *p, error *e);

/* 0; 1: something was skipped, failed or in conflict; 75: and so a checkpoint
 * was not stored, and no record may follow. */
int apply_status(const apply *p);

#endif
