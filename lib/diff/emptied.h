/* emptied.h - folders of the studio's own, that the plan takes documents out of.
 *
 * One that nothing lies below any more looks like an asset that somebody made, and the next
 * push would create it in Kitsu. So it gets the `data.entityType` "Folder", unless it has
 * one, while it can still be seen what it is (opkitsu(7), "What push-to-zou does"). */
#ifndef OPKITSU_DIFF_EMPTIED_H
#define OPKITSU_DIFF_EMPTIED_H

#include "diff/changes.h"
#include "diff/obsolete.h"
#include "model/mapping.h"

/* Write their changes, once those of entities are written. */
void emptied_write(const obsolete_list *l, const mapping *m, change_output *out);

#endif
