/* reported.h - the lines that were reported of each project the last time: a batch of
 * events tells again of what it touches, of which only the new is worth a line. */
#ifndef OPKITSU_REPORT_REPORTED_H
#define OPKITSU_REPORT_REPORTED_H

#include "report/report.h"

#include <stdbool.h>

typedef struct reported reported;

reported *reported_new(void);    /* the caller owns it */
void reported_free(reported *r); /* takes NULL */
/* Remember `lines` as a project's last ones. `only_new`: remove from `lines` those that
 * it had before. */
void reported_update(reported *r, const char *project, remarks *lines, bool only_new);

#endif
