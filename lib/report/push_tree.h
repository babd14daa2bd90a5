/* push_tree.h - what a push does in Kitsu, as the tree of entities there.
 *
 * A node is an entity, found by its names from the outermost down. Ancestors of which
 * nothing changes are nodes, too, without a sign. */
#ifndef OPKITSU_REPORT_PUSH_TREE_H
#define OPKITSU_REPORT_PUSH_TREE_H

#include "record/result.h"

typedef struct tree tree;

/* The caller owns it. */
tree *tree_new(void);
void tree_free(tree *t); /* takes NULL */
/* Add zou-push's Result of an entity or a task (opkitsu-records(5)); the entity's line
 * begins with `sign`. Copies what it needs. */
void tree_add(tree *t, const result_record *r, char sign);
/* Print it; it is empty afterwards. */
void tree_print(tree *t);

#endif
