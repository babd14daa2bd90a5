#include "publish/explain.h"

#include "record/display.h"

#include <string.h>

#define MAX_SHOWN 10 /* entries of a list; more make a line hard to read */

static void add_quoted(buf *b, const json *v)
{
    if (json_text(v)) {
        buf_addc(b, '"');
        display_text(b, v, "");
        buf_addc(b, '"');
    } else {
        buf_adds(b, "none");
    }
}

static void add_list(buf *b, const json *list)
{
    for (uint32_t i = 0; i < list->len && i < MAX_SHOWN; i++) {
        buf_adds(b, i ? ", " : "");
        add_quoted(b, &list->items[i]);
    }
    if (list->len > MAX_SHOWN)
        buf_addf(b, " and %u more", list->len - MAX_SHOWN);
}

static bool all_met(const json *comment)
{
    const json *reasons = json_get(comment, "reasons");
    for (uint32_t i = 0; json_is(reasons, JSON_ARRAY) && i < reasons->len; i++)
        if (json_is(json_get(&reasons->items[i], "met"), JSON_FALSE))
            return false;
    return true;
}

void explain_outcome(buf *b, const json *comment)
{
    const json *status = json_get(comment, "task_status");
    bool changed = json_true(json_get(comment, "status_changed"));
    buf_adds(b, changed ? "the status becomes " : "the status stays ");
    add_quoted(b, status);
    if (!changed)
        buf_adds(b, all_met(comment) ? ": it is already set" : ": not all conditions are met");
}

static void add_saw_status(buf *b, const json *saw)
{
    if (!json_is(saw, JSON_ARRAY)) {
        buf_adds(b, "the publish lists no statuses, zou-push looks it up");
    } else if (saw->len) {
        buf_adds(b, "Kitsu has ");
        add_list(b, saw);
    } else {
        buf_adds(b, "Kitsu has no such status");
    }
}

static void add_saw_families(buf *b, const json *saw)
{
    if (!json_is(saw, JSON_ARRAY) || !saw->len) {
        buf_adds(b, "nothing is published");
    } else {
        buf_adds(b, "published: ");
        add_list(b, saw);
    }
}

void explain_reason(buf *b, const json *reason)
{
    const char *rule = json_text(json_get(reason, "rule"));
    const json *family = json_get(reason, "family"), *name = json_get(reason, "short_name");
    const json *met = json_get(reason, "met"), *saw = json_get(reason, "saw");
    bool conditional = json_text(json_get(reason, "condition")) != NULL;
    buf_adds(b, rule ? rule : "?");
    if (conditional) {
        buf_addc(b, ' ');
        display_text(b, json_get(reason, "condition"), "");
    }
    if (family || name) {
        buf_addc(b, ' ');
        add_quoted(b, family ? family : name);
    }
    buf_adds(b, ": ");
    if (family)
        add_saw_families(b, saw);
    else if (conditional) {
        buf_adds(b, "the task's status is ");
        add_quoted(b, saw);
    } else if (name)
        add_saw_status(b, saw);
    else
        buf_adds(b, json_true(met) ? "it is on" : "it is off");
    buf_adds(b, json_true(met)             ? ": met"
                : json_is(met, JSON_FALSE) ? ": NOT met"
                                           : ": not checked, OpenPype checks only the first");
}

void explain_text(buf *b, const json *comment)
{
    const json *text = json_get(comment, "text"), *previews = json_get(comment, "previews");
    uint32_t n = json_is(previews, JSON_ARRAY) ? previews->len : 0;
    buf_adds(b, "text: ");
    display_value(b, text);
    buf_addf(b, ", %u preview%s", n, n == 1 ? "" : "s");
}
