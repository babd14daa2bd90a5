/* deletions.h - deletes in Kitsu what OpenPype no longer has (--delete). */
#ifndef OPKITSU_PUSH_DELETIONS_H
#define OPKITSU_PUSH_DELETIONS_H

#include "push/run.h"

/* Delete them, children first, within the limit; in a dry run only plan to. Does nothing
 * unless the push deletes. False: stopped. */
bool push_deletions(push_run *r);

#endif
