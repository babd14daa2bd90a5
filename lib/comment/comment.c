#include "comment/job.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define TRIES         3   /* of one comment, when the connection breaks */
#define PAUSE_SECONDS 1.0 /* before the second one; Zou may still be at work on the first */

/* ---- one record --------------------------------------------------------- */

typedef zou_result send_fn(comment_job *j, comment_upload *u, error *e);

/* Send what is missing. What Kitsu refuses does not stop the others. */
static zou_result send_all(comment_job *j, comment_uploads *u, send_fn *send, error *e)
{
    for (size_t i = 0; i < u->n; i++) {
        if (!u->list[i].wanted || u->list[i].done)
            continue;
        zou_result r = send(j, &u->list[i], e);
        if (r == ZOU_LOST)
            return r;
        if (r != ZOU_OK)
            comment_fault(j, u->list[i].file, e->what);
    }
    return ZOU_OK;
}

/* All that is missing. ZOU_LOST: broken off; it may be called again. */
static zou_result carry_on(comment_job *j, error *e)
{
    zou_result r = ZOU_OK;
    if (!j->intent)
        r = comment_choose_status(j, e);
    if (r == ZOU_OK)
        r = comment_look(j, e);
    if (r == ZOU_OK && !j->comment_id && !j->status_id)
        r = comment_choose_status(j, e);
    if (r == ZOU_OK && !j->comment_id)
        r = comment_send_text(j, e);
    if (r == ZOU_OK)
        r = send_all(j, &j->previews, comment_send_preview, e);
    if (r == ZOU_OK)
        r = send_all(j, &j->attachments, comment_send_attachment, e);
    return r;
}

/* Again, when the connection broke: at what is known by now. */
static zou_result carry_out(comment_job *j, error *e)
{
    zou_result r;
    for (int tries = 1;; tries++) {
        buf_clear(&j->message);
        j->failed = false;
        r = carry_on(j, e);
        if (r != ZOU_LOST || j->store_failed || e->status != EX_TEMPFAIL || tries == TRIES)
            break;
        msg_info("%s; looking what has arrived", e->what);
        clock_sleep(clock_jitter(PAUSE_SECONDS * tries));
    }
    if (r != ZOU_OK)
        comment_fault(j, NULL, e->what);
    return r;
}

/* Nothing is posted when a file is missing: half a publish helps nobody. */
static bool check_files(comment_job *j, const comment_uploads *u)
{
    error e;
    bool ok = true;
    for (size_t i = 0; i < u->n; i++)
        if (u->list[i].wanted && !u->list[i].done && !http_upload_check(u->list[i].file, &e)) {
            comment_fault(j, NULL, e.what);
            ok = false;
        }
    return ok;
}

/* With -n: what can be said without a word to Kitsu but questions. */
static zou_result plan(comment_job *j, error *e)
{
    zou_result r = j->intent ? ZOU_OK : comment_choose_status(j, e);
    if (r == ZOU_OK)
        r = comment_look(j, e);
    size_t files = comment_missing(&j->previews) + comment_missing(&j->attachments);
    if (r != ZOU_OK)
        comment_fault(j, NULL, e->what);
    else
        comment_remark(j, "%s, %zu file%s to send",
                       j->comment_id ? "the comment is there" : "to be posted", files,
                       files == 1 ? "" : "s");
    return r;
}

static json ids_of(arena *a, const comment_uploads *u)
{
    json ids = json_array();
    for (size_t i = 0; i < u->n; i++)
        if (u->list[i].wanted && u->list[i].done && u->list[i].id)
            json_push(a, &ids, json_string(a, u->list[i].id));
    return ids;
}

static json result_of(const comment_job *j, const char *status)
{
    arena *a = j->a;
    json result = json_object(), entity = json_object();
    json_add(a, &result, "type", json_string(a, "Result"));
    json_add(a, &result, "status", json_string(a, status));
    json_add(a, &result, "operationType", json_string(a, "insert"));
    json_add(a, &result, "to", json_string(a, "kitsu"));
    json_add(a, &entity, "type", json_string(a, "Comment"));
    if (j->comment_id)
        json_add(a, &entity, "id", json_string(a, j->comment_id));
    json_add(a, &result, "entity", entity);
    json_add(a, &result, "task_id", json_string(a, j->task_id));
    if (j->publish_id)
        json_add(a, &result, "publish_id", json_string(a, j->publish_id));
    json_add(a, &result, "instance", json_integer(a, j->instance));
    json_add(a, &result, "previews", ids_of(a, &j->previews));
    json_add(a, &result, "attachments", ids_of(a, &j->attachments));
    if (j->note || j->message.len)
        json_add(a, &result, "message",
                 json_message(a, arena_printf(a, "%s%s%s", j->note ? j->note : "",
                                              j->note && j->message.len ? "; " : "",
                                              j->message.len ? j->message.data : "")));
    return result;
}

static zou_result work(comment_job *j, const char **status, error *e)
{
    json memory;
    zou_result r = comment_recall(j, &memory, e);
    comment_read(j, &memory);
    *status = "failed";
    if (r != ZOU_OK) {
        comment_fault(j, NULL, e->what);
        return r;
    }
    if (j->intent && !json_text_is(json_get(&memory, "task_id"), j->task_id)) {
        j->comment_id = NULL;
        comment_fault(j, NULL, "this publish's comment is on another task");
        return ZOU_OK;
    }
    if (j->comment_id && comment_missing(&j->previews) + comment_missing(&j->attachments) == 0) {
        *status = "unchanged";
        return ZOU_OK;
    }
    bool ok = check_files(j, &j->previews);
    if (!check_files(j, &j->attachments) || !ok)
        return ZOU_OK;
    r = comment_who_am_i(j, e);
    if (r != ZOU_OK) {
        comment_fault(j, NULL, e->what);
        return r;
    }
    r = j->c->dry ? plan(j, e) : carry_out(j, e);
    if (!j->failed)
        *status = j->c->dry ? "planned" : j->did ? "applied" : "unchanged";
    return r;
}

bool comment_post(commenter *c, const json *record, arena *a, json *result, error *e)
{
    comment_job j = {.c = c,
                     .a = a,
                     .record = record,
                     .publish_id = json_text(json_get(record, "publish_id")),
                     .task_id = json_text(json_get(record, "task_id")),
                     .there = json_null()};
    const char *status;
    json_int64(json_get(record, "instance"), &j.instance);
    zou_result r = work(&j, &status, e);
    *result = result_of(&j, status);
    buf_free(&j.message);
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
                     .kept = arena_new(),
                     .statuses = json_null()};
    return c;
}

void commenter_free(commenter *c)
{
    if (!c)
        return;
    store_close(c->store);
    arena_free(c->kept);
    free(c);
}
