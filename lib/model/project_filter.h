/* project_filter.h - the projects that a program's -P options name.
 *
 * A project is an id: what a -P names is found once, and then kept, whatever the project
 * is called later. */
#ifndef OPKITSU_MODEL_PROJECT_FILTER_H
#define OPKITSU_MODEL_PROJECT_FILTER_H

#include "base/error.h"
#include "base/idset.h"
#include "base/lookup.h"
#include "base/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* In the environment of programs that are to agree on what a -P names: a file for that. */
#define PROJECT_FILTER_MEMORY "OPKITSU_NAMES"

/* One -P. */
typedef struct project_wish {
    const char *text; /* borrowed: a name or an id */
    char *id;         /* owned: of the project that it names; NULL: none is known */
    bool settled;     /* that was found before, and stays */
    size_t next;      /* the place of the next one with this text; 0: none */
} project_wish;

/* A zeroed struct wants all projects. */
typedef struct project_filter {
    project_wish *wishes; /* owned; in the order of the options */
    size_t n, cap;        /* n is 0: all projects are wanted */
    FILE *memory;         /* owned: PROJECT_FILTER_MEMORY; NULL: no other program is to know */
    lookup by_text;       /* owned: the places plus 1 of the first of each text */
    idset *ids;           /* owned: of the wishes; NULL: to be made when they are asked for */
} project_filter;

/* Add one -P; `text` is borrowed for as long as the filter is used. */
void project_filter_add(project_filter *f, const char *text);
void project_filter_free(project_filter *f); /* of a zeroed struct, too */

/* There is a project of this name, which may be NULL, and id: each -P that names it keeps
 * the id, which is copied. Call it for each name that a project has. False: EX_USAGE, the
 * name is another project's, too. */
bool project_filter_find(project_filter *f, const char *name, const char *id, error *e);
/* OpenPype has a project that Kitsu's list lacks: it is what a -P names that names no
 * other. */
void project_filter_find_lost(project_filter *f, const char *name, const char *id);

/* Open PROJECT_FILTER_MEMORY for the two below. To be called before confine: it is no
 * file of the program's own. What it runs does not get it. */
void project_filter_open(project_filter *f);
/* What was found stays, whatever the projects are called later: here, and in the other
 * programs that sync-supervisor starts. project_filter_recall tells what those have
 * found. */
void project_filter_settle(project_filter *f);
void project_filter_recall(project_filter *f);

/* Whether the project of this id is wanted. */
bool project_filter_wants(project_filter *f, const char *id);
/* Whether a -P has this text, or there is none. */
bool project_filter_has(const project_filter *f, const char *name);

/* -P, --project NAME. */
option_def project_filter_option(project_filter *f, const char *help);

#endif
