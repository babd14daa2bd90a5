/* project.h - one Kitsu project: its record, and what this user may see of it
 * (`/data/projects/ID`, `/data/projects/ID/team`). */
#ifndef OPKITSU_ZOU_PROJECT_H
#define OPKITSU_ZOU_PROJECT_H

#include "zou/lists.h"

typedef struct zou_project {
    zou_lists *lists; /* borrowed */
    const char *id;   /* borrowed */
    const char *name; /* borrowed or in the arena, for messages */
    arena *arena;     /* owned */
    json record;      /* the project, as Zou gives it */
    const char *role; /* the user's in this project; NULL: not known yet */
    bool closed;      /* its status is Closed */
    bool partial;     /* the role sees only a part of it */
} zou_project;

/* `name`: for messages until the project is read. */
void zou_project_start(zou_project *p, zou_lists *lists, const char *id, const char *name);
void zou_project_end(zou_project *p);

/* `/data/projects/ID/ROUTE`; NULL: without ROUTE. In the arena. */
const char *zou_project_path(zou_project *p, const char *route);
/* Read the project itself: `record`, `name`, `closed`. */
zou_result zou_project_read(zou_project *p, error *e);
/* The name of its status, once the project has been read; null: not known. */
json zou_project_status_name(const zou_project *p);
/* Find, unless it is known, the role that the user has in this project: `role`,
 * `partial`. */
zou_result zou_project_find_role(zou_project *p, error *e);
/* Set a role that is already known: `role`, `partial`. */
void zou_project_set_role(zou_project *p, const char *role);

#endif
