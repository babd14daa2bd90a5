#include "report/change_text.h"

#include "json/path.h"
#include "record/display.h"
#include "report/report.h"

#include <string.h>

const char *change_verb_name(change_verb verb)
{
    static const char *const names[CHANGE_VERBS] = {[CHANGE_CREATE] = "create",
                                                    [CHANGE_UPDATE] = "update",
                                                    [CHANGE_ARCHIVE] = "archive",
                                                    [CHANGE_DELETE] = "delete",
                                                    [CHANGE_DROP] = "drop"};
    return names[verb];
}

change_verb change_verb_of(const json *change)
{
    const json *operation = json_get(change, "operationType");
    const json *type = json_at(change, "updateDescription", "updatedFields", "type", NULL);
    if (json_text_is(operation, "insert"))
        return CHANGE_CREATE;
    if (json_text_is(operation, "delete"))
        return CHANGE_DELETE;
    if (json_text_is(operation, "drop"))
        return CHANGE_DROP;
    return json_text_is(type, "archived_asset") ? CHANGE_ARCHIVE : CHANGE_UPDATE;
}

static void add_key(buf *line, const char *key, bool first)
{
    buf_adds(line, first ? "" : ", ");
    display_sanitized(line, key, strlen(key));
}

/* The keys of two objects whose values differ. */
static void add_differing_keys(buf *line, const json *before, const json *after)
{
    bool first = true;
    for (uint32_t i = 0; i < before->len; i++) {
        const json_member *m = &before->members[i];
        const json *other = json_get(after, m->key);
        if (!other || !json_equal(&m->value, other, NULL)) {
            add_key(line, m->key, first);
            first = false;
        }
    }
    for (uint32_t i = 0; i < after->len; i++)
        if (!json_get(before, after->members[i].key)) {
            add_key(line, after->members[i].key, first);
            first = false;
        }
}

static void print_field(const char *path, const json *before, const json *after)
{
    buf line = {0};
    buf_adds(&line, "            ");
    display_sanitized(&line, path, strlen(path));
    buf_adds(&line, ": ");
    if (json_is(before, JSON_OBJECT) && json_is(after, JSON_OBJECT) && !json_get(after, "$oid")) {
        add_differing_keys(&line, before, after);
    } else {
        display_value(&line, before);
        buf_adds(&line, " -> ");
        display_value(&line, after);
    }
    report_line(&line);
}

/* The document's name, or where its entity is. */
static void add_name(buf *line, const json *change)
{
    const json *name = json_at(change, "fullDocument", "name", NULL);
    const json *entity = json_get(change, "entity");
    name = name ? name : json_at(change, "fullDocumentBeforeChange", "name", NULL);
    if (!name && entity)
        display_place(line, entity);
    else
        display_text(line, name ? name : json_at(change, "ns", "coll", NULL), "?");
}

void change_print(const json *change)
{
    const json *type = json_at(change, "entity", "type", NULL);
    const json *before = json_get(change, "fullDocumentBeforeChange");
    const json *updated = json_at(change, "updateDescription", "updatedFields", NULL);
    const json *removed = json_at(change, "updateDescription", "removedFields", NULL);
    buf line = {0};
    buf_addf(&line, "  %-8s", change_verb_name(change_verb_of(change)));
    if (json_text(type)) {
        display_text(&line, type, "");
        buf_addc(&line, ' ');
    }
    add_name(&line, change);
    report_line(&line);
    for (uint32_t i = 0; json_is(updated, JSON_OBJECT) && i < updated->len; i++)
        print_field(updated->members[i].key, path_get(before, updated->members[i].key),
                    &updated->members[i].value);
    for (uint32_t i = 0; json_is(removed, JSON_ARRAY) && i < removed->len; i++)
        if (json_text(&removed->items[i]))
            print_field(removed->items[i].text, path_get(before, removed->items[i].text), NULL);
}
