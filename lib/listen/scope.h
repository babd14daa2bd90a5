/* scope.h - what a listener listens to: which projects, and whether the user's role
 * may read Kitsu's log of events. */
#ifndef OPKITSU_LISTEN_SCOPE_H
#define OPKITSU_LISTEN_SCOPE_H

#include "model/project_filter.h"
#include "store/store.h"
#include "zou/event_position.h"
#include "zou/zou.h"

typedef struct scope_request { /* all borrowed */
    zou *zou;
    store *store; /* or NULL: its links tell OpenPype's names of projects */
    project_filter *filter;
    bool from_now; /* the log's end is needed */
    bool patient;  /* retry while the server is down, and the reader of stdout lives */
} scope_request;

typedef struct scope {
    const scope_request *request; /* borrowed */
    arena *arena;                 /* borrowed: of the values */
    json projects;                /* array of ids; null: all */
    json missing;                 /* array of what -P options name, and no project has */
    bool logged;                  /* the role may read the log */
    event_position end;           /* `from_now`, or no project is there yet: the log's end */
} scope;

/* What is missing is reported. False: `*e`. The request is borrowed for as long as the
 * scope is used, its store only here. */
bool scope_find(const scope_request *r, arena *a, scope *out, error *e);
/* Look again for what is missing: `*found`, in the scope's arena, are the ids of those
 * that are there now, which are among `projects` from now on. False: `*e`. */
bool scope_look_again(scope *sc, json *found, error *e);
/* Whether none of the projects is there. */
bool scope_is_empty(const scope *sc);

/* Whether a project is one of `projects`, as above. NULL, no project, always is. */
bool scope_has(const json *projects, const char *project_id);

#endif
