/* closure.h - how far a batch of events reaches: the documents that it needs.
 *
 * A plan for what some events touched must be the plan that a full
 * synchronisation would make. For that it needs, of the project's documents,
 * those of what was touched, of what is above and below it, those that have the
 * names which these want, and what lies below a document that goes. Their
 * entities are recalled from the store, so that the mapping sees them as it would
 * in a full one. Everything else stays as it is, and is not read. */
#ifndef OPKITSU_DIFF_CLOSURE_H
#define OPKITSU_DIFF_CLOSURE_H

#include "diff/documents.h"
#include "model/mapping.h"

/* Fill m->collection, which holds the project document, and m->production, which
 * has had its End of scope `events`, and resolve the names (model/naming.h). Where the
 * whole collection is needed, because the End says so, `whole` is set, or some is
 * not enough to tell, m->collection is replaced by a whole one, and the old one
 * freed. False, and `*e`, when the store failed. */
bool closure_load(documents *b, mapping *m, bool whole, error *e);

#endif
