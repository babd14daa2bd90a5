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
    store *store; /* or NULL: its links tell the names of projects that were deleted */
    const project_filter *filter;
    bool from_now; /* the log's end is needed */
    bool patient;  /* retry while the server is down, and the reader of stdout lives */
} scope_request;

typedef struct scope {  /* values in the arena of scope_find */
    json projects;      /* array of ids; null: all */
    bool unknown;       /* some name is not a project's; that was reported */
    bool logged;        /* the role may read the log */
    event_position end; /* `from_now`: the log's end */
} scope;

/* False: `*e`. */
bool scope_find(const scope_request *r, arena *a, scope *out, error *e);

/* Whether a project is one of `projects`, as above. NULL, no project, always is. */
bool scope_has(const json *projects, const char *project_id);

#endif
