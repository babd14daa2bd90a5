/* push_tree.h - what a push does to Kitsu, as the tree that it has there.
 *
 * A node is an entity by its names from the outermost down. Those that are only
 * on the way to others are there too, without a sign. */
#ifndef OPKITSU_REPORT_PUSH_TREE_H
#define OPKITSU_REPORT_PUSH_TREE_H

#include "json/json.h"

typedef struct tree tree;

/* The caller owns it. */
tree *tree_new(void);
void tree_free(tree *t); /* takes NULL */
/* A Result of zou-push about an entity or a task (opkitsu-records(5)); `sign` is
 * what an entity's line begins with. Takes copies of what it needs. */
void tree_add(tree *t, const json *result, char sign);
/* Print it, and forget it. */
void tree_print(tree *t);

#endif
