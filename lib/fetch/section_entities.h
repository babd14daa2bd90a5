/* section_entities.h - a section's entities as Kitsu has them. */
#ifndef OPKITSU_FETCH_SECTION_ENTITIES_H
#define OPKITSU_FETCH_SECTION_ENTITIES_H

#include "fetch/section_run.h"

/* Ask for the wanted items, and look them up in the store; then for the ancestors,
 * descendants and shots that turn out to be needed with them, until none is missing. */
bool section_entities_read(section_run *r);

/* Ask for the entities below the query's ids, and take in those that the store
 * lacks. */
bool section_entities_read_children(section_run *r, const bulk_query *query);

#endif
