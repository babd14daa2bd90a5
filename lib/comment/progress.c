#include "comment/progress.h"

#include "base/clock.h"
#include "base/msg.h"
#include "base/signals.h"
#include "store/posted.h"

#include <math.h>
#include <sysexits.h>

/* seconds; how long a claim lasts without a sign of its owner. Servers and proxies have
 * given up a request by then, as a rule after 60. */
#define CLAIM_SECONDS 90.0
#define MAX_CLAIM     3600.0 /* seconds; more is a mistake */

#define FIRST_LOOK   0.1 /* seconds between two looks whether another's claim is given back, */
#define LONGEST_LOOK 1.0 /* doubled each time */

static void add_refusal(arena *a, json *entry, const comment_upload *u)
{
    json_add(a, entry, "refused", json_string(a, u->refused));
    json_add(a, entry, "size", json_integer(a, u->size));
    json_add(a, entry, "changed_at", json_integer(a, u->changed_at));
    if (u->broken)
        json_add(a, entry, "broken", json_bool(true));
}

static json write_uploads(arena *a, const comment_uploads *u)
{
    json list = json_array();
    for (size_t i = 0; i < u->n; i++) {
        json entry = json_object();
        json_add(a, &entry, "file", json_string(a, u->list[i].file));
        if (u->list[i].id)
            json_add(a, &entry, "id", json_string(a, u->list[i].id));
        if (u->list[i].done)
            json_add(a, &entry, "done", json_bool(true));
        else if (u->list[i].refused)
            add_refusal(a, &entry, &u->list[i]);
        json_push(a, &list, entry);
    }
    return list;
}

/* ---- what is remembered ------------------------------------------------- */

static posted_key key_of(const comment_job *j)
{
    return (posted_key){j->publish_id, j->instance};
}

zou_result comment_recall(comment_job *j, json *memory, error *e)
{
    commenter *c = j->c;
    *memory = json_null();
    if (!j->publish_id) {
        if (!c->warned)
            msg_info(
                "a Comment without a \"publish_id\" is not remembered: it must not be sent again");
        c->warned = true;
        return ZOU_OK;
    }
    if (!c->store)
        c->store = store_open(c->store_url, c->dry ? STORE_READ : STORE_WRITE, c->wait, e);
    if (!c->store || !posted_get(c->store, key_of(j), j->a, memory, e))
        return comment_store_lost(j);
    return ZOU_OK;
}

static json document_of(const comment_job *j)
{
    arena *a = j->a;
    json document = json_object();
    json_add(a, &document, "task_id", json_string(a, j->task_id));
    json_add(a, &document, "task_status_id", json_string(a, j->status_id));
    json_add(a, &document, "at", j->at);
    if (j->comment_id) {
        json_add(a, &document, "comment_id", json_string(a, j->comment_id));
    } else {
        json_add(a, &document, "text", j->text);
        json_add(a, &document, "before", j->before);
    }
    json_add(a, &document, "previews", write_uploads(a, &j->previews));
    json_add(a, &document, "attachments", write_uploads(a, &j->attachments));
    return document;
}

/* ---- the claim ---------------------------------------------------------- */

static double claim_seconds(void)
{
    double seconds = clock_wait_setting("OPKITSU_CLAIM_SECONDS", CLAIM_SECONDS);
    return seconds <= MAX_CLAIM ? seconds : CLAIM_SECONDS;
}

/* Of what is sent under it. The rest is for clocks that differ a little. */
static double deadline_of(double begun)
{
    return begun + claim_seconds() * 8 / 9;
}

/* False: it is not ours. */
static zou_result take_outcome(comment_job *j, posted_outcome got, double begun)
{
    j->claimed = got == POSTED_OURS;
    j->deadline = j->claimed ? deadline_of(begun) : 0;
    return j->claimed ? ZOU_OK : comment_store_lost(j);
}

/* Another program has it: wait a moment. False: for long enough. */
static bool wait_for_other(comment_job *j, double until, double *pause)
{
    double left = until - clock_now();
    if (!j->waited)
        msg_info("task %s: another program is posting this comment; waiting for it", j->task_id);
    j->waited = true;
    if (left <= 0 || !signals_none())
        return false;
    clock_sleep(fmin(clock_jitter(clock_backoff(pause, LONGEST_LOOK)), left));
    return true;
}

zou_result comment_claim(comment_job *j, json *memory, error *e)
{
    commenter *c = j->c;
    double until = clock_now() + c->wait, pause = FIRST_LOOK, begun;
    posted_outcome got;
    if (!j->publish_id || c->dry)
        return ZOU_OK;
    j->store_failed = false;
    if (!c->tidied && !posted_tidy(c->store, j->a, e))
        return comment_store_lost(j);
    c->tidied = true;
    do {
        begun = clock_now();
        got = posted_claim(c->store, key_of(j), c->owner, claim_seconds(), j->a, memory, e);
    } while (got == POSTED_OTHERS && wait_for_other(j, until, &pause));
    return take_outcome(j, got, begun);
}

zou_result comment_remember(comment_job *j, error *e)
{
    double begun = clock_now();
    if (!j->publish_id || j->c->dry)
        return ZOU_OK;
    if (!j->claimed) {
        error_set(e, EX_TEMPFAIL, "another program has taken over this comment");
        return comment_store_lost(j);
    }
    json document = document_of(j);
    posted_outcome got =
        posted_put(j->c->store, key_of(j), j->c->owner, claim_seconds(), &document, j->a, e);
    j->claim_lost |= got == POSTED_OTHERS;
    return take_outcome(j, got, begun);
}

zou_result comment_hold(comment_job *j, error *e)
{
    bool fresh = j->deadline - clock_now() > claim_seconds() * 2 / 3;
    return fresh ? ZOU_OK : comment_remember(j, e);
}

void comment_release(comment_job *j)
{
    error e;
    if (j->claimed && !posted_release(j->c->store, key_of(j), j->c->owner, j->a, &e))
        msg_info("%s; the comment stays claimed until that expires", e.what);
    j->claimed = false;
}

zou_result comment_store_lost(comment_job *j)
{
    j->store_failed = true;
    return ZOU_LOST;
}
