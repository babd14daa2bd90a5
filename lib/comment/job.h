/* job.h - one Comment record being carried out: what the parts of comment/ share. */
#ifndef OPKITSU_COMMENT_JOB_H
#define OPKITSU_COMMENT_JOB_H

#include "base/buf.h"
#include "store/store.h"
#include "zou/zou.h"

/* What lasts from one record to the next: comment/comment.h's. */
typedef struct commenter {
    zou *zou;              /* borrowed */
    const char *store_url; /* borrowed */
    unsigned wait;         /* seconds */
    bool dry;
    store *store;   /* owned; NULL: not needed so far */
    arena *kept;    /* owned: the next two */
    const char *me; /* the user's id; NULL: not asked for yet */
    json statuses;  /* Zou's list; null: not asked for yet */
    bool warned;    /* that nothing is remembered without a publish_id */
} commenter;

/* A file that goes to Kitsu. */
typedef struct comment_upload {
    const char *file;
    const char *id; /* of its preview or attachment in Kitsu; NULL: none yet */
    bool done;
    bool wanted; /* the record has it; else only the memory has */
} comment_upload;

typedef struct comment_uploads {
    comment_upload *list; /* in the arena, the wanted ones first */
    size_t n;
} comment_uploads;

/* One record. All in the arena, or shared with the record. */
typedef struct comment_job {
    commenter *c;
    arena *a;
    const json *record;
    const char *publish_id, *task_id; /* publish_id: NULL for none */
    int64_t instance;
    json text;
    const char *note; /* a remark on how it was carried out, or NULL */

    /* what the store remembers */
    bool intent;            /* it was posted, or was about to be */
    const char *comment_id; /* NULL: not posted, as far as is known */
    const char *status_id;
    json sought; /* the text that it was posted with, if it was */
    json before; /* ids of the comments that it must not be mistaken for */
    json at;     /* an integer, or null */
    comment_uploads previews, attachments;

    json there;  /* the comment as Kitsu has it: {id, previews, attachment_files} */
    bool sent;   /* something was */
    bool failed; /* some of it, for good */
    bool unsure; /* Kitsu failed (5xx) at a step that it may have carried out */
    bool last;   /* it is tried for the last time */
    bool store_failed;
    buf remarks; /* owned: for the Result's message */
} comment_job;

/* Functions of comment/ that return a zou_result: unless it is ZOU_OK, `*e` says why;
 * ZOU_LOST: the connection, the log-in or the store is lost. */

/* Fill in from the record and the store's document (null: none). */
void comment_job_read(comment_job *j, const json *memory);
/* How many files are still to be sent. */
size_t comment_unsent(const comment_uploads *u);
/* Add to the Result's message. */
void comment_job_remark(comment_job *j, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same; the job fails, because of this file (NULL: as a whole). */
void comment_job_fault(comment_job *j, const char *file, const char *what);

#endif
