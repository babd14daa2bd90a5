/* obsolete.h - the documents of what Kitsu no longer has, or has cancelled: archived, or,
 * where Kitsu has lost it and nothing depends on the document or lies below it, deleted
 * (opkitsu(7), "What is deleted"). */
#ifndef OPKITSU_DIFF_OBSOLETE_H
#define OPKITSU_DIFF_OBSOLETE_H

#include "diff/changes.h"
#include "model/delete_limit.h"
#include "model/mapping.h"

typedef struct obsolete_list {
    asset **assets; /* owned list of the collection's */
    size_t n;
} obsolete_list;

/* The obsolete documents of m->collection, names settled; `removed` of each tells
 * whether it is deleted or archived. The caller frees the list. */
obsolete_list obsolete_find(const mapping *m);
void obsolete_free(obsolete_list *l);

/* Whether the limit allows so many. If not, reports it; `*why` is a short text of it, in
 * m->arena. */
bool obsolete_allowed(const obsolete_list *l, const mapping *m, const delete_limit *limit,
                      const char **why);
/* Write their changes: archivings parents first, then deletions children first. */
void obsolete_write(const obsolete_list *l, const mapping *m, change_output *out);

#endif
