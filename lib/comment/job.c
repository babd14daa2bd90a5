#include "comment/job.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- the record and the memory ------------------------------------------ */

/* Take the first entry of this file out of the list; null if there is none. */
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

/* What a refusal is remembered with: another file of this name is not refused yet. */
static bool is_same_file(const comment_upload *u)
{
    struct stat st;
    return stat(u->file, &st) != 0 ||
           ((int64_t)st.st_size == u->size && (int64_t)st.st_mtime == u->changed_at);
}

static comment_upload upload_of(const json *entry, const char *file, bool wanted)
{
    comment_upload u = {.file = file,
                        .id = json_text(json_get(entry, "id")),
                        .done = json_true(json_get(entry, "done")),
                        .wanted = wanted,
                        .refused = json_text(json_get(entry, "refused")),
                        .broken = json_true(json_get(entry, "broken"))};
    json_int64(json_get(entry, "size"), &u.size);
    json_int64(json_get(entry, "changed_at"), &u.changed_at);
    if (u.refused && !is_same_file(&u))
        u.refused = NULL;
    return u;
}

/* The record's files, then those that only the memory has: a repetition should have the
 * same ones, but what was sent stays known. */
static comment_uploads read_uploads(arena *a, const json *files, const json *remembered)
{
    uint32_t n = json_is(files, JSON_ARRAY) ? files->len : 0;
    json unclaimed =
        json_is(remembered, JSON_ARRAY) ? json_copy_shallow(a, remembered) : json_array();
    comment_uploads u = {.list = arena_alloc(a, (n + unclaimed.len) * sizeof *u.list)};
    for (uint32_t i = 0; i < n; i++) {
        const char *file = files->items[i].text;
        json entry = take_entry(&unclaimed, file);
        u.list[u.n++] = upload_of(&entry, file, true);
    }
    for (uint32_t i = 0; i < unclaimed.len; i++) {
        const char *file = json_text(json_get(&unclaimed.items[i], "file"));
        if (file)
            u.list[u.n++] = upload_of(&unclaimed.items[i], file, false);
    }
    return u;
}

void comment_job_read(comment_job *j, const json *memory)
{
    const json *text = json_get(j->record, "text"), *before = json_get(memory, "before"),
               *at = json_get(memory, "at");
    j->intent = json_get(memory, "comment_id") || json_get(memory, "text");
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

bool comment_upload_due(const comment_job *j, const comment_upload *u)
{
    return u->wanted && !u->done && !(u->refused && (!u->broken || u->fresh || j->waited));
}

size_t comment_unsent(const comment_job *j)
{
    const comment_uploads *const lists[] = {&j->previews, &j->attachments};
    size_t n = 0;
    for (int l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->n; i++)
            n += comment_upload_due(j, &lists[l]->list[i]);
    return n;
}

/* ---- what went wrong ---------------------------------------------------- */

void comment_job_remark(comment_job *j, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (j->remarks.len)
        buf_adds(&j->remarks, "; ");
    buf_adds(&j->remarks, text);
}

void comment_job_fault(comment_job *j, const char *file, const char *what)
{
    bool named = !file || strncmp(what, file, strlen(file)) == 0;
    comment_job_remark(j, "%s%s%s", named ? "" : file, named ? "" : ": ", what);
    j->failed = true;
}

/* `posted, without cache.abc: why`. */
static void remark_refusal(comment_job *j, const char *file, const char *why)
{
    const char *slash = strrchr(file, '/');
    comment_job_remark(j, "%swithout %s: %s", j->remarks.len ? "" : "posted, ",
                       slash ? slash + 1 : file, why);
}

void comment_job_refuse(comment_job *j, comment_upload *u, const char *what)
{
    struct stat st;
    if (!u->refused)
        json_push(j->a, &j->refused, json_string(j->a, u->file));
    u->fresh = true;
    u->refused = arena_text(j->a, what, strlen(what));
    u->size = u->changed_at = 0;
    if (stat(u->file, &st) == 0) {
        u->size = (int64_t)st.st_size;
        u->changed_at = (int64_t)st.st_mtime;
    }
}

void comment_job_remark_refused(comment_job *j)
{
    const comment_uploads *const lists[] = {&j->previews, &j->attachments};
    for (int l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->n; i++) {
            const comment_upload *u = &lists[l]->list[i];
            if (u->wanted && !u->done && u->refused)
                remark_refusal(j, u->file, u->refused);
        }
}
