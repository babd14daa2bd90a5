/* state.h - what the suite remembers from one run to the next: collection
 * `opkitsu` of OPENPYPE_DATABASE_NAME.
 *
 *     {_id:"checkpoint:SERVER:PROJECT_ID", type:"checkpoint", server,
 *      project_id, created_at, ids, full_sync:true?, why:?, conflicts:?}
 *                          `*` and null: for all projects
 *     {_id:"settings:PROJECT_ID", type:"settings", settings}
 *                          of the last full reading, see record/end.h
 *     {_id:"project:PROJECT_ID", type:"project", project_id, fps, resolution, code}
 *                          as both sides last had them, see record/end.h
 *     {_id:"synced:SERVER", type:"synced", full_sync_at, events, events_at,
 *      read_at, missing}   the times are seconds since 1970 by the store's clock;
 *                          `missing`: names that no project has, see the Checkpoint
 *
 * store/lease.h and store/service_status.h keep three more documents there: `lease`, `push`, `service`.
 * What was posted to Kitsu (store/posted.h), what was skipped (store/state_skipped.h) and
 * what is linked (store/state_linked.h) are in collections of their own, as they grow while
 * this one is read again and again. */
#ifndef OPKITSU_STORE_STATE_H
#define OPKITSU_STORE_STATE_H

#include "record/checkpoint.h"
#include "store/store.h"

#define STATE_COLLECTION "opkitsu"

store_ns state_ns(const store *s);

/* A position in Kitsu's log of events up to which the store has everything. A
 * project's is the later one of its own and that of all. */
typedef struct state_checkpoint {
    const char *project_id; /* NULL: all */
    json created_at, ids;   /* as in the Checkpoint record */
    bool full_sync;         /* it cannot vouch for the project, whose full read is wanted */
    const char *why;        /* or NULL: it could not be read */
    int64_t conflicts;      /* if that is why: how many; else 0 */
} state_checkpoint;

/* The settings that the project was last read in full with: an object, empty if all were
 * the default. */
bool state_settings(store *s, const char *project_id, arena *a, json *settings, error *e);

/* The project's fps, resolution and code as both sides last had them: an object; null: that
 * is not known. */
bool state_project(store *s, const char *project_id, arena *a, json *values, error *e);

/* All that the store has from this server, in `a`, in any order. */
bool state_checkpoints(store *s, const char *server, arena *a, state_checkpoint **list, size_t *n,
                       error *e);
/* One; `project_id` NULL: that of all. `*out`, in `a`, is set if it was `*found`. */
bool state_checkpoint_of(store *s, const char *server, const char *project_id, arena *a,
                         state_checkpoint *out, bool *found, error *e);
/* The document `synced:SERVER`, if it was `*found`. */
bool state_synced(store *s, const char *server, arena *a, json *document, bool *found, error *e);

/* The functions that remember write only what is not so already. Call them between
 * store_begin and store_commit. */

/* The settings of a project in place of the remembered ones; null: all are the default. */
bool state_put_settings(store *s, const char *project_id, const json *settings, arena *a, error *e);

/* The project's fps, resolution and code, an object, in place of the remembered ones. */
bool state_put_project(store *s, const char *project_id, const json *values, arena *a, error *e);

/* A Checkpoint with a position, for each project that it names, or for all.
 * `read` (ids): the projects that were read in full since the one before it,
 * which get it as their own, and whose full read is no longer wanted. `reasons` (id ->
 * text, or the number of conflicts): why the full read of some is wanted. */
bool state_put_checkpoint(store *s, const checkpoint_record *checkpoint, const json *read,
                          const json *reasons, arena *a, error *e);
/* When Kitsu was last read, when everything was (of a Checkpoint with `all`), and when how
 * many events were (with `events`). */
bool state_put_synced(store *s, const checkpoint_record *checkpoint, arena *a, error *e);
/* Nothing is remembered of this project any more: it was dropped. A Checkpoint with `all`
 * does so for projects that neither it nor OpenPype has. */
bool state_forget_project(store *s, const char *project_id, arena *a, error *e);

#endif
