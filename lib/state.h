/* state.h - what the suite remembers from one run to the next: collection
 * `opkitsu` of OPENPYPE_DATABASE_NAME.
 *
 *     {_id:"checkpoint:SERVER:PROJECT_ID", type:"checkpoint", server,
 *      project_id, created_at, ids}       `*` and null: for all projects
 *     {_id:"skipped:PROJECT_ID", type:"skipped", entities:[Skipped, …]} */
#ifndef OPKITSU_STATE_H
#define OPKITSU_STATE_H

#include "store.h"

#define STATE_COLLECTION "opkitsu"

store_ns state_ns(const store *s);

/* The Skipped records remembered of a project: an array, empty if there are
 * none. */
bool state_skipped(store *s, const char *project_id, arena *a, json *records, store_error *e);

/* Whether the store has a checkpoint of this project from this server. */
bool state_has_checkpoint(store *s, const char *server, const char *project_id, arena *a, bool *has,
                          store_error *e);

/* The functions that remember write only what is not so already, and call
 * store_begin first unless `*begun`, which they set. */

/* The records of a project, in place of the remembered ones; with `add`, those
 * of the same entities are replaced and the others kept. */
bool state_put_skipped(store *s, const char *project_id, const json *records, bool add, bool *begun,
                       arena *a, store_error *e);

/* Whether a Checkpoint record has all that it needs. */
bool state_checkpoint_valid(const json *checkpoint);
/* A Checkpoint, for each project that it names or for all. */
bool state_put_checkpoint(store *s, const json *checkpoint, bool *begun, arena *a, store_error *e);

#endif
