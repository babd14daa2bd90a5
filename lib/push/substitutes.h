/* substitutes.h - sequences in place of parents that shots lack.
 *
 * A shot has to be in a sequence in Kitsu. For shots that are in none in OpenPype, the push
 * makes one for each of their parents, marked with `is_substitute` (opkitsu(7), "What
 * push-to-zou does"). */
#ifndef OPKITSU_PUSH_SUBSTITUTES_H
#define OPKITSU_PUSH_SUBSTITUTES_H

#include "push/items.h"

/* Whether Kitsu's entity is a substitute. */
bool push_substitute_is(const entity *e);
/* The substitute for this shot's parent, added to the plan if there is none. NULL: no
 * name is free. */
push_item *push_substitute_for(push_plan *p, const push_item *shot);

#endif
