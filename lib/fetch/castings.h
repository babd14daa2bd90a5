/* castings.h - EntityLink records (opkitsu-records(5)): which assets are cast in which shots and
 * assets, as a full reading writes them. */
#ifndef OPKITSU_FETCH_CASTINGS_H
#define OPKITSU_FETCH_CASTINGS_H

#include "zou/entity_links.h"

/* Of one project under way. */
typedef struct castings {
    zou_project *project;  /* borrowed */
    const char *cast_in;   /* a shot that Kitsu counts castings of, or NULL */
    unsigned long written; /* records */
    bool read;             /* those are all that there is of whom `cast` says */
    json cast;             /* for End, as in record/end.h */
    bool given_up;         /* they were not believed, which has been reported */
} castings;

/* Write all links of the project that the user may read, and note for its End of whom they
 * are. A list that is not believed counts as not read. As zou_list: ZOU_STOPPED when stdout is
 * broken. */
zou_result castings_write(castings *c, error *e);

/* Write one. */
void castings_write_link(castings *c, const entity_link *l);

/* Of the shots that are written: note one that Kitsu counts castings of. */
void castings_note(castings *c, const json_element *shot);
/* Whether it is believed that there are none, in place of those that were noted; else they are
 * given up. */
zou_result castings_believe_none(castings *c, bool *believed, error *e);
/* Report that they cannot be told. */
void castings_give_up(castings *c, const char *why);

#endif
