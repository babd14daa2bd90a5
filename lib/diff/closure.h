/* closure.h - the documents of one project that a plan needs, as they are loaded.
 *
 * A plan for what some events affect must be the plan that a full synchronisation
 * would make. For that it needs, of the project's documents, those of what is
 * affected, their parents and children, those that have the names which these are to
 * get, the children of a document that is deleted, those that are cast in others or link to what
 * goes, and all documents of one entity. Of what depends on assets (subsets,
 * workfiles) it needs, as a full one, only what hangs on documents that are deleted,
 * archived or renamed, or of an entity that has several. Their entities are recalled
 * from the store, so that the mapping sees them as in a full synchronisation. All
 * other documents stay as they are, and are not read. */
#ifndef OPKITSU_DIFF_CLOSURE_H
#define OPKITSU_DIFF_CLOSURE_H

#include "diff/documents.h"
#include "model/mapping.h"

typedef struct closure closure;

typedef enum closure_scope {
    CLOSURE_NEEDED, /* what a plan for events needs */
    CLOSURE_WHOLE   /* all documents */
} closure_scope;

/* Load the documents of collection `coll`, in `a`: all of them, or at first only the
 * project document. `b` and `a` are borrowed; the caller frees the closure before
 * `a`. NULL, and `*e`, when the store failed. */
closure *closure_new(documents *b, const char *coll, closure_scope scope, arena *a, error *e);
void closure_free(closure *c); /* takes NULL */
/* What is loaded. The closure owns it; closure_extend may replace it. */
collection *closure_collection(const closure *c);

/* Load what the plan for m->production, a batch of events after its End, needs, and
 * resolve the names (model/naming.h). All documents are loaded if `scope` or the End
 * says so, or if some do not suffice. Sets m->collection. False, and `*e`, when the
 * store failed. */
bool closure_extend(closure *c, mapping *m, closure_scope scope, error *e);
/* The same for a full synchronisation, whose documents are all loaded: resolve the names,
 * and load what depends on documents where that matters. */
bool closure_settle(closure *c, mapping *m, error *e);
/* Resolve the names again, from what is loaded. */
void closure_resolve(closure *c, mapping *m);

#endif
