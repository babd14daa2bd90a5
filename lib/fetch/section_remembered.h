/* section_remembered.h - what the store remembers as skipped, and a section's items may set
 * free: themselves, what lies right below them, and what wants the name of one. What lies
 * above them comes, too, if it is remembered, for op-diff to judge them, but not what else is
 * below that. All else costs nothing, unless the project itself, or a task type, changed. */
#ifndef OPKITSU_FETCH_SECTION_REMEMBERED_H
#define OPKITSU_FETCH_SECTION_REMEMBERED_H

#include "fetch/section_run.h"

/* Look up the items that were added since the last time, and want what they may set free as
 * well. False, too, if that and what the events affect is too much to be asked for by ids:
 * section_run_needs_full. */
bool section_remembered_find(section_run *r);

#endif
