/* section_run.h - the section under way: what the steps of fetch/section.c share. */
#ifndef OPKITSU_FETCH_SECTION_RUN_H
#define OPKITSU_FETCH_SECTION_RUN_H

#include "base/idset.h"
#include "fetch/affected.h"
#include "fetch/records.h"
#include "fetch/section_items.h"
#include "store/store.h"

typedef struct section_run {
    /* Borrowed; the first five as in fetch/section.h. */
    fetch_records *records;
    store *store;
    store_ns ns;
    affected *affected;
    affected_project *project;
    zou *zou;
    arena *arena; /* the project's */
    error *e;

    section_items items;
    bool recollected;                /* section_remembered_find was here */
    size_t held;                     /* bytes of Kitsu's records in the items */
    element_list tasks, asset_types; /* what Kitsu has of them */
    bool has_asset_types;            /* `asset_types` is the whole list of the project's */
    idset *stored_tasks;             /* owned: those of the documents that were looked up */
    idset *statuses, *assignees;     /* owned: those of the tasks */
    affected_id *sought_tasks;       /* hash table: whose documents the store is searched for */
    json deleted;                    /* array of Deleted records, in the arena */
    json links;                      /* array of fetch/section_links.c's, in the arena */
    fetch_outcome outcome;           /* when a step fails */
} section_run;

void section_run_free(section_run *r);

/* A step returns false when the section cannot go on; these set the outcome and
 * return false. */

/* Whether the records may hold one more of this element. */
bool section_run_hold(section_run *r, const json_element *e);
/* Kitsu did not answer as it should: FETCH_ABANDONED, which is reported, or FETCH_LOST. It
 * was stopped, as there is more than may be held: FETCH_NEEDS_FULL. */
bool section_run_kitsu_failed(section_run *r, zou_result result);
/* The store failed, `*e` says how: FETCH_LOST. */
bool section_run_store_failed(section_run *r);
/* FETCH_NEEDS_FULL. */
bool section_run_needs_full(section_run *r);

/* If the entity lies in another project than the section's, it is added to what
 * the events affected there. Returns whether it does; `project_id` may be NULL. */
bool section_run_hand_over(section_run *r, const char *project_id, const char *entity_id, kind k);
/* Have the store searched for the task. */
void section_run_seek_task(section_run *r, const char *task_id);

#endif
