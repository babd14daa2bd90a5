/* comment.h - Comment records carried out: a comment on a task of Kitsu's, with
 * its status, its previews and its attachments (opkitsu-records(5)).
 *
 * Zou's routes: POST /actions/tasks/T/comment; for each preview POST
 * …/comments/C/add-preview, then the file to /pictures/preview-files/P; for each
 * attachment the file to …/comments/C/add-attachment.
 *
 * None of them may be sent twice, so whatever breaks off (the connection, the
 * program) is completed by looking at what Kitsu has by now, in
 * /data/tasks/T/comments, and doing what is missing. For a later run the store
 * remembers under the publish's id (store/state.h):
 *
 *     {task_id, task_status_id, text, before, at, comment_id?,
 *      previews:[{file, id?, done?}], attachments:[{file, id?, done?}]}
 *
 * first that it is about to be posted (`before`: the ids of the user's own
 * comments of that text and status that were there; `at`: the server's time),
 * then each step that is done. One of the user's comments that looks like it and
 * is not in `before`, nor remembered of another publish, is the one whose answer
 * was lost: that takes no clocks, of which Zou shows whole seconds only. */
#ifndef OPKITSU_COMMENT_COMMENT_H
#define OPKITSU_COMMENT_COMMENT_H

#include "zou/zou.h"

typedef struct commenter commenter;

/* `z` and `store_url` (or NULL: the usual one) are borrowed. The store is opened
 * when the first record has a `publish_id`, and written without a lease: it waits
 * `wait` seconds for another writer. `dry`: nothing is written or sent, but Kitsu
 * is asked. The caller owns the result. */
commenter *commenter_new(zou *z, const char *store_url, unsigned wait, bool dry);
void commenter_free(commenter *c); /* takes NULL */

/* Whether a record can be understood; else `*why` (static). */
bool comment_valid(const json *record, const char **why);

/* Carry out a valid one. `*result`, in `a`, is its Result record. False: nothing
 * more will work, `*e`: the connection or the log-in is gone (zou/zou.h), or the
 * store (75 busy, 74 not writable, …); before anything was posted, if it is the
 * store's first. */
bool comment_post(commenter *c, const json *record, arena *a, json *result, error *e);

#endif
