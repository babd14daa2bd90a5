/* canonical.h - changes that a person wrote, in the words of a store. */
#ifndef OPKITSU_APPLY_CANONICAL_H
#define OPKITSU_APPLY_CANONICAL_H

#include "model/change.h"

/* Bring the values into the form in which stores return them: `{"$numberInt":"5"}`
 * becomes 5. What no store takes is left as it is. The new values are in `a`. */
void change_canonical(arena *a, change *c);

#endif
