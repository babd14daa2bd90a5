/* casting.h - which entities are cast in which: Kitsu's EntityLink records (opkitsu-records(5)).
 *
 * A film has some hundred thousand of them, so each takes two pointers, and each id is kept
 * once. Knows nothing of the entities. */
#ifndef OPKITSU_MODEL_CASTING_H
#define OPKITSU_MODEL_CASTING_H

#include "base/arena.h"

#include <stdbool.h>

/* `out`, an asset, is cast in `in`, a shot or an asset. */
typedef struct cast_link {
    const char *in, *out; /* ids, borrowed of the casting */
} cast_link;

/* All zero: empty. */
typedef struct casting {
    arena *ids;       /* owned: each once; NULL: none yet */
    cast_link *links; /* owned */
    size_t n, cap;
    bool sorted; /* by `in`, in an order of no meaning */
} casting;

void casting_free(casting *c); /* it is empty then */
/* Copies the ids. */
void casting_add(casting *c, const char *in, const char *out);
/* What is cast in an entity: `*n` links, in no order; borrowed until the next casting_add. */
const cast_link *casting_of(casting *c, const char *entity_id, size_t *n);

#endif
