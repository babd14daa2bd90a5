/* known_projects.h - what is remembered of projects from one batch of events to
 * the next. */
#ifndef OPKITSU_FETCH_KNOWN_PROJECTS_H
#define OPKITSU_FETCH_KNOWN_PROJECTS_H

#include "base/hash.h"

#include <stdbool.h>

typedef struct known_project {
    UT_hash_handle hh; /* by id */
    char id[40];
    char role[24];         /* the user's in the project; "": not known */
    bool partial_reported; /* as in fetch/records.h */
    bool unwanted;         /* no -P names it */
} known_project;

typedef struct known_projects {
    known_project *table; /* owned: hash table */
} known_projects;

/* The project of this id, added if there is none. It lives until
 * known_projects_free. */
known_project *known_projects_get(known_projects *k, const char *id);
/* The roles have to be asked for again. */
void known_projects_forget_roles(known_projects *k);
void known_projects_free(known_projects *k);

#endif
