/* batch.h - some changes of one collection, brought into the store together.
 *
 * A few round trips for hundreds of changes: read the documents, write those that are what
 * the plan was made from, new ones after those that they lie below, and read again where the
 * store says that another writer was faster. No change stops another one, but what would lie
 * below a document that the store refuses, which fails with it. */
#ifndef OPKITSU_APPLY_BATCH_H
#define OPKITSU_APPLY_BATCH_H

#include "model/change.h"
#include "record/result.h"
#include "store/store.h"

typedef struct batch batch;

/* Gets each change and what became of it, in their order. `document`: what the store had;
 * NULL: nothing. `what` says why, or is NULL. */
typedef void batch_fn(void *context, const change *c, const json *document, result_status status,
                      const char *what);

/* `s` is borrowed. `dry`: nothing is written. */
batch *batch_new(store *s, bool dry);
void batch_free(batch *b); /* takes NULL */

/* The plan of a project has ended: what failed in it is forgotten. */
void batch_forget(batch *b);
bool batch_is_empty(const batch *b);
/* The same, and no delete waits for the rest of the plan. */
bool batch_is_done(const batch *b);
/* Whether it must be written, and what waits, before `c` can be added: `c` is of another
 * collection, or of a document that is deleted before. */
bool batch_must_end(const batch *b, const change *c);
/* Add a copy of a change, from a line of `size` bytes. True when the batch is full
 * and must be written. */
bool batch_add(batch *b, const change *c, size_t size);
/* Write what was added; the batch is empty then. Between store_begin and
 * store_commit, but for a dry one. A delete of what other documents lie below waits, as the
 * rest of the plan may delete these: `fn` gets it later. */
bool batch_write(batch *b, batch_fn *fn, void *context, error *e);
/* The same, and nothing more of the plan will come: deletes that wait are carried out
 * together, or in conflict. */
bool batch_write_rest(batch *b, batch_fn *fn, void *context, error *e);

#endif
