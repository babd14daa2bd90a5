/* reported.h - the lines that were reported of each project since it was read in full: a
 * batch of events tells again of what it touches, of which only the new is worth a line. */
#ifndef OPKITSU_REPORT_REPORTED_H
#define OPKITSU_REPORT_REPORTED_H

#include "report/report.h"

#include <stdbool.h>

typedef struct reported reported;

reported *reported_new(void);    /* the caller owns it */
void reported_free(reported *r); /* takes NULL */
/* A line of the project that comes next is about this entity (or NULL). */
void reported_note(reported *r, const char *id);
/* This entity (or NULL) was written: if a line was about it, what comes of it now is new.
 * Then all of its project's lines are forgotten. */
void reported_written(reported *r, const char *id);
/* Remember `lines` as a project's: in place of those before, or, with `only_new`, beside
 * them; those that it had before are then removed from `lines`. */
void reported_update(reported *r, const char *project, remarks *lines, bool only_new);

#endif
