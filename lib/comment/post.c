#include "comment/post.h"

#include "base/limits.h"
#include "base/msg.h"
#include "comment/progress.h"
#include "store/posted.h"

#include <string.h>
#include <sysexits.h>

/* ---- the comment in Kitsu --------------------------------------------------- */

zou_result comment_find_user(comment_job *j, error *e)
{
    commenter *c = j->c;
    json answer;
    if (c->me)
        return ZOU_OK;
    zou_result r = zou_get(c->zou, "/auth/authenticated", JSON_OBJECT, j->a, &answer, e);
    if (r != ZOU_OK)
        return r == ZOU_FAILED ? ZOU_LOST : r;
    const char *id = json_text(json_at(&answer, "user", "id", NULL));
    if (!id) {
        error_set(e, EX_PROTOCOL, "unexpected reply from GET /auth/authenticated: no user");
        return ZOU_LOST;
    }
    c->me = arena_text(c->kept, id, strlen(id));
    return ZOU_OK;
}

/* The members of a comment in Zou's list that later steps read. */
static json outline(arena *a, const json *comment)
{
    static const char *const lists[] = {"previews", "attachment_files"};
    json out = json_object();
    json_add(a, &out, "id", json_copy(a, json_get(comment, "id")));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const json *list = json_get(comment, lists[i]);
        json_add(a, &out, lists[i], json_is(list, JSON_ARRAY) ? json_copy(a, list) : json_array());
    }
    return out;
}

typedef struct search {
    comment_job *job;
    size_t before; /* bytes of the job's arena */
    json mine;     /* ids of the user's own comments */
    json alike;    /* outlines of those of them with this text and status */
} comment_search;

static bool match_comment(void *context, const json_element *element, const json *tree)
{
    comment_search *s = context;
    comment_job *j = s->job;
    const char *id = json_text(json_get(tree, "id"));
    (void)element;
    if (id && j->comment_id && strcmp(id, j->comment_id) == 0)
        j->there = outline(j->a, tree);
    if (!id || !json_text_is(json_get(tree, "person_id"), j->c->me))
        return true;
    json_push(j->a, &s->mine, json_string(j->a, id));
    const json *text = json_get(tree, "text");
    if (j->intent && text && json_equal(text, &j->sought, NULL) &&
        json_text_is(json_get(tree, "task_status_id"), j->status_id))
        json_push(j->a, &s->alike, outline(j->a, tree));
    return arena_size(j->a) - s->before <= MAX_HELD;
}

/* Take over the comment, of those that look like ours, whose reply was lost. */
static zou_result adopt_comment(comment_job *j, const json *alike, error *e)
{
    json claimed = json_array();
    if (alike->len == 0)
        return ZOU_OK;
    if (j->publish_id && !posted_of_task(j->c->store, j->task_id, j->a, &claimed, e))
        return comment_store_lost(j);
    idset *before = json_text_set(&j->before), *others = json_text_set(&claimed);
    for (uint32_t i = 0; i < alike->len && !j->comment_id; i++) {
        const char *id = json_text(json_get(&alike->items[i], "id"));
        if (idset_has_text(before, id) || idset_has_text(others, id))
            continue;
        j->there = alike->items[i];
        j->comment_id = id;
    }
    idset_free(before);
    idset_free(others);
    if (!j->comment_id)
        return ZOU_OK;
    msg_info("task %s: comment %s had arrived", j->task_id, j->comment_id);
    return comment_remember(j, e);
}

zou_result comment_find(comment_job *j, error *e)
{
    comment_search s = {
        .job = j, .before = arena_size(j->a), .mine = json_array(), .alike = json_array()};
    const char *path = arena_printf(j->a, "/data/tasks/%s/comments", j->task_id);
    j->there = json_null();
    zou_result r = zou_list_trees(j->c->zou, path, NULL, match_comment, &s, e);
    if (r == ZOU_STOPPED) {
        error_set(e, EX_PROTOCOL, "Kitsu gives more than %zu MiB of comments of the task",
                  MAX_HELD / 1024 / 1024);
        return ZOU_FAILED;
    }
    if (r == ZOU_OK && j->comment_id && json_is_null(&j->there)) {
        error_set(e, EX_PROTOCOL, "comment %s is no longer in Kitsu", j->comment_id);
        return ZOU_FAILED;
    }
    if (r == ZOU_OK && !j->comment_id)
        r = adopt_comment(j, &s.alike, e);
    if (!j->comment_id)
        j->before = s.mine;
    return r;
}

/* ---- the status --------------------------------------------------------- */

/* The status with this short name; NULL if there is none. */
static zou_result find_status(comment_job *j, const char *short_name, const char **id, error *e)
{
    commenter *c = j->c;
    zou_result r = ZOU_OK;
    *id = NULL;
    if (json_is_null(&c->statuses))
        r = zou_get(c->zou, "/data/task-status", JSON_ARRAY, c->kept, &c->statuses, e);
    for (uint32_t i = 0; r == ZOU_OK && i < c->statuses.len; i++)
        if (json_text_is(json_get(&c->statuses.items[i], "short_name"), short_name)) {
            *id = json_text(json_get(&c->statuses.items[i], "id"));
            break;
        }
    return r;
}

static zou_result find_present_status(comment_job *j, const char **id, error *e)
{
    json task;
    const char *path = arena_printf(j->a, "/data/tasks/%s", j->task_id);
    zou_result r = zou_get(j->c->zou, path, JSON_OBJECT, j->a, &task, e);
    if (r != ZOU_OK)
        return r;
    *id = json_text(json_get(&task, "task_status_id"));
    if (*id)
        return ZOU_OK;
    error_set(e, EX_PROTOCOL, "unexpected reply from GET %s: no task_status_id", path);
    return ZOU_FAILED;
}

zou_result comment_choose_status(comment_job *j, error *e)
{
    const char *short_name = json_text(json_get(j->record, "task_status"));
    const char *id = json_text(json_get(j->record, "task_status_id"));
    zou_result r = ZOU_OK;
    if (!id && short_name)
        r = find_status(j, short_name, &id, e);
    if (r == ZOU_OK && !id && short_name) {
        j->note = arena_printf(j->a,
                               "no task status has the short name \"%.100s\" (case counts): the "
                               "status does not change",
                               short_name);
        msg_warn("task %s: %s", j->task_id, j->note);
    }
    if (r == ZOU_OK && !id)
        r = find_present_status(j, &id, e);
    j->status_id = id;
    return r;
}

/* ---- posting ------------------------------------------------------------ */

zou_result comment_post_text(comment_job *j, error *e)
{
    json answer, body = json_object();
    j->at = json_integer(j->a, (int64_t)zou_date(j->c->zou));
    j->intent = true;
    j->sought = j->text;
    zou_result r = comment_remember(j, e);
    if (r != ZOU_OK)
        return r;
    json_add(j->a, &body, "task_status_id", json_string(j->a, j->status_id));
    json_add(j->a, &body, "comment", j->text);
    r = zou_post(j->c->zou, arena_printf(j->a, "/actions/tasks/%s/comment", j->task_id),
                 json_written(j->a, &body), j->deadline, j->a, &answer, e);
    if (r != ZOU_OK)
        return r;
    j->comment_id = json_text(json_get(&answer, "id"));
    if (!j->comment_id) {
        error_set(e, EX_PROTOCOL, "unexpected reply from POST /actions/tasks/%s/comment: no id",
                  j->task_id);
        return ZOU_FAILED;
    }
    j->sent = true;
    answer = json_copy_shallow(j->a, &answer);
    json_set(j->a, &answer, "previews", json_array()); /* only Zou's list tells of previews */
    j->there = outline(j->a, &answer);
    return comment_remember(j, e);
}
