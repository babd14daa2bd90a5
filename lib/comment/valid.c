#include "comment/comment.h"

#include "base/limits.h"

#include <ctype.h>
#include <string.h>

/* Ids go into the paths of Zou's routes unescaped. */
static bool is_id(const json *v)
{
    const char *id = json_text(v);
    if (!id || !*id || strlen(id) != v->len || v->len > MAX_ID)
        return false;
    for (; *id; id++)
        if (!isalnum((unsigned char)*id) && *id != '-')
            return false;
    return true;
}

/* Without a NUL inside. */
static bool is_c_text(const json *v)
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
        if (!is_c_text(&list->items[i]) || !*list->items[i].text)
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
        *why = "a Comment without a valid \"task_id\"";
    else if (!json_is_null(status_id) && !is_id(status_id))
        *why = "a Comment whose \"task_status_id\" is not an id";
    else if (!json_is_null(status) && !json_text(status))
        *why = "a Comment whose \"task_status\" is not a string";
    else if (!json_is_null(text) && !is_c_text(text))
        *why = "a Comment whose \"text\" is not a string";
    else if (text && json_text(text) && text->len > MAX_COMMENT)
        *why = "a Comment whose \"text\" is longer than 1 MiB";
    else if (!json_is_null(publish_id) && (!is_c_text(publish_id) || !*publish_id->text))
        *why = "a Comment whose \"publish_id\" is not a string";
    else if (!json_is_null(instance) && (!json_int64(instance, &number) || number < 0))
        *why = "a Comment whose \"instance\" is not an index";
    else if (!are_files(json_get(record, "previews")) ||
             !are_files(json_get(record, "attachments")))
        *why = "a Comment whose \"previews\" or \"attachments\" are not a list of paths";
    else
        return true;
    return false;
}
