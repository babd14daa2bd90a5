/* castings.h - EntityLink records (opkitsu-records(5)): which assets are cast in which shots and
 * assets, as a full reading writes them. */
#ifndef OPKITSU_FETCH_CASTINGS_H
#define OPKITSU_FETCH_CASTINGS_H

#include "fetch/records.h"
#include "zou/entity_links.h"

/* Write all links of the project that the user may read, and note for its End of whom they
 * are. A list that is not believed counts as not read; that is reported, and the outcome is
 * FETCH_PARTIAL. As zou_list: ZOU_STOPPED when stdout is broken. */
zou_result castings_write(fetch_records *r, error *e);

/* Write one. */
void castings_write_link(fetch_records *r, const entity_link *l);

/* Of the shots that are written: note one that Kitsu counts castings of. */
void castings_note(fetch_records *r, const json_element *shot);
/* Whether it is believed that there are none, in place of those that were noted; else that is
 * reported as of castings_write. */
zou_result castings_believe_none(fetch_records *r, bool *believed, error *e);
/* Report that they cannot be told. */
void castings_give_up(fetch_records *r, const char *why);

#endif
