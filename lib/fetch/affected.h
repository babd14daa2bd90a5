/* affected.h - what a batch of Kitsu's events touches: entities, tasks, projects,
 * and what all projects share. It knows neither HTTP nor a store.
 *
 * The rule is Zou's way of naming things (its events.emit calls): whatever an
 * event is called, a key of its data that ends in the name of an entity or task
 * and `_id` or `_ids` (`shot_id`, `Asset_id`, `entity_in_id`, `added_asset_ids`)
 * holds ids of such. Ids of other things (`person_id`, `task_status_id`) touch
 * nothing. An event that only says its project (imports make such) touches all
 * of it. */
#ifndef OPKITSU_FETCH_AFFECTED_H
#define OPKITSU_FETCH_AFFECTED_H

#include "json/json.h"
#include "record/kind.h"

#include <uthash.h>

/* ids of one project in one batch; beyond, reading all of . */
#define MAX_AFFECTED 700

/* One entity, task or asset type. */
typedef struct affected_id {
    UT_hash_handle hh; /* by id, in the order of the events */
    const char *id;
    kind kind;             /* as the events call it; KIND_NONE: entity, parent */
    const char *entity_id; /* of a task, if an event says so; else NULL */
    bool made, deleted;    /* by an event of its own, `KIND:new`, `KIND:delete` */
    bool cast;             /* an asset was put into it, or taken out */
} affected_id;

typedef struct affected_project {
    UT_hash_handle hh; /* by id, in the order of the events */
    const char *id;    /* "": the events did not say which */
    bool synced;       /* a Sync asks for it */
    bool full;         /* to be read whole for another reason */
    bool named;        /* by an event of its own, `project:…` */
    bool deleted;      /* by `project:delete` */
    bool whole;        /* what all its documents take from outside may have changed */
    affected_id *entities, *tasks, *asset_types; /* hash tables */
    bool answered;                               /* for whoever reads it */
} affected_project;

typedef struct affected {
    affected_project *projects; /* hash table */
    affected_id *asset_types;   /* with an event of their own: in whatever project */
    bool all;                   /* everything is to be read whole */
    bool task_types, task_statuses, project_statuses, people; /* may have changed */
    unsigned long events;
    arena *arena; /* owned */
} affected;

affected *affected_new(void);    /* the caller owns it */
void affected_free(affected *t); /* takes NULL */
/* Forget everything: the next batch. */
void affected_clear(affected *t);

/* Take in an Event or Sync record (opkitsu-records(5)). What it needs of it is
 * copied. */
void affected_event(affected *t, const json *event);
void affected_sync(affected *t, const json *sync);

/* The project of this id, made if need be. */
affected_project *affected_project_of(affected *t, const char *id);
/* One of its tables, with this id in it; `k` and `entity_id` (or NULL) are
 * noted if they were not known. More than MAX_AFFECTED make the project `full`
 * (of no project: all). */
affected_id *affected_add(affected *t, affected_project *p, affected_id **table, const char *id,
                          kind k, const char *entity_id);

#endif
