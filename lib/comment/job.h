/* job.h - one Comment record under way: what comment.h's parts share. */
#ifndef OPKITSU_COMMENT_JOB_H
#define OPKITSU_COMMENT_JOB_H

#include "base/buf.h"
#include "comment/comment.h"
#include "store/store.h"

/* What lasts from one record to the next. */
struct commenter {
    zou *zou;              /* borrowed */
    const char *store_url; /* borrowed */
    unsigned wait;
    bool dry;
    store *store;     /* owned; NULL: not needed so far */
    arena *kept;      /* owned: the next two */
    const char *me;   /* the user's id; NULL: not asked for yet */
    json statuses;    /* Zou's list; null: not asked for yet */
    bool told_unkept; /* that nothing is remembered without a publish_id */
};

/* A file that goes to Kitsu. */
typedef struct comment_upload {
    const char *file;
    const char *id; /* of its preview or attachment in Kitsu; NULL: none yet */
    bool done;
    bool wanted; /* the record has it; else only the memory does */
} comment_upload;

typedef struct comment_uploads {
    comment_upload *list; /* in the arena, those that are wanted first */
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
    bool intent;
    const char *comment_id; /* NULL: not posted, as far as we know */
    const char *status_id;
    json sought; /* the text that it was posted with, if it was */
    json before;
    json at; /* an integer, or null */
    comment_uploads previews, attachments;

    json there; /* the comment as Kitsu has it: {id, previews, attachment_files} */
    bool did;   /* something was sent */
    bool failed, store_failed;
    buf message;
} comment_job;

/* All that return a zou_result: on anything but ZOU_OK `*e` says why; ZOU_LOST: the
 * connection, the log-in or the store is gone. */

/* ---- the record, and what the store remembers (comment_job.c) ------------ */

/* Fill in from the record and the store's document (null: none). */
void comment_read(comment_job *j, const json *memory);
/* How many files are not in Kitsu yet. */
size_t comment_missing(const comment_uploads *u);
/* Add to the Result's message; a fault also makes it failed, for this file's sake
 * (NULL: all of it). */
void comment_remark(comment_job *j, const char *format, ...) __attribute__((format(printf, 2, 3)));
void comment_fault(comment_job *j, const char *file, const char *what);
/* Write down what was done so far; nothing for one without a publish_id. */
zou_result comment_remember(comment_job *j, error *e);
/* What the store has of it, into `*memory`; null for nothing. */
zou_result comment_recall(comment_job *j, json *memory, error *e);
/* The store failed: ZOU_LOST. */
zou_result comment_store_lost(comment_job *j);

/* ---- the comment in Kitsu (comment/post.c) ------------------------------ */

/* The user's id, once. */
zou_result comment_who_am_i(comment_job *j, error *e);
/* Find our comment, or what it must not be mistaken for. */
zou_result comment_look(comment_job *j, error *e);
/* Which status it is posted with: Zou wants one. */
zou_result comment_choose_status(comment_job *j, error *e);
/* Post it, without its files. */
zou_result comment_send_text(comment_job *j, error *e);

/* ---- its files (comment/files.c) ----------------------------------------- */

zou_result comment_send_preview(comment_job *j, comment_upload *u, error *e);
zou_result comment_send_attachment(comment_job *j, comment_upload *u, error *e);

#endif
