/* shared_changes.h - events about what all projects share: task types, asset
 * types, statuses, people. */
#ifndef OPKITSU_FETCH_SHARED_CHANGES_H
#define OPKITSU_FETCH_SHARED_CHANGES_H

#include "fetch/event_batch.h"

/* Forget the kept lists and roles that the batch may have changed. */
void shared_changes_forget(event_batch *b);
/* Add the projects of the store that the changes concern to what the batch
 * affects. False: the store failed, `*e`. */
bool shared_changes_spread(event_batch *b);

#endif
