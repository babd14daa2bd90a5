/* affected.h - what a batch of Kitsu's events affects: entities, tasks, projects,
 * and what all projects share. It knows neither HTTP nor a store.
 *
 * The rule is how Zou names things (its events.emit calls): whatever the event, a
 * key of its data that ends in the name of an entity or task and `_id` or `_ids`
 * (`shot_id`, `Asset_id`, `entity_in_id`, `added_asset_ids`) holds their ids. Ids of
 * other things (`person_id`, `task_status_id`) affect nothing. An event that names
 * only its project (imports send such) affects all of the project. */
#ifndef OPKITSU_FETCH_AFFECTED_H
#define OPKITSU_FETCH_AFFECTED_H

#include "base/hash.h"
#include "base/limits.h"
#include "json/json.h"
#include "record/kind.h"

/* One entity, task or asset type. */
typedef struct affected_id {
    UT_hash_handle hh; /* by id, in the order of the events */
    const char *id;
    kind kind;                   /* as the events call it; KIND_NONE: entity, parent */
    const char *entity_id;       /* of a task, if an event names it; else NULL */
    bool made, deleted, updated; /* by an event of its own: `KIND:new`, ... */
    bool cast;                   /* an asset was put into it, or taken out */
    bool placed;                 /* its events name no project, but that was found */
} affected_id;

typedef struct affected_project {
    UT_hash_handle hh; /* by id, in the order of the events */
    const char *id;    /* "": the events do not name their project */
    bool synced;       /* a Sync asks for it */
    bool full;         /* a full reading is needed for another reason */
    bool named;        /* by an event of its own, `project:…` */
    bool deleted;      /* by `project:delete` */
    bool whole;        /* what all its documents depend on may have changed */
    affected_id *entities, *tasks, *asset_types; /* hash tables */
    bool answered; /* set and cleared by the caller that answers the batch */
} affected_project;

typedef struct affected {
    affected_project *projects; /* hash table */
    affected_id *asset_types;   /* hash table: with an event of their own, of any project */
    bool all;                   /* a full reading of all projects is needed */
    bool task_types, task_statuses, project_statuses, people; /* may have changed */
    unsigned long events;
    arena *arena; /* owned */
} affected;

affected *affected_new(void);    /* the caller owns it */
void affected_free(affected *a); /* takes NULL */
/* Forget everything, for the next batch. */
void affected_clear(affected *a);

/* Take in an Event or Sync record (opkitsu-records(5)). Copies what it keeps. */
void affected_event(affected *a, const json *event);
void affected_sync(affected *a, const json *sync);

/* The project of this id, added if there is none. */
affected_project *affected_project_of(affected *a, const char *id);
/* The entry of this id in one of the project's tables, added if there is none. `k` and
 * `entity_id` (or NULL) are noted if they were not known. More than MAX_AFFECTED make
 * the project `full`; without a project (NULL, or one without an id) `all`. */
affected_id *affected_add(affected *a, affected_project *p, affected_id **table, const char *id,
                          kind k, const char *entity_id);

#endif
