/* section_again.h - the entities of old documents that the section makes doubtful.
 *
 * A new entity may be one that was deleted in Kitsu and made again: it then gets the old
 * one's document (fetch/section_old.h). And a document that was archived because something
 * lay below it is deleted with the last of that. Kitsu is asked whether it still has their
 * entities. */
#ifndef OPKITSU_FETCH_SECTION_AGAIN_H
#define OPKITSU_FETCH_SECTION_AGAIN_H

#include "fetch/section_run.h"

/* After section_entities_read, which is done again for what is found; section_deleted_find
 * then asks for those that Kitsu did not list. */
bool section_again_find(section_run *r);

#endif
