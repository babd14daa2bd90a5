/* section_store.h - what the store has of a section's items. */
#ifndef OPKITSU_FETCH_SECTION_STORE_H
#define OPKITSU_FETCH_SECTION_STORE_H

#include "fetch/section_run.h"

/* Look up the items that were added since the last time. */
bool section_store_look_up(section_run *r);
/* Search for the tasks that events name and whose entities are not known, or do
 * not have them in the store: the entities that have them are asked for, too. */
bool section_store_find_tasks(section_run *r);

#endif
