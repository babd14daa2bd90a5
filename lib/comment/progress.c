#include "comment/progress.h"

#include "base/msg.h"
#include "store/state.h"

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
        json_push(a, &list, entry);
    }
    return list;
}

zou_result comment_store_lost(comment_job *j)
{
    j->store_failed = true;
    return ZOU_LOST;
}

zou_result comment_remember(comment_job *j, error *e)
{
    if (!j->publish_id || j->c->dry)
        return ZOU_OK;
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
    if (state_put_comment(j->c->store, j->publish_id, j->instance, &document, a, e))
        return ZOU_OK;
    return comment_store_lost(j);
}

zou_result comment_recall(comment_job *j, json *memory, error *e)
{
    commenter *c = j->c;
    bool found = false;
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
    if (!c->store || !state_comment(c->store, j->publish_id, j->instance, j->a, memory, &found, e))
        return comment_store_lost(j);
    if (!found)
        *memory = json_null();
    return ZOU_OK;
}
