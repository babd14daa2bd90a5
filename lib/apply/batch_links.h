/* batch_links.h - what the store remembers of the documents that a batch linked to Kitsu's
 * entities or deleted (store/state_linked.h). For apply/batch*.c only. */
#ifndef OPKITSU_APPLY_BATCH_LINKS_H
#define OPKITSU_APPLY_BATCH_LINKS_H

#include "apply/batch_items.h"

/* Bring it to what became of all of the batch's items. */
bool batch_links_remember(batch *b, error *e);

#endif
