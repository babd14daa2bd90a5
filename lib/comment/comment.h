/* comment.h - Comment records carried out: a comment on a task in Kitsu, with its
 * status, previews and attachments (opkitsu-records(5)).
 *
 * Zou's routes: POST /actions/tasks/T/comment; for each preview POST
 * …/comments/C/add-preview, then the file to /pictures/preview-files/P; for each
 * attachment the file to …/comments/C/add-attachment.
 *
 * None of them may be sent twice. The publish's id is claimed in the store first
 * (store/posted.h), and all is sent and answered before that claim expires. After an
 * interruption (of the connection, of the program) /data/tasks/T/comments tells what has
 * arrived, and only the rest is sent. For a later run the store remembers under the id:
 *
 *     {task_id, task_status_id, text, before, at, comment_id?,
 *      previews:[{file, id?, done?, refused?, broken?, size?, changed_at?}], attachments}
 *
 * first that it is about to be posted (`before`: the ids of the user's comments on the
 * task by then; `at`: the server's time), then each step that is done, and the files that
 * Kitsu refuses (`refused`: why; `broken`: it could not make a preview). A comment of the
 * user's with the same text and status that is neither in `before` nor another publish's
 * is the one whose reply was lost. No clock is compared: Zou's times have whole seconds
 * only. */
#ifndef OPKITSU_COMMENT_COMMENT_H
#define OPKITSU_COMMENT_COMMENT_H

#include "zou/zou.h"

typedef struct commenter commenter;

/* `z` and `store_url` (NULL: the usual store) are borrowed. The first record with a
 * `publish_id` opens the store, which is written without a lease: `wait` is how many
 * seconds to wait for another writer. `dry`: nothing is written or sent, but Kitsu is
 * asked. The caller owns the result. */
commenter *commenter_new(zou *z, const char *store_url, unsigned wait, bool dry);
void commenter_free(commenter *c); /* takes NULL */

/* Whether a Comment record is well formed; else `*why` (static). */
bool comment_valid(const json *record, const char **why);

/* Carry out a valid record. `*result`, in `a`, is its Result. False: nothing more will
 * work, `*e`: the connection or the log-in is lost (zou/zou.h), or the store failed (75
 * busy, 74 not writable, …). A store that cannot be opened fails before anything is
 * posted. */
bool comment_post(commenter *c, const json *record, arena *a, json *result, error *e);

#endif
