/* state_skipped.h - what the store remembers of entities that were skipped: collection
 * `opkitsu_skipped` of OPENPYPE_DATABASE_NAME, of its own as there may be 200,000.
 *
 *     {_id:"PROJECT_ID:ENTITY_ID", type:"skipped", project_id, parent_id:?,
 *      taken_by:?, rivals:?, entities:[Skipped, ...]}
 *
 * One for each entity: its own Skipped and those of its tasks. The entity of a project's
 * own is the project. `parent_id`: what it lies below in Kitsu; `taken_by`: the entity that
 * has the name that it wants; `rivals`, the project's id: there is one. By these an event
 * finds what it may set free (opkitsu-records(5), "Events"). By the entity and not by the
 * name, which its document may have no longer: op-apply may have been killed after it wrote
 * that, and before it wrote this.
 *
 * Earlier versions kept an array a project in `opkitsu`, `skipped:PROJECT_ID`: all of that
 * counts as touched until it is written anew. */
#ifndef OPKITSU_STORE_STATE_SKIPPED_H
#define OPKITSU_STORE_STATE_SKIPPED_H

#include "store/store.h"

/* Gets the id of an entity and its Skipped records (an array), in the arena of the call. */
typedef void state_skipped_fn(void *context, const char *entity_id, const json *records);

/* By what an event may set entities free. All borrowed. */
typedef struct state_touched {
    store_texts ids;  /* of entities: themselves */
    store_texts near; /* of entities: what lies right below, or wants the name that one has */
    bool rivals;      /* all that want a name which another has */
    bool all;         /* all of the project's */
} state_touched;

/* Those that are touched, some perhaps twice. */
bool state_skipped_touched(store *s, const char *project_id, const state_touched *touched, arena *a,
                           state_skipped_fn *fn, void *context, error *e);
/* Whether this entity is remembered; the project's own has its id. */
bool state_skipped_has(store *s, const char *project_id, const char *entity_id, arena *a, bool *has,
                       error *e);
/* How many records there are, of all projects. */
bool state_skipped_count(store *s, arena *a, int64_t *n, error *e);

/* Remember these records (an array) in place of what is remembered of the `judged`
 * entities (an array of ids; null: of all of the project's) and of those that the records
 * are about. Writes only what is not so already. Call it between store_begin and
 * store_commit. */
bool state_skipped_put(store *s, const char *project_id, const json *judged, const json *records,
                       arena *a, error *e);
/* Nothing is remembered of this project any more. */
bool state_skipped_forget(store *s, const char *project_id, arena *a, error *e);

#endif
