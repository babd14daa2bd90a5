/* events.h - answers to Kitsu's events: Event, Sync and Checkpoint records
 * from stdin, and on stdout what they touched, batch by batch
 * (opkitsu-records(5)). */
#ifndef OPKITSU_FETCH_EVENTS_H
#define OPKITSU_FETCH_EVENTS_H

#include "model/project_filter.h"
#include "store/links.h"
#include "zou/zou.h"

/* Until the end of stdin. `s`, open for reading, is the function's from now on;
 * the others are borrowed. As long as it has no project it is opened again by
 * its `address` (or NULL, as in store/store.h): its file may have been made since.
 * Returns the exit status; a fatal one has been explained. */
int fetch_events_run(zou *z, store *s, const char *address, project_filter *filter);

#endif
