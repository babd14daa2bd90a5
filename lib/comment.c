#include "comment.h"

#include "bounds.h"
#include "clock.h"
#include "msg.h"
#include "state.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#define TRIES         3   /* of one comment, when the connection breaks */
#define PAUSE_SECONDS 1.0 /* before the second one; Zou may still be at work on the first */

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
typedef struct upload {
    const char *file;
    const char *id; /* of its preview or attachment in Kitsu; NULL: none yet */
    bool done;
    bool wanted; /* the record has it; else only the memory does */
} upload;

typedef struct uploads {
    upload *list; /* in the arena, those that are wanted first */
    size_t n;
} uploads;

/* One record. All in the arena, or shared with the record. */
typedef struct job {
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
    uploads previews, attachments;

    json there; /* the comment as Kitsu has it: {id, previews, attachment_files} */
    bool did;   /* something was sent */
    bool failed, store_failed;
    buf message;
} job;

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

static upload upload_of(const json *entry, const char *file, bool wanted)
{
    return (upload){.file = file,
                    .id = json_text(json_get(entry, "id")),
                    .done = json_true(json_get(entry, "done")),
                    .wanted = wanted};
}

/* The record's files, and behind them those that only the memory has: the record
 * of a repeat should have the same ones, but whatever was sent stays known. */
static uploads read_uploads(arena *a, const json *files, const json *remembered)
{
    uint32_t n = json_is(files, JSON_ARRAY) ? files->len : 0;
    json left = json_is(remembered, JSON_ARRAY) ? json_copy_shallow(a, remembered) : json_array();
    uploads u = {.list = arena_alloc(a, (n + left.len) * sizeof *u.list)};
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
static void read_job(job *j, const json *memory)
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

static size_t missing(const uploads *u)
{
    size_t n = 0;
    for (size_t i = 0; i < u->n; i++)
        n += u->list[i].wanted && !u->list[i].done;
    return n;
}

/* ---- what went wrong ---------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void remark(job *j, const char *format, ...)
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
static void fault(job *j, const char *file, const char *what)
{
    bool named = !file || strncmp(what, file, strlen(file)) == 0;
    remark(j, "%s%s%s", named ? "" : file, named ? "" : ": ", what);
    j->failed = true;
}

/* ---- memory ------------------------------------------------------------- */

static json write_uploads(arena *a, const uploads *u)
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

static zou_result store_lost(job *j, const store_error *se, http_error *e)
{
    j->store_failed = true;
    http_fail(e, se->status, "%s", se->what);
    return ZOU_LOST;
}

static zou_result remember(job *j, http_error *e)
{
    if (!j->publish_id || j->c->dry)
        return ZOU_OK;
    arena *a = j->a;
    json document = json_object();
    store_error se;
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
    if (state_put_comment(j->c->store, j->publish_id, j->instance, &document, a, &se))
        return ZOU_OK;
    return store_lost(j, &se, e);
}

/* What the store has of it, into `*memory`; null for nothing. */
static zou_result recall(job *j, json *memory, http_error *e)
{
    commenter *c = j->c;
    store_error se;
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
        c->store = store_open(c->store_url, c->dry ? STORE_READ : STORE_WRITE, c->wait, &se);
    if (!c->store ||
        !state_comment(c->store, j->publish_id, j->instance, j->a, memory, &found, &se))
        return store_lost(j, &se, e);
    if (!found)
        *memory = json_null();
    return ZOU_OK;
}

/* ---- looking at Kitsu --------------------------------------------------- */

static zou_result who_am_i(job *j, http_error *e)
{
    commenter *c = j->c;
    json answer;
    if (c->me)
        return ZOU_OK;
    zou_result r = zou_get(c->zou, "/auth/authenticated", j->a, &answer, e);
    const char *id = json_text(json_at(&answer, "user", "id", NULL));
    if (r != ZOU_OK)
        return r == ZOU_FAILED ? ZOU_LOST : r;
    if (!id) {
        http_fail(e, EX_PROTOCOL, "GET /auth/authenticated: it does not say who we are");
        return ZOU_LOST;
    }
    c->me = arena_text(c->kept, id, strlen(id));
    return ZOU_OK;
}

static bool holds(const json *list, const char *id)
{
    for (uint32_t i = 0; i < list->len; i++) {
        const char *text = json_text(&list->items[i]);
        if (text && strcmp(text, id) == 0)
            return true;
    }
    return false;
}

static bool is_text(const json *v, const char *text)
{
    const char *own = json_text(v);
    return own && strcmp(own, text) == 0;
}

/* What a later step may ask of a comment in Zou's list. */
static json outline(arena *a, const json *comment)
{
    json out = json_object();
    json_add(a, &out, "id", json_copy(a, json_get(comment, "id")));
    for (int i = 0; i < 2; i++) {
        const char *key = i ? "attachment_files" : "previews";
        const json *list = json_get(comment, key);
        json_add(a, &out, key, json_is(list, JSON_ARRAY) ? json_copy(a, list) : json_array());
    }
    return out;
}

typedef struct search {
    job *job;
    arena *scratch; /* owned */
    json mine;      /* the ids of all that the user has made */
    json alike;     /* outlines of those with this text and status */
} search;

static bool on_comment(void *context, const json_element *element)
{
    search *s = context;
    job *j = s->job;
    json v;
    arena_reset(s->scratch);
    if (!element->text || !json_parse(s->scratch, element->text, element->len, &v, NULL, NULL))
        return true;
    const char *id = json_text(json_get(&v, "id"));
    if (id && j->comment_id && strcmp(id, j->comment_id) == 0)
        j->there = outline(j->a, &v);
    if (!id || !is_text(json_get(&v, "person_id"), j->c->me))
        return true;
    json_push(j->a, &s->mine, json_string(j->a, id));
    const json *text = json_get(&v, "text");
    if (j->intent && text && json_equal(text, &j->sought, NULL) &&
        is_text(json_get(&v, "task_status_id"), j->status_id))
        json_push(j->a, &s->alike, outline(j->a, &v));
    return true;
}

/* Of comments that look like ours, the one that it is. */
static zou_result adopt(job *j, const json *alike, http_error *e)
{
    json claimed = json_array();
    store_error se;
    if (alike->len == 0)
        return ZOU_OK;
    if (j->publish_id && !state_comments_of(j->c->store, j->task_id, j->a, &claimed, &se))
        return store_lost(j, &se, e);
    for (uint32_t i = 0; i < alike->len; i++) {
        const char *id = json_text(json_get(&alike->items[i], "id"));
        if (holds(&j->before, id) || holds(&claimed, id))
            continue;
        msg_info("task %s: the comment %s had arrived", j->task_id, id);
        j->there = alike->items[i];
        j->comment_id = id;
        return remember(j, e);
    }
    return ZOU_OK;
}

/* Find our comment, or what it must not be mistaken for. */
static zou_result look(job *j, http_error *e)
{
    search s = {.job = j, .scratch = arena_new(), .mine = json_array(), .alike = json_array()};
    const char *path = arena_printf(j->a, "/data/tasks/%s/comments", j->task_id);
    j->there = json_null();
    zou_result r = zou_list(j->c->zou, path, on_comment, &s, e);
    arena_free(s.scratch);
    if (r == ZOU_OK && j->comment_id && json_is_null(&j->there)) {
        http_fail(e, EX_PROTOCOL, "the comment %s is not in Kitsu any more", j->comment_id);
        return ZOU_FAILED;
    }
    if (r == ZOU_OK && !j->comment_id)
        r = adopt(j, &s.alike, e);
    if (!j->comment_id)
        j->before = s.mine;
    return r;
}

/* ---- the status --------------------------------------------------------- */

static zou_result find_status(job *j, const char *short_name, const char **id, http_error *e)
{
    commenter *c = j->c;
    zou_result r = ZOU_OK;
    *id = NULL;
    if (json_is_null(&c->statuses))
        r = zou_get(c->zou, "/data/task-status", c->kept, &c->statuses, e);
    for (uint32_t i = 0; r == ZOU_OK && i < c->statuses.len && c->statuses.type == JSON_ARRAY; i++)
        if (is_text(json_get(&c->statuses.items[i], "short_name"), short_name)) {
            *id = json_text(json_get(&c->statuses.items[i], "id"));
            break;
        }
    return r;
}

static zou_result present_status(job *j, const char **id, http_error *e)
{
    json task;
    const char *path = arena_printf(j->a, "/data/tasks/%s", j->task_id);
    zou_result r = zou_get(j->c->zou, path, j->a, &task, e);
    if (r != ZOU_OK)
        return r;
    *id = json_text(json_get(&task, "task_status_id"));
    if (*id)
        return ZOU_OK;
    http_fail(e, EX_PROTOCOL, "GET %s: it has no task_status_id", path);
    return ZOU_FAILED;
}

/* Which status the comment is posted with: Zou wants one. */
static zou_result choose_status(job *j, http_error *e)
{
    const char *short_name = json_text(json_get(j->record, "task_status"));
    const char *id = json_text(json_get(j->record, "task_status_id"));
    zou_result r = ZOU_OK;
    if (!id && short_name)
        r = find_status(j, short_name, &id, e);
    if (r == ZOU_OK && !id && short_name) {
        j->note = arena_printf(j->a,
                               "no task status has the short name \"%.100s\" (upper and lower "
                               "case count): the task keeps its own",
                               short_name);
        msg_warn("task %s: %s", j->task_id, j->note);
    }
    if (r == ZOU_OK && !id)
        r = present_status(j, &id, e);
    j->status_id = id;
    return r;
}

/* ---- posting ------------------------------------------------------------ */

static zou_result post_comment(job *j, http_error *e)
{
    json answer, body = json_object();
    buf text = {0};
    j->at = json_integer(j->a, (int64_t)zou_date(j->c->zou));
    j->intent = true;
    j->sought = j->text;
    zou_result r = remember(j, e);
    if (r != ZOU_OK)
        return r;
    json_add(j->a, &body, "task_status_id", json_string(j->a, j->status_id));
    json_add(j->a, &body, "comment", j->text);
    json_write(&text, &body);
    r = zou_send(j->c->zou, "POST", arena_printf(j->a, "/actions/tasks/%s/comment", j->task_id),
                 text.data, false, j->a, &answer, e);
    buf_free(&text);
    if (r != ZOU_OK)
        return r;
    j->comment_id = json_text(json_get(&answer, "id"));
    if (!j->comment_id) {
        http_fail(e, EX_PROTOCOL, "POST /actions/tasks/%s/comment: the answer has no id",
                  j->task_id);
        return ZOU_FAILED;
    }
    j->did = true;
    json_set(j->a, &answer, "previews", json_array()); /* only what Zou's list says is used */
    j->there = outline(j->a, &answer);
    return remember(j, e);
}

static void show(void *context, uint64_t sent, uint64_t total)
{
    const char *file = context, *slash = strrchr(file, '/');
    msg_progress("%s: %.0f %% of %.1f MiB", slash ? slash + 1 : file,
                 100.0 * (double)sent / (double)total, (double)total / 1024 / 1024);
}

static zou_result send_file(job *j, const char *path, const char *file, json *answer, http_error *e)
{
    bool shown = msg_progress_wanted();
    http_upload u = {
        .field = "file", .file = file, .progress = shown ? show : NULL, .context = (void *)file};
    zou_result r = zou_upload(j->c->zou, path, &u, j->a, answer, e);
    msg_progress(NULL);
    return r;
}

/* ---- previews ----------------------------------------------------------- */

static const json *find_there(const job *j, const char *key, const char *id)
{
    const json *list = json_get(&j->there, key);
    for (uint32_t i = 0; id && list && i < list->len; i++)
        if (is_text(json_get(&list->items[i], "id"), id))
            return &list->items[i];
    return NULL;
}

static bool is_ours(const uploads *u, const char *id)
{
    for (size_t i = 0; i < u->n; i++)
        if (u->list[i].id && strcmp(u->list[i].id, id) == 0)
            return true;
    return false;
}

/* Zou notes the file's name when it has got it, and from then on takes no other. */
static bool has_file(const json *preview)
{
    const char *name = json_text(json_get(preview, "original_name"));
    return (name && *name) || is_text(json_get(preview, "status"), "ready");
}

/* A preview of the comment that waits for a file and that we know nothing of: the
 * answer that named it was lost. */
static const char *orphan(const job *j)
{
    const json *list = json_get(&j->there, "previews");
    for (uint32_t i = 0; list && i < list->len; i++) {
        const char *id = json_text(json_get(&list->items[i], "id"));
        if (id && !has_file(&list->items[i]) && !is_ours(&j->previews, id))
            return id;
    }
    return NULL;
}

/* Another preview of the comment, whose revision the next one shares. */
static const char *sibling(const job *j)
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

static zou_result add_preview(job *j, upload *u, http_error *e)
{
    json answer;
    const char *other = sibling(j);
    const char *path =
        arena_printf(j->a, "/actions/tasks/%s/comments/%s/%s%s", j->task_id, j->comment_id,
                     other ? "preview-files/" : "add-preview", other ? other : "");
    zou_result r = zou_send(j->c->zou, "POST", path, "{}", false, j->a, &answer, e);
    if (r != ZOU_OK)
        return r;
    u->id = json_text(json_get(&answer, "id"));
    if (!u->id) {
        http_fail(e, EX_PROTOCOL, "POST %s: the answer has no id", path);
        return ZOU_FAILED;
    }
    j->did = true;
    return remember(j, e);
}

static zou_result remove_preview(job *j, upload *u, http_error *e)
{
    json unused;
    const char *path = arena_printf(j->a, "/actions/tasks/%s/comments/%s/preview-files/%s",
                                    j->task_id, j->comment_id, u->id);
    zou_result r = zou_send(j->c->zou, "DELETE", path, NULL, false, j->a, &unused, e);
    if (r != ZOU_OK && r != ZOU_MISSING)
        return r;
    u->id = NULL;
    return remember(j, e);
}

/* A preview whose file was refused, which gave `why`, would stand in the comment
 * as one that is being worked on, for ever. Zou itself takes back some. */
static zou_result take_back(job *j, upload *u, zou_result why)
{
    http_error unused;
    zou_result r = remove_preview(j, u, &unused);
    if (r != ZOU_OK)
        msg_info("%s: its preview is still there: %s", u->file, unused.what);
    return why;
}

/* See to it that `u` has a preview that waits for its file, or is done. */
static zou_result ready_preview(job *j, upload *u, http_error *e)
{
    const json *known = find_there(j, "previews", u->id);
    zou_result r = ZOU_OK;
    if (known && has_file(known)) {
        if (!is_text(json_get(known, "status"), "broken")) {
            u->done = true;
            return remember(j, e);
        }
        r = remove_preview(j, u, e); /* it takes no second file */
    } else if (!known) {
        u->id = NULL; /* Zou takes back one whose file it refuses */
    }
    if (r == ZOU_OK && !u->id && (u->id = orphan(j)))
        return remember(j, e);
    return r == ZOU_OK && !u->id ? add_preview(j, u, e) : r;
}

static zou_result send_preview(job *j, upload *u, http_error *e)
{
    json answer;
    zou_result r = ready_preview(j, u, e);
    if (r != ZOU_OK || u->done)
        return r;
    r = send_file(j, arena_printf(j->a, "/pictures/preview-files/%s", u->id), u->file, &answer, e);
    if (r != ZOU_OK && r != ZOU_LOST && e->status != EX_TEMPFAIL) /* else Zou may be at it still */
        return take_back(j, u, r);
    if (r != ZOU_OK)
        return r;
    j->did = true;
    if (is_text(json_get(&answer, "status"), "broken")) {
        http_fail(e, EX_PROTOCOL, "Kitsu has got it, but could make no preview of it (broken)");
        return ZOU_FAILED;
    }
    u->done = true;
    return remember(j, e);
}

/* ---- attachments -------------------------------------------------------- */

/* Whether Zou's name is that of the file: as it is, or as forms write it, who put
 * %22 for a quotation mark, as browsers do, or leave it to the other side's skill. */
static bool is_name(const char *name, const char *file)
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

/* An attachment of this name and size that we know nothing of: the answer was
 * lost. */
static const char *arrived(const job *j, const upload *u)
{
    const json *list = json_get(&j->there, "attachment_files");
    struct stat st;
    int64_t size;
    if (stat(u->file, &st) != 0)
        return NULL;
    for (uint32_t i = 0; list && i < list->len; i++) {
        const json *one = &list->items[i];
        const char *id = json_text(json_get(one, "id")), *name = json_text(json_get(one, "name"));
        if (id && name && is_name(name, u->file) && !is_ours(&j->attachments, id) &&
            json_int64(json_get(one, "size"), &size) && size == (int64_t)st.st_size)
            return id;
    }
    return NULL;
}

static zou_result send_attachment(job *j, upload *u, http_error *e)
{
    json answer;
    const char *path = arena_printf(j->a, "/actions/tasks/%s/comments/%s/add-attachment",
                                    j->task_id, j->comment_id);
    u->id = arrived(j, u);
    if (!u->id) {
        zou_result r = send_file(j, path, u->file, &answer, e);
        if (r != ZOU_OK)
            return r;
        j->did = true;
        /* Zou adds the new one to those that the comment had. */
        if (json_is(&answer, JSON_ARRAY) && answer.len > 0)
            u->id = json_text(json_get(&answer.items[answer.len - 1], "id"));
    }
    u->done = true;
    return remember(j, e);
}

/* ---- one record --------------------------------------------------------- */

typedef zou_result send_fn(job *j, upload *u, http_error *e);

/* Send what is missing. What Kitsu refuses does not stop the others. */
static zou_result send_all(job *j, uploads *u, send_fn *send, http_error *e)
{
    for (size_t i = 0; i < u->n; i++) {
        if (!u->list[i].wanted || u->list[i].done)
            continue;
        zou_result r = send(j, &u->list[i], e);
        if (r == ZOU_LOST)
            return r;
        if (r != ZOU_OK)
            fault(j, u->list[i].file, e->what);
    }
    return ZOU_OK;
}

/* All that is missing. ZOU_LOST: broken off; it may be called again. */
static zou_result carry_on(job *j, http_error *e)
{
    zou_result r = ZOU_OK;
    if (!j->intent)
        r = choose_status(j, e);
    if (r == ZOU_OK)
        r = look(j, e);
    if (r == ZOU_OK && !j->comment_id && !j->status_id)
        r = choose_status(j, e);
    if (r == ZOU_OK && !j->comment_id)
        r = post_comment(j, e);
    if (r == ZOU_OK)
        r = send_all(j, &j->previews, send_preview, e);
    if (r == ZOU_OK)
        r = send_all(j, &j->attachments, send_attachment, e);
    return r;
}

/* Again, when the connection broke: at what is known by now. */
static zou_result carry_out(job *j, http_error *e)
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
        fault(j, NULL, e->what);
    return r;
}

/* Nothing is posted when a file is missing: half a publish helps nobody. */
static bool check_files(job *j, const uploads *u)
{
    http_error e;
    bool ok = true;
    for (size_t i = 0; i < u->n; i++)
        if (u->list[i].wanted && !u->list[i].done && !http_upload_check(u->list[i].file, &e)) {
            fault(j, NULL, e.what);
            ok = false;
        }
    return ok;
}

/* With -n: what can be said without a word to Kitsu but questions. */
static zou_result plan(job *j, http_error *e)
{
    zou_result r = j->intent ? ZOU_OK : choose_status(j, e);
    if (r == ZOU_OK)
        r = look(j, e);
    size_t files = missing(&j->previews) + missing(&j->attachments);
    if (r != ZOU_OK)
        fault(j, NULL, e->what);
    else
        remark(j, "%s, %zu file%s to send", j->comment_id ? "the comment is there" : "to be posted",
               files, files == 1 ? "" : "s");
    return r;
}

static json ids_of(arena *a, const uploads *u)
{
    json ids = json_array();
    for (size_t i = 0; i < u->n; i++)
        if (u->list[i].wanted && u->list[i].done && u->list[i].id)
            json_push(a, &ids, json_string(a, u->list[i].id));
    return ids;
}

static json result_of(const job *j, const char *status)
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

static zou_result work(job *j, const char **status, http_error *e)
{
    json memory;
    zou_result r = recall(j, &memory, e);
    read_job(j, &memory);
    *status = "failed";
    if (r != ZOU_OK) {
        fault(j, NULL, e->what);
        return r;
    }
    if (j->intent && !is_text(json_get(&memory, "task_id"), j->task_id)) {
        j->comment_id = NULL;
        fault(j, NULL, "this publish's comment is on another task");
        return ZOU_OK;
    }
    if (j->comment_id && missing(&j->previews) + missing(&j->attachments) == 0) {
        *status = "unchanged";
        return ZOU_OK;
    }
    bool ok = check_files(j, &j->previews);
    if (!check_files(j, &j->attachments) || !ok)
        return ZOU_OK;
    r = who_am_i(j, e);
    if (r != ZOU_OK) {
        fault(j, NULL, e->what);
        return r;
    }
    r = j->c->dry ? plan(j, e) : carry_out(j, e);
    if (!j->failed)
        *status = j->c->dry ? "planned" : j->did ? "applied" : "unchanged";
    return r;
}

bool comment_post(commenter *c, const json *record, arena *a, json *result, http_error *e)
{
    job j = {.c = c,
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
