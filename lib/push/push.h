/* push.h - OpenPype to Kitsu: bring into Kitsu what a project has there and Kitsu
 * lacks (opkitsu(7), "What push-to-zou does"). Records of what was done, and the
 * links for op-apply, go to stdout as they arise. */
#ifndef OPKITSU_PUSH_PUSH_H
#define OPKITSU_PUSH_PUSH_H

#include "model/collection.h"
#include "model/delete_limit.h"
#include "store/links.h"
#include "store/settings.h"
#include "store/store.h"
#include "zou/lists.h"

typedef struct push { /* borrowed */
    store *store;
    settings *settings;
    zou_lists shared;    /* of the Kitsu */
    project_links links; /* of the store */
    bool dry;            /* plan only */
    bool silent;         /* don't say on stderr what is skipped or failed: the records tell */
    bool deletes;        /* delete in Kitsu what OpenPype no longer has */
    delete_limit delete_limit;
    /* Called between requests, to keep the lease. False: it is lost, `*e`. */
    bool (*hold)(void *context, error *e);
    void *context;
} push;

typedef enum push_outcome {
    PUSH_WHOLE,
    PUSH_PARTIAL, /* something was skipped or failed, which has been said */
    PUSH_STOP     /* nothing more will work: `*e` */
} push_outcome;

/* One project: its documents, all of them. */
push_outcome push_project(push *p, const collection *c, arena *a, error *e);

#endif
