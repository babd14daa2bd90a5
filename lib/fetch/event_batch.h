/* event_batch.h - a batch of events, and what is kept for the next one: what the
 * steps of fetch/events.c share. */
#ifndef OPKITSU_FETCH_EVENT_BATCH_H
#define OPKITSU_FETCH_EVENT_BATCH_H

#include "fetch/affected.h"
#include "fetch/known_projects.h"
#include "fetch/seen_people.h"
#include "model/project_filter.h"
#include "store/links.h"
#include "zou/lists.h"

typedef struct event_batch {
    /* Kept from one batch to the next. */
    zou_lists lists;        /* owned */
    store *store;           /* owned */
    const char *address;    /* borrowed: of the store, or NULL */
    project_filter *filter; /* borrowed */
    project_links links;    /* owned: the store's projects */
    double links_read_at;   /* by clock_now; 0: never */
    known_projects known;   /* owned */
    seen_people people;     /* owned */
    const bool *wanted;     /* borrowed: of each kind (KINDS), whether a full reading has it */
    int status;             /* EX_OK, or 1: something could not be read */
    /* Of this batch. */
    affected *affected;   /* owned */
    project_filter scope; /* owned: the projects of its Checkpoint */
    arena *arena;         /* owned */
    json abandoned;       /* ids of projects for which the Checkpoint must not hold; in the arena */
    idset *abandoned_ids; /* owned: the same */
    error *e;             /* borrowed: why the batch cannot go on */
} event_batch;

/* Something of the batch could not be read, which has been reported. */
void event_batch_set_incomplete(event_batch *b);
/* A project could not be read: its full reading is wanted. */
void event_batch_abandon(event_batch *b, const char *project_id);

/* The projects that it is about: those of the -P options, else those of its Checkpoint. */
project_filter *event_batch_filter(event_batch *b);

/* Read the links, unless they are good enough for what the batch affects. False:
 * the store failed, `*e`. */
bool event_batch_need_links(event_batch *b);

#endif
