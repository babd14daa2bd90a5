/* publish/: a line with the settings, one with a Publish record. */
#include "mutate.h"

#include "publish/publish.h"
#include "publish/rule.h"
#include "publish/rule_check.h"

static void mistake(void *context, bool fatal, const char *path, const char *what)
{
    bool *found = context;
    require(*path && *what, "a mistake has a place and a reason");
    *found |= fatal;
}

static void remark(void *context, uint32_t instance, const char *text)
{
    const json *record = context;
    const json *instances = json_get(record, "instances");
    require(json_is(instances, JSON_ARRAY) && instance < instances->len && *text,
            "a remark is about an instance");
}

static void check_rule(arena *a, const rule_settings *settings, const json *record)
{
    const char *why = NULL, *fault = rule_check(a, record);
    rule *r = rule_new(a, settings, record, remark, (void *)record, &why);
    require(r || why, "what is wrong is said");
    require(!r || !fault, "only what is in order is judged");
    for (uint32_t i = 0; r && i < rule_instances(r); i++) {
        json comment;
        why = NULL;
        if (!rule_comment(r, i, &comment, &why))
            require(why != NULL, "no comment has a reason");
        else
            require(json_text_is(json_get(&comment, "type"), "Comment"), "it is a Comment");
    }
}

/* Families come from a set: their order says nothing. */
static void check_order(arena *a, const json *record)
{
    json other = json_copy(a, record);
    const json *families = json_get(&other, "families");
    for (uint32_t i = 0; json_is(families, JSON_ARRAY) && i < families->len / 2; i++) {
        json swap = families->items[i];
        families->items[i] = families->items[families->len - 1 - i];
        families->items[families->len - 1 - i] = swap;
    }
    require_same(publish_make_id(a, &other), publish_make_id(a, record), "families have no order");
}

static void check_record(arena *a, const json *record)
{
    const char *why = NULL;
    bool valid = publish_valid(a, record, &why);
    require(valid || why, "what it lacks is said");
    if (!valid)
        return;
    const char *text = json_written(a, record);
    json again;
    require(json_parse(a, text, strlen(text), &again, NULL, NULL), "it is JSON");
    require_same(publish_make_id(a, &again), publish_make_id(a, record), "a publish has one id");
    check_order(a, record);
    const json *instances = json_get(record, "instances");
    publish_place place = publish_place_of(record, NULL);
    require(*publish_place_text(a, &place), "its place has a name");
    for (uint32_t i = 0; json_is(instances, JSON_ARRAY) && i < instances->len; i++) {
        place = publish_place_of(record, &instances->items[i]);
        publish_place_text(a, &place);
        publish_is_reviewed(&instances->items[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new();
    json settings, record;
    if (next_json(a, &data, &size, &settings) && next_json(a, &data, &size, &record) &&
        record.type == JSON_OBJECT) {
        check_record(a, &record);
        for (int openpype = 0; openpype < 2; openpype++) {
            rule_settings read;
            bool fatal = false;
            bool ok = rule_settings_read(a, &settings, openpype, &read, mistake, &fatal);
            require(ok == !fatal, "a fatal mistake is said");
            if (ok)
                check_rule(a, &read, &record);
        }
    }
    arena_free(a);
    return 0;
}
