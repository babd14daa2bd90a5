/* unplaced.h - entities and tasks whose events do not name their project. */
#ifndef OPKITSU_FETCH_UNPLACED_H
#define OPKITSU_FETCH_UNPLACED_H

#include "fetch/event_batch.h"

/* Find the project of each, by Kitsu, or else by the store, and add it to what the
 * batch affects there. If Kitsu does not tell, every project of the store is
 * abandoned. False: Kitsu is lost, or the store failed: `*e`. */
bool unplaced_find(event_batch *b);

#endif
