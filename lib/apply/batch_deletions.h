/* batch_deletions.h - the deletions of a batch. For apply/batch.c only. */
#ifndef OPKITSU_APPLY_BATCH_DELETIONS_H
#define OPKITSU_APPLY_BATCH_DELETIONS_H

#include "apply/batch_items.h"

/* Delete documents, children before their parents, and settle the items. One below
 * which something else lies stays: a conflict. False, and `*e`: the store failed. */
bool batch_delete(batch *b, item **list, size_t n, error *e);

#endif
