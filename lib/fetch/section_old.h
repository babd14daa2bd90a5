/* section_old.h - the documents that the entities of a section which have none may have had
 * before they were deleted in Kitsu and made again: those of their kind and name, converted
 * alike, at their place (model/naming.h, naming_bind_again). They get them, or no longer do:
 * one that is skipped waits for its name, meanwhile the document stays archived for it. One
 * too many does no harm: Kitsu still has its entity. */
#ifndef OPKITSU_FETCH_SECTION_OLD_H
#define OPKITSU_FETCH_SECTION_OLD_H

#include "fetch/section_run.h"

/* The id and kind of a document's entity; the text is in the run's arena. */
typedef void section_old_fn(void *context, const char *id, kind k);

/* After section_entities_read. */
bool section_old_find(section_run *r, section_old_fn *found, void *context);

#endif
