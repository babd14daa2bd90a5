/* files.h - the files of a comment in Kitsu: previews and attachments. */
#ifndef OPKITSU_COMMENT_FILES_H
#define OPKITSU_COMMENT_FILES_H

#include "comment/job.h"

/* Send a file that the comment in Kitsu (`there`) lacks; one that arrived before, its
 * reply lost, is only noted. ZOU_FAILED: Kitsu refuses this file. */
zou_result comment_send_preview(comment_job *j, comment_upload *u, error *e);
zou_result comment_send_attachment(comment_job *j, comment_upload *u, error *e);

#endif
