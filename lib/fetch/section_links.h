/* section_links.h - what is cast in the shots and assets of a section.
 *
 * Each that is written comes with all of its links. And where the document of an asset comes,
 * goes or becomes another, those that cast the asset come, too: their documents link to it.
 * (Of an asset that Kitsu has deleted it has no links any more; op-diff looks for those that
 * the documents have.)
 *
 * Administrators may ask for the links of single entities; for others all of the project's
 * are read, at most twice a section. */
#ifndef OPKITSU_FETCH_SECTION_LINKS_H
#define OPKITSU_FETCH_SECTION_LINKS_H

#include "fetch/section_run.h"

/* After section_entities_read, which is to be done again if there are `more`: add what casts
 * assets that come or go. */
bool section_links_find(section_run *r, bool *more);
/* Once all entities are there: read the links of those, and note of whom they are. */
bool section_links_read(section_run *r);
/* Write them. */
void section_links_write(section_run *r);

#endif
