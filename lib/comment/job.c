#include "comment/job.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

static comment_upload upload_of(const json *entry, const char *file, bool wanted)
{
    return (comment_upload){.file = file,
                            .id = json_text(json_get(entry, "id")),
                            .done = json_true(json_get(entry, "done")),
                            .wanted = wanted};
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

size_t comment_unsent(const comment_uploads *u)
{
    size_t n = 0;
    for (size_t i = 0; i < u->n; i++)
        n += u->list[i].wanted && !u->list[i].done;
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
