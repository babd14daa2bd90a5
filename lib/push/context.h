/* context.h - what the pushes of all projects have in common. */
#ifndef OPKITSU_PUSH_CONTEXT_H
#define OPKITSU_PUSH_CONTEXT_H

#include "model/delete_limit.h"
#include "store/links.h"
#include "store/settings.h"
#include "store/store.h"
#include "zou/lists.h"

typedef struct push_context { /* borrowed */
    store *store;
    settings *settings;
    zou_lists lists;     /* of the Kitsu */
    project_links links; /* of the store */
    bool dry;            /* plan only */
    bool silent;         /* no messages about what is skipped or failed, only records */
    bool deletes;        /* delete in Kitsu what OpenPype no longer has */
    delete_limit delete_limit;
    /* Called between requests, to keep the lease; NULL: there is none to keep. False: it is
     * lost, `*e`. */
    bool (*hold)(void *hold_context, error *e);
    void *hold_context;
} push_context;

#endif
