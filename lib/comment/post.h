/* post.h - the comment itself in Kitsu: its status and its text. */
#ifndef OPKITSU_COMMENT_POST_H
#define OPKITSU_COMMENT_POST_H

#include "comment/job.h"

/* The user's id, asked for once: `c->me`. */
zou_result comment_find_user(comment_job *j, error *e);
/* Find our comment in Kitsu, or the ones that it must not be mistaken for: `comment_id`
 * and `there`, or `before`. */
zou_result comment_find(comment_job *j, error *e);
/* The status to post with, which Zou requires: `status_id`. */
zou_result comment_choose_status(comment_job *j, error *e);
/* Post the comment, without its files. */
zou_result comment_post_text(comment_job *j, error *e);

#endif
