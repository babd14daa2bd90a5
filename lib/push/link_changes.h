/* link_changes.h - the Change records that link documents to what Kitsu has of them, for
 * op-apply. */
#ifndef OPKITSU_PUSH_LINK_CHANGES_H
#define OPKITSU_PUSH_LINK_CHANGES_H

#include "push/run.h"

/* Write the Change of an item's document, unless it is linked already, or the record is not
 * known yet. Takes in its tasks as far as their records are known. */
void push_link_item(push_run *r, push_item *i);
/* The same for the project's document; in a dry run a planned Result instead. */
void push_link_project(push_run *r);
/* Bring the documents that have what the project's had before people changed that to what it
 * has now. Before Kitsu's project is written: after it, they would look changed by people. */
void push_link_inherited(push_run *r);

#endif
