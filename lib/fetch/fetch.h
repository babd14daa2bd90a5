/* fetch.h - productions out of Kitsu, each whole, as records on stdout
 * (opkitsu-records(5), "From Kitsu"). */
#ifndef OPKITSU_FETCH_FETCH_H
#define OPKITSU_FETCH_FETCH_H

#include "fetch/records.h"
#include "model/project_filter.h"
#include "store/links.h"

/* Write all projects that the user sees and `filter` wants, by name, then id,
 * and Deleted for those that `links` has and Kitsu no longer. What is wrong is
 * said, and `*status` is then 1. The ids of those that got their End are added
 * to `ended`, those of the others to `left`, both arrays in `a`. False: nothing
 * can go on, `*e` or stdout says why. */
bool fetch_all(zou_lists *s, project_filter *filter, const project_links *links, arena *a,
               json *ended, json *left, int *status, error *e);

/* Write Deleted of a project, once Kitsu has answered 404 for it. */
void fetch_write_deleted(const char *project_id);

/* The same as a program: before it the event log's head, after it the
 * Checkpoint of that. `all_kinds`: without it nothing is vouched for that is
 * not there yet. Returns the exit status; a fatal one has been explained. */
int fetch_run(zou *z, const bool wanted[KINDS], bool all_kinds, project_filter *filter,
              const project_links *links);

#endif
