/* section_remembered.h - what the store remembers as skipped, and a section's items may set
 * free: themselves, what lies right below them, and what wants the name that the document
 * of one has had until now. All else costs nothing, unless the project itself, or a task
 * type, changed. */
#ifndef OPKITSU_FETCH_SECTION_REMEMBERED_H
#define OPKITSU_FETCH_SECTION_REMEMBERED_H

#include "fetch/section_run.h"

/* Look for it, for the items that were looked up in the store since the last time, and
 * want it as well. */
bool section_remembered_find(section_run *r);
/* Whether so few items are wanted that they are asked for one by one. */
bool section_remembered_fits(section_run *r);

#endif
