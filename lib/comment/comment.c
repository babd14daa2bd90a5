#include "comment/comment.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"
#include "comment/files.h"
#include "comment/job.h"
#include "comment/progress.h"
#include "comment/post.h"
#include "net/http.h"
#include "record/result.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define TRIES         3   /* of one comment, if an answer is lost */
#define PAUSE_SECONDS 1.0 /* before the second try; Zou may still be working on the first */

/* ---- one record --------------------------------------------------------- */

/* Note whether Kitsu, or a proxy before it, failed after it may have carried out the step. */
static zou_result note_failure(comment_job *j, zou_result r, const error *e)
{
    j->unsure |= r == ZOU_FAILED && e->status == EX_TEMPFAIL;
    return r;
}

typedef zou_result send_fn(comment_job *j, comment_upload *u, error *e);

/* Send the files that are missing. One that Kitsu refuses does not stop the others. One that
 * may have arrived does, until that is known: their order counts. */
static zou_result send_all(comment_job *j, comment_uploads *u, send_fn *send, error *e)
{
    for (size_t i = 0; i < u->n; i++) {
        if (!comment_upload_due(j, &u->list[i]))
            continue;
        if (j->unsure && !j->last)
            break;
        zou_result r = note_failure(j, send(j, &u->list[i], e), e);
        if (r == ZOU_LOST)
            return r;
        if (r == ZOU_FAILED && e->status == EX_PROTOCOL)
            comment_job_refuse(j, &u->list[i], e->what);
        else if (r != ZOU_OK)
            comment_job_fault(j, u->list[i].file, e->what);
        if (u->list[i].fresh && (r = comment_remember(j, e)) != ZOU_OK)
            return r;
    }
    return ZOU_OK;
}

/* One try: do all that is missing. */
static zou_result try_once(comment_job *j, error *e)
{
    zou_result r = ZOU_OK;
    if (!j->intent)
        r = comment_choose_status(j, e);
    if (r == ZOU_OK)
        r = comment_find(j, e);
    if (r == ZOU_OK && !j->comment_id && !j->status_id)
        r = comment_choose_status(j, e);
    if (r == ZOU_OK && !j->comment_id)
        r = note_failure(j, comment_post_text(j, e), e);
    if (r == ZOU_OK)
        r = send_all(j, &j->previews, comment_send_preview, e);
    if (r == ZOU_OK)
        r = send_all(j, &j->attachments, comment_send_attachment, e);
    return r;
}

/* Whether Kitsu may have done more than it has confirmed. */
static bool may_have_arrived(const comment_job *j, zou_result r, const error *e)
{
    return r == ZOU_LOST ? !j->store_failed && e->status == EX_TEMPFAIL : j->unsure;
}

/* Try again if an answer was lost, from what Kitsu has by then. */
static zou_result carry_out(comment_job *j, error *e)
{
    zou_result r;
    for (int tries = 1;; tries++) {
        buf_clear(&j->remarks);
        j->failed = j->unsure = false;
        j->last = tries == TRIES;
        r = try_once(j, e);
        if (j->last || !may_have_arrived(j, r, e))
            break;
        msg_info("%s; checking what has arrived", r == ZOU_OK ? j->remarks.data : e->what);
        clock_sleep(clock_jitter(clock_setting("OPKITSU_PAUSE_SECONDS", PAUSE_SECONDS) * tries));
    }
    if (r != ZOU_OK)
        comment_job_fault(j, NULL, e->what);
    comment_job_remark_refused(j);
    return r;
}

/* If a file is missing nothing is posted: half a publish is no use. */
static bool check_files(comment_job *j, const comment_uploads *u)
{
    error e;
    bool ok = true;
    for (size_t i = 0; i < u->n; i++)
        if (comment_upload_due(j, &u->list[i]) && !http_upload_check(u->list[i].file, &e)) {
            comment_job_fault(j, NULL, e.what);
            ok = false;
        }
    return ok;
}

/* With -n: what would be sent. */
static zou_result plan_job(comment_job *j, error *e)
{
    zou_result r = j->intent ? ZOU_OK : comment_choose_status(j, e);
    if (r == ZOU_OK)
        r = comment_find(j, e);
    size_t files = comment_unsent(j);
    if (r != ZOU_OK)
        comment_job_fault(j, NULL, e->what);
    else
        comment_job_remark(j, "%s, %zu file%s to send",
                           j->comment_id ? "the comment is there" : "to be posted", files,
                           files == 1 ? "" : "s");
    return r;
}

static json sent_ids(arena *a, const comment_uploads *u)
{
    json ids = json_array();
    for (size_t i = 0; i < u->n; i++)
        if (u->list[i].wanted && u->list[i].done && u->list[i].id)
            json_push(a, &ids, json_string(a, u->list[i].id));
    return ids;
}

static json result_of(const comment_job *j, result_status status)
{
    const char *remarks = j->remarks.len ? j->remarks.data : NULL;
    result_comment r = {.status = status,
                        .comment_id = j->comment_id,
                        .task_id = j->task_id,
                        .publish_id = j->publish_id,
                        .instance = j->instance,
                        .previews = sent_ids(j->a, &j->previews),
                        .attachments = sent_ids(j->a, &j->attachments),
                        .refused = j->refused,
                        .message = j->note && remarks
                                       ? arena_printf(j->a, "%s; %s", j->note, remarks)
                                   : j->note ? j->note
                                             : remarks};
    return result_make_comment(j->a, &r);
}

/* The job fails as a whole. */
static zou_result fail_job(comment_job *j, zou_result why, const char *what)
{
    comment_job_fault(j, NULL, what);
    return why;
}

/* Whether it ends with what the store remembers of it. */
static bool is_settled(comment_job *j, const json *memory, result_status *status)
{
    buf_clear(&j->remarks);
    comment_job_read(j, memory);
    *status = RESULT_FAILED;
    if (j->intent && !json_text_is(json_get(memory, "task_id"), j->task_id)) {
        j->comment_id = NULL;
        fail_job(j, ZOU_OK, "this publish's comment is on another task");
        return true;
    }
    if (j->comment_id && comment_unsent(j) == 0) {
        *status = RESULT_UNCHANGED;
        comment_job_remark_refused(j);
        return true;
    }
    bool readable = check_files(j, &j->previews);
    return !check_files(j, &j->attachments) || !readable;
}

/* With a claim in the store; again if another program has taken that over meanwhile, as
 * then its result counts. */
static zou_result perform_claimed(comment_job *j, result_status *status, error *e)
{
    zou_result r;
    json memory;
    do {
        j->failed = j->claim_lost = false;
        r = comment_claim(j, &memory, e);
        if (r != ZOU_OK)
            return fail_job(j, r, e->what);
        if (j->claimed && is_settled(j, &memory, status))
            return ZOU_OK;
        r = carry_out(j, e);
    } while (j->claim_lost);
    if (!j->failed)
        *status = j->sent ? RESULT_APPLIED : RESULT_UNCHANGED;
    return r;
}

static zou_result perform_job(comment_job *j, result_status *status, error *e)
{
    json memory;
    zou_result r = comment_recall(j, &memory, e);
    if (r == ZOU_OK && is_settled(j, &memory, status))
        return ZOU_OK;
    *status = RESULT_FAILED;
    if (r == ZOU_OK)
        r = comment_find_user(j, e);
    if (r != ZOU_OK)
        return fail_job(j, r, e->what);
    if (!j->c->dry)
        return perform_claimed(j, status, e);
    r = plan_job(j, e);
    if (!j->failed)
        *status = RESULT_PLANNED;
    return r;
}

bool comment_post(commenter *c, const json *record, arena *a, json *result, error *e)
{
    comment_job j = {.c = c,
                     .a = a,
                     .record = record,
                     .publish_id = json_text(json_get(record, "publish_id")),
                     .task_id = json_text(json_get(record, "task_id")),
                     .there = json_null(),
                     .refused = json_array()};
    result_status status;
    json_int64(json_get(record, "instance"), &j.instance);
    zou_result r = perform_job(&j, &status, e);
    comment_release(&j);
    *result = result_of(&j, status);
    buf_free(&j.remarks);
    return r != ZOU_LOST;
}

/* ---- the commenter ------------------------------------------------------ */

commenter *commenter_new(zou *z, const char *store_url, unsigned wait, bool dry)
{
    commenter *c = xmalloc(sizeof *c);
    *c = (commenter){.zou = z,
                     .store_url = store_url,
                     .wait = wait,
                     .dry = dry,
                     .answer = arena_new(),
                     .kept = arena_new(),
                     .statuses = json_null()};
    owner_name(c->owner, sizeof c->owner);
    return c;
}

void commenter_free(commenter *c)
{
    if (!c)
        return;
    store_close(c->store);
    arena_free(c->answer);
    arena_free(c->kept);
    free(c);
}
