#include "comment/files.h"

#include "base/clock.h"
#include "base/msg.h"
#include "comment/progress.h"
#include "zou/id.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

/* ---- sending ------------------------------------------------------------ */

/* A file on its way. */
typedef struct sending {
    comment_job *job;
    const char *file;
} sending;

static void show_progress(void *context, uint64_t sent, uint64_t total)
{
    const sending *s = context;
    const char *slash = strrchr(s->file, '/');
    msg_progress("%s: %.0f %% of %.1f MiB", slash ? slash + 1 : s->file,
                 100.0 * (double)sent / (double)total, (double)total / 1024 / 1024);
}

/* However long it takes, the claim stays ours. One that cannot be renewed for a moment is
 * not lost yet. */
static bool keep_claim(void *context)
{
    const sending *s = context;
    comment_job *j = s->job;
    double deadline = j->deadline;
    error e;
    if (comment_hold(j, &e) == ZOU_OK)
        return true;
    if (j->claim_lost || clock_now() >= deadline)
        return false;
    j->claimed = true;
    j->store_failed = false;
    j->deadline = deadline;
    return true;
}

/* `*answer` stays until the next file. */
static zou_result send_file(comment_job *j, const char *path, const char *file, json *answer,
                            error *e)
{
    sending s = {j, file};
    http_upload u = {.field = "file",
                     .file = file,
                     .progress = msg_progress_wanted() ? show_progress : NULL,
                     .keep = j->claimed ? keep_claim : NULL,
                     .context = &s};
    zou_result r = comment_hold(j, e);
    if (r != ZOU_OK)
        return r;
    arena_reset(j->c->answer);
    r = zou_upload(j->c->zou, path, &u, j->c->answer, answer, e);
    msg_progress(NULL);
    return r;
}

/* ---- previews ----------------------------------------------------------- */

/* Its entry in a list of the comment as Kitsu has it. */
static const json *find_there(const comment_job *j, const char *key, const char *id)
{
    const json *list = json_get(&j->there, key);
    for (uint32_t i = 0; id && list && i < list->len; i++)
        if (json_text_is(json_get(&list->items[i], "id"), id))
            return &list->items[i];
    return NULL;
}

static bool is_known(const comment_uploads *u, const char *id)
{
    for (size_t i = 0; i < u->n; i++)
        if (u->list[i].id && strcmp(u->list[i].id, id) == 0)
            return true;
    return false;
}

/* Zou notes the file's name on receipt, and takes no other file afterwards. */
static bool has_file(const json *preview)
{
    const char *name = json_text(json_get(preview, "original_name"));
    return (name && *name) || json_text_is(json_get(preview, "status"), "ready");
}

/* A preview of the comment that waits for its file and is not ours yet: the reply that
 * named it was lost. */
static const char *find_orphan(const comment_job *j)
{
    const json *list = json_get(&j->there, "previews");
    for (uint32_t i = 0; list && i < list->len; i++) {
        const char *id = json_text(json_get(&list->items[i], "id"));
        if (id && !has_file(&list->items[i]) && !is_known(&j->previews, id))
            return id;
    }
    return NULL;
}

/* A preview of the comment whose revision the next one shares; NULL: none. */
static const char *find_sibling(const comment_job *j)
{
    const json *list = json_get(&j->there, "previews");
    for (size_t i = 0; i < j->previews.n; i++)
        if (j->previews.list[i].done)
            return j->previews.list[i].id;
    for (uint32_t i = 0; list && i < list->len; i++)
        if (has_file(&list->items[i]))
            return json_text(json_get(&list->items[i], "id"));
    return NULL;
}

/* The id of what an answer tells of; NULL: none. */
static const char *id_of(const comment_job *j, const json *made)
{
    const char *id = json_text(json_get(made, "id"));
    return zou_id_fits(id) ? arena_text(j->a, id, strlen(id)) : NULL;
}

static zou_result add_preview(comment_job *j, comment_upload *u, error *e)
{
    json answer;
    const char *other = find_sibling(j);
    const char *path =
        arena_printf(j->a, "/actions/tasks/%s/comments/%s/%s%s", j->task_id, j->comment_id,
                     other ? "preview-files/" : "add-preview", other ? other : "");
    zou_result r = comment_hold(j, e);
    arena_reset(j->c->answer);
    if (r == ZOU_OK)
        r = zou_post(j->c->zou, path, "{}", j->deadline, j->c->answer, &answer, e);
    if (r != ZOU_OK)
        return r;
    u->id = id_of(j, &answer);
    if (!u->id) {
        error_set(e, EX_PROTOCOL, "unexpected reply from POST %s: no id", path);
        return ZOU_FAILED;
    }
    j->sent = true;
    return comment_remember(j, e);
}

/* It is deleted: no other file may be sent to it, nor share its revision. */
static void forget_preview(comment_job *j, const char *id)
{
    const json *list = json_get(&j->there, "previews");
    json rest = json_array();
    for (uint32_t i = 0; list && i < list->len; i++)
        if (!json_text_is(json_get(&list->items[i], "id"), id))
            json_push(j->a, &rest, list->items[i]);
    if (list)
        json_set(j->a, &j->there, "previews", rest);
}

static zou_result remove_preview(comment_job *j, comment_upload *u, error *e)
{
    json unused;
    const char *path = arena_printf(j->a, "/actions/tasks/%s/comments/%s/preview-files/%s",
                                    j->task_id, j->comment_id, u->id);
    arena_reset(j->c->answer);
    zou_result r = zou_send(j->c->zou, "DELETE", path, NULL, false, j->c->answer, &unused, e);
    if (r != ZOU_OK && r != ZOU_MISSING)
        return r;
    forget_preview(j, u->id);
    u->id = NULL;
    return comment_remember(j, e);
}

/* Delete a preview whose file Zou refused with `why`: it would look as if it were being
 * processed forever. Zou deletes some of them itself. Returns `why`. */
static zou_result withdraw_preview(comment_job *j, comment_upload *u, zou_result why)
{
    error unused;
    zou_result r = remove_preview(j, u, &unused);
    if (r != ZOU_OK)
        msg_info("%s: cannot delete its preview: %s", u->file, unused.what);
    return why;
}

/* Ensure that `u` has a preview that waits for its file, or is done. */
static zou_result ready_preview(comment_job *j, comment_upload *u, error *e)
{
    const json *known = find_there(j, "previews", u->id);
    zou_result r = ZOU_OK;
    if (known && has_file(known)) {
        if (!json_text_is(json_get(known, "status"), "broken")) {
            u->done = true;
            return comment_remember(j, e);
        }
        r = remove_preview(j, u, e); /* it takes no second file */
    } else if (!known) {
        u->id = NULL; /* Zou deletes one whose file it refuses */
    }
    if (r == ZOU_OK && !u->id && (u->id = find_orphan(j)))
        return comment_remember(j, e);
    return r == ZOU_OK && !u->id ? add_preview(j, u, e) : r;
}

zou_result comment_send_preview(comment_job *j, comment_upload *u, error *e)
{
    json answer;
    zou_result r = ready_preview(j, u, e);
    if (r != ZOU_OK || u->done)
        return r;
    r = send_file(j, arena_printf(j->a, "/pictures/preview-files/%s", u->id), u->file, &answer, e);
    if (r != ZOU_OK && r != ZOU_LOST &&
        e->status != EX_TEMPFAIL) /* else Zou may still be working on it */
        return withdraw_preview(j, u, r);
    if (r != ZOU_OK)
        return r;
    j->sent = true;
    if (json_text_is(json_get(&answer, "status"), "broken")) {
        error_set(e, EX_PROTOCOL,
                  "Kitsu received the file but cannot make a preview of it (broken)");
        u->broken = true;
        return ZOU_FAILED;
    }
    u->done = true;
    u->refused = NULL;
    return comment_remember(j, e);
}

/* ---- attachments -------------------------------------------------------- */

/* Whether Zou's name is that of the file: as it is, or as in a form, with %22 for a
 * quotation mark, and %0D and %0A for line breaks. */
static bool is_name_of(const char *name, const char *file)
{
    const char *slash = strrchr(file, '/');
    for (const char *c = slash ? slash + 1 : file; *c; c++) {
        char code[4];
        snprintf(code, sizeof code, "%%%02X", (unsigned char)*c);
        if (*name == *c)
            name++;
        else if (strchr("\"\r\n", *c) && strncmp(name, code, 3) == 0)
            name += 3;
        else
            return false;
    }
    return !*name;
}

/* An attachment of this name and size that is not ours yet: the reply was lost. */
static const char *find_arrived(const comment_job *j, const comment_upload *u)
{
    const json *list = json_get(&j->there, "attachment_files");
    struct stat st;
    int64_t size;
    if (stat(u->file, &st) != 0)
        return NULL;
    for (uint32_t i = 0; list && i < list->len; i++) {
        const json *one = &list->items[i];
        const char *id = json_text(json_get(one, "id")), *name = json_text(json_get(one, "name"));
        if (id && name && is_name_of(name, u->file) && !is_known(&j->attachments, id) &&
            json_int64(json_get(one, "size"), &size) && size == (int64_t)st.st_size)
            return id;
    }
    return NULL;
}

zou_result comment_send_attachment(comment_job *j, comment_upload *u, error *e)
{
    json answer;
    const char *path = arena_printf(j->a, "/actions/tasks/%s/comments/%s/add-attachment",
                                    j->task_id, j->comment_id);
    u->id = find_arrived(j, u);
    if (!u->id) {
        zou_result r = send_file(j, path, u->file, &answer, e);
        if (r != ZOU_OK)
            return r;
        j->sent = true;
        /* Zou appends the new one to those that the comment had. */
        if (json_is(&answer, JSON_ARRAY) && answer.len > 0)
            u->id = id_of(j, &answer.items[answer.len - 1]);
    }
    u->done = true;
    return comment_remember(j, e);
}
