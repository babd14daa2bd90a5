/* progress.h - what the store remembers of a comment, for a later run: the document that
 * comment/comment.h describes. */
#ifndef OPKITSU_COMMENT_PROGRESS_H
#define OPKITSU_COMMENT_PROGRESS_H

#include "comment/job.h"

/* Remember what is done so far; nothing for a job without a publish_id. */
zou_result comment_remember(comment_job *j, error *e);
/* What the store remembers, into `*memory`; null for nothing. */
zou_result comment_recall(comment_job *j, json *memory, error *e);
/* The store failed: ZOU_LOST. */
zou_result comment_store_lost(comment_job *j);

#endif
