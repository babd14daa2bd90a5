/* progress.h - what the store remembers of a comment, for a later run: the document that
 * comment/comment.h describes. */
#ifndef OPKITSU_COMMENT_PROGRESS_H
#define OPKITSU_COMMENT_PROGRESS_H

#include "comment/job.h"

/* What the store remembers, into `*memory`; null for nothing. */
zou_result comment_recall(comment_job *j, json *memory, error *e);

/* The next ones do nothing for a job without a publish_id, and with -n. */

/* Claim the comment for us (store/posted.h): `claimed`, `deadline`. While another program
 * has the claim it is waited for, `waited`, as long as the commenter does. `*memory` as
 * above. ZOU_LOST: `*e`, 75 if that was too short. */
zou_result comment_claim(comment_job *j, json *memory, error *e);
/* Remember what is done so far, and claim it anew. */
zou_result comment_remember(comment_job *j, error *e);
/* Before something is sent: ensure that the claim is ours for long enough. */
zou_result comment_hold(comment_job *j, error *e);
/* Give the claim back. A store that fails here is only remarked on stderr: the claim
 * expires. */
void comment_release(comment_job *j);
/* The store failed: ZOU_LOST. */
zou_result comment_store_lost(comment_job *j);

#endif
