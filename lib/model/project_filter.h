/* project_filter.h - the projects that a program's -P options name. */
#ifndef OPKITSU_MODEL_PROJECT_FILTER_H
#define OPKITSU_MODEL_PROJECT_FILTER_H

#include "base/options.h"

#include <stdbool.h>
#include <stddef.h>

/* One -P. */
typedef struct project_wish {
    const char *text; /* borrowed: a name or an id */
    bool found;       /* there is such a project */
} project_wish;

/* A zeroed struct wants all projects. */
typedef struct project_filter {
    project_wish *wishes; /* owned; in the order of the options */
    size_t n, cap;        /* n is 0: all projects are wanted */
} project_filter;

/* Add one -P; `text` is borrowed for as long as the filter is used. */
void project_filter_add(project_filter *f, const char *text);
void project_filter_free(project_filter *f); /* of a zeroed struct, too */

/* Whether a text names the project of this name and id, each of which may be NULL. */
bool project_filter_names(const char *text, const char *name, const char *id);
/* Whether the project of this name and id, each of which may be NULL, is wanted.
 * Each -P that names it is marked as found. */
bool project_filter_wants(project_filter *f, const char *name, const char *id);

/* -P, --project NAME. */
option_def project_filter_option(project_filter *f, const char *help);

#endif
