#include "comment/job.h"

#include "base/limits.h"
#include "base/msg.h"
#include "store/state.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- the record --------------------------------------------------------- */

/* Zou's ids go into paths as they are. */
static bool is_id(const json *v)
{
    const char *id = json_text(v);
    if (!id || !*id || strlen(id) != v->len || v->len > 64)
        return false;
    for (; *id; id++)
        if (!isalnum((unsigned char)*id) && *id != '-')
            return false;
    return true;
}

static bool is_whole_text(const json *v)
{
    return json_text(v) && strlen(v->text) == v->len;
}

static bool are_files(const json *list)
{
    if (json_is_null(list))
        return true;
    if (!json_is(list, JSON_ARRAY))
        return false;
    for (uint32_t i = 0; i < list->len; i++)
        if (!is_whole_text(&list->items[i]) || !*list->items[i].text)
            return false;
    return true;
}

bool comment_valid(const json *record, const char **why)
{
    const json *text = json_get(record, "text"), *publish_id = json_get(record, "publish_id");
    const json *status_id = json_get(record, "task_status_id"),
               *instance = json_get(record, "instance");
    const json *status = json_get(record, "task_status");
    int64_t number = 0;
    if (!is_id(json_get(record, "task_id")))
        *why = "a Comment without a good \"task_id\"";
    else if (!json_is_null(status_id) && !is_id(status_id))
        *why = "a Comment whose \"task_status_id\" is no id";
    else if (!json_is_null(status) && !json_text(status))
        *why = "a Comment whose \"task_status\" is no text";
    else if (!json_is_null(text) && !is_whole_text(text))
        *why = "a Comment whose \"text\" is no text";
    else if (text && json_text(text) && text->len > MAX_COMMENT)
        *why = "a Comment whose \"text\" is longer than 1 MiB";
    else if (!json_is_null(publish_id) && (!is_whole_text(publish_id) || !*publish_id->text))
        *why = "a Comment whose \"publish_id\" is no text";
    else if (!json_is_null(instance) && (!json_int64(instance, &number) || number < 0))
        *why = "a Comment whose \"instance\" is no index";
    else if (!are_files(json_get(record, "previews")) ||
             !are_files(json_get(record, "attachments")))
        *why = "a Comment whose \"previews\" or \"attachments\" are no list of paths";
    else
        return true;
    return false;
}

/* Take the first entry of this file out of the list; null where there is none. */
static json take_entry(json *entries, const char *file)
{
    for (uint32_t i = 0; i < entries->len; i++) {
        const char *name = json_text(json_get(&entries->items[i], "file"));
        if (name && strcmp(name, file) == 0) {
            json taken = entries->items[i];
            entries->items[i] = json_null();
            return taken;
        }
    }
    return json_null();
}

static comment_upload upload_of(const json *entry, const char *file, bool wanted)
{
    return (comment_upload){.file = file,
                            .id = json_text(json_get(entry, "id")),
                            .done = json_true(json_get(entry, "done")),
                            .wanted = wanted};
}

/* The record's files, and behind them those that only the memory has: the record
 * of a repeat should have the same ones, but whatever was sent stays known. */
static comment_uploads read_uploads(arena *a, const json *files, const json *remembered)
{
    uint32_t n = json_is(files, JSON_ARRAY) ? files->len : 0;
    json left = json_is(remembered, JSON_ARRAY) ? json_copy_shallow(a, remembered) : json_array();
    comment_uploads u = {.list = arena_alloc(a, (n + left.len) * sizeof *u.list)};
    for (uint32_t i = 0; i < n; i++) {
        const char *file = files->items[i].text;
        json entry = take_entry(&left, file);
        u.list[u.n++] = upload_of(&entry, file, true);
    }
    for (uint32_t i = 0; i < left.len; i++) {
        const char *file = json_text(json_get(&left.items[i], "file"));
        if (file)
            u.list[u.n++] = upload_of(&left.items[i], file, false);
    }
    return u;
}

/* `memory`: null where there is none. */
void comment_read(comment_job *j, const json *memory)
{
    const json *text = json_get(j->record, "text"), *before = json_get(memory, "before"),
               *at = json_get(memory, "at");
    j->intent = memory->type == JSON_OBJECT;
    j->text = text && json_text(text) ? *text : json_string(j->a, "");
    j->sought =
        json_is(json_get(memory, "text"), JSON_STRING) ? *json_get(memory, "text") : j->text;
    j->comment_id = json_text(json_get(memory, "comment_id"));
    j->status_id = json_text(json_get(memory, "task_status_id"));
    j->before = json_is(before, JSON_ARRAY) ? *before : json_array();
    j->at = at ? *at : json_null();
    j->previews = read_uploads(j->a, json_get(j->record, "previews"), json_get(memory, "previews"));
    j->attachments =
        read_uploads(j->a, json_get(j->record, "attachments"), json_get(memory, "attachments"));
}

size_t comment_missing(const comment_uploads *u)
{
    size_t n = 0;
    for (size_t i = 0; i < u->n; i++)
        n += u->list[i].wanted && !u->list[i].done;
    return n;
}

/* ---- what went wrong ---------------------------------------------------- */

void comment_remark(comment_job *j, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (j->message.len)
        buf_adds(&j->message, "; ");
    buf_adds(&j->message, text);
}

/* `file`: of this one only, or NULL. */
void comment_fault(comment_job *j, const char *file, const char *what)
{
    bool named = !file || strncmp(what, file, strlen(file)) == 0;
    comment_remark(j, "%s%s%s", named ? "" : file, named ? "" : ": ", what);
    j->failed = true;
}

/* ---- memory ------------------------------------------------------------- */

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

/* What the store has of it, into `*memory`; null for nothing. */
zou_result comment_recall(comment_job *j, json *memory, error *e)
{
    commenter *c = j->c;
    bool found = false;
    *memory = json_null();
    if (!j->publish_id) {
        if (!c->told_unkept)
            msg_info("a Comment without a \"publish_id\": nothing is remembered of it, so it must "
                     "not be repeated");
        c->told_unkept = true;
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
