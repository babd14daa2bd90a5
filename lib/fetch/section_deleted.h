/* section_deleted.h - the items of a section that Kitsu no longer has. */
#ifndef OPKITSU_FETCH_SECTION_DELETED_H
#define OPKITSU_FETCH_SECTION_DELETED_H

#include "fetch/section_run.h"

/* After section_entities_read: make a Deleted record of each, in `deleted`. */
bool section_deleted_find(section_run *r);

#endif
