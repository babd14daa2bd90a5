/* job.h - one Comment record being carried out: what the parts of comment/ share. */
#ifndef OPKITSU_COMMENT_JOB_H
#define OPKITSU_COMMENT_JOB_H

#include "base/buf.h"
#include "base/limits.h"
#include "store/owner.h"
#include "store/store.h"
#include "zou/zou.h"

/* What lasts from one record to the next: comment/comment.h's. */
typedef struct commenter {
    zou *zou;              /* borrowed */
    const char *store_url; /* borrowed */
    unsigned wait;         /* seconds */
    bool dry;
    store *store;          /* owned; NULL: not needed so far */
    char owner[MAX_OWNER]; /* whose claims ours are */
    arena *answer;         /* owned: the last one to a file */
    arena *kept;           /* owned: the next two */
    const char *me;        /* the user's id; NULL: not asked for yet */
    json statuses;         /* Zou's list; null: not asked for yet */
    bool tidied;           /* old comments are forgotten */
    bool warned;           /* that nothing is remembered without a publish_id */
} commenter;

/* A file that goes to Kitsu. */
typedef struct comment_upload {
    const char *file;
    const char *id; /* of its preview or attachment in Kitsu; NULL: none yet */
    bool done;
    bool wanted;              /* the record has it; else only the memory has */
    const char *refused;      /* why Kitsu does not take it; NULL: it does, as far as is known */
    bool broken;              /* it took it, but cannot make a preview of it */
    bool fresh;               /* it has said so to us, just now */
    int64_t size, changed_at; /* of the file that was refused: bytes, seconds since 1970 */
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
    json refused; /* an array: the files that Kitsu has refused now */

    bool claimed;    /* the store has our claim */
    bool claim_lost; /* another program has taken it over since */
    bool waited;     /* for another program's claim */
    double deadline; /* by clock_now: what is sent must be answered before; 0: none */
    buf remarks;     /* owned: for the Result's message */
} comment_job;

/* Functions of comment/ that return a zou_result: unless it is ZOU_OK, `*e` says why;
 * ZOU_LOST: the connection, the log-in or the store is lost. */

/* Fill in from the record and the store's document (null: none). */
void comment_job_read(comment_job *j, const json *memory);
/* Whether a file is still to be sent: not if Kitsu has refused just this one. One of which
 * it could not make a preview is tried again, as that may have been mended in Kitsu; but
 * not by a program that has only waited for another one's result. */
bool comment_upload_due(const comment_job *j, const comment_upload *u);
/* How many are. */
size_t comment_unsent(const comment_job *j);
/* Add to the Result's message. */
void comment_job_remark(comment_job *j, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same; the job fails, because of this file (NULL: as a whole). */
void comment_job_fault(comment_job *j, const char *file, const char *what);
/* Kitsu refuses this file: the comment stands without it. */
void comment_job_refuse(comment_job *j, comment_upload *u, const char *what);
/* Add the files that the comment stands without to the Result's message. */
void comment_job_remark_refused(comment_job *j);

#endif
