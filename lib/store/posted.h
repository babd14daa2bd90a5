/* posted.h - the comments that were posted to Kitsu, or are just being posted: collection
 * `opkitsu_comments` of OPENPYPE_DATABASE_NAME.
 *
 *     {_id:"comment:PUBLISH_ID:INSTANCE", type:"comment", owner?, expires?,
 *      task_id, comment_id?, ...}          the rest is comment/comment.h's
 *
 *     {_id:"tidied", type:"tidied", tidied_at}   when old ones were last forgotten
 *
 * Who wants to post one claims it first: `owner` is the program that is at work, `expires`
 * until when by the store's clock (seconds since 1970). Only the owner writes; whoever
 * finds a claim that has expired takes it over. That needs no lease. */
#ifndef OPKITSU_STORE_POSTED_H
#define OPKITSU_STORE_POSTED_H

#include "store/store.h"

/* Which one. Borrowed. */
typedef struct posted_key {
    const char *publish_id;
    int64_t instance;
} posted_key;

/* What is remembered of it, in `a`; null for nothing. False: the store failed. */
bool posted_get(store *s, posted_key key, arena *a, json *document, error *e);

typedef enum posted_outcome {
    POSTED_OURS,
    POSTED_OTHERS, /* another program's claim: `*e` says whose, with status 75 */
    POSTED_FAILED  /* the store did: `*e` */
} posted_outcome;

/* Claim it for `owner`, from now on for so many seconds. `*document`, in `a`, is what is
 * remembered of it, without a claim in it; null for nothing. */
posted_outcome posted_claim(store *s, posted_key key, const char *owner, double seconds, arena *a,
                            json *document, error *e);
/* Remember `document` of what is claimed, and claim it anew. It lacks its `_id`, its
 * `type` and the claim. */
posted_outcome posted_put(store *s, posted_key key, const char *owner, double seconds,
                          const json *document, arena *a, error *e);
/* Give the claim back, what is remembered stays. Without a `comment_id` and a `text`
 * nothing does. One that is not ours is left alone. False: the store failed. */
bool posted_release(store *s, posted_key key, const char *owner, arena *a, error *e);

/* The ids of the comments that are remembered of a task: an array. */
bool posted_of_task(store *s, const char *task_id, arena *a, json *ids, error *e);

/* Once a day: forget those of more than 180 days ago that nobody has claimed; else do
 * nothing. */
bool posted_tidy(store *s, arena *a, error *e);

#endif
