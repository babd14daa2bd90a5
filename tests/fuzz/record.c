/* record/: what was read from a record is made into one again, which says the same. */
#include "mutate.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "record/checkpoint.h"
#include "record/deleted.h"
#include "record/display.h"
#include "record/document.h"
#include "record/end.h"
#include "record/event.h"
#include "record/record.h"
#include "record/result.h"
#include "record/sanitize.h"
#include "record/skipped.h"
#include "record/summary.h"
#include "store/bson.h"

static void same(arena *a, const json *one, const json *other)
{
    require_same(json_written(a, one), json_written(a, other),
                 "read and made again, it is the same");
}

static void check_end(arena *a, const json *record)
{
    end_record end;
    int64_t n;
    end_read(record, &end);
    end_count(&end, "Shot", &n);
    if (end.scope == END_UNKNOWN)
        return;
    json made = end_make(a, &end);
    end_read(&made, &end);
    json again = end_make(a, &end);
    same(a, &made, &again);
}

static void check_checkpoint(arena *a, const json *record)
{
    checkpoint_record c;
    if (!checkpoint_read(record, &c))
        return;
    require(c.events >= -1 && c.events <= MAX_COUNT, "its events are a count, or none are counted");
    json made = checkpoint_make(a, &c);
    require(checkpoint_read(&made, &c), "a Checkpoint stays one");
    json again = checkpoint_make(a, &c);
    same(a, &made, &again);
    checkpoint_scope *scope = checkpoint_scope_new();
    json kept = checkpoint_scope_checkpoint(scope, a, record);
    require(checkpoint_read(&kept, &c), "of a good batch it stays one");
    checkpoint_scope_abandoned(scope, "p1");
    checkpoint_scope_held(scope, "p2");
    kept = checkpoint_scope_checkpoint(scope, a, record);
    require(checkpoint_read(&kept, &c), "of a bad one, too");
    checkpoint_scope_free(scope);
}

static void check_event(arena *a, const json *record)
{
    event_record event;
    event_read(record, &event);
    json made = event_make(a, &event);
    event_read(&made, &event);
    json again = event_make(a, &event);
    same(a, &made, &again);
}

static void check_document(arena *a, const json *record)
{
    document_record d;
    if (!document_read(record, &d))
        return;
    json made = document_make(a, &d);
    require(document_read(&made, &d), "a Document stays one");
    json again = document_make(a, &d);
    same(a, &made, &again);
}

static void check_others(arena *a, const json *record)
{
    deleted_record deleted;
    deleted_read(record, &deleted);
    if (deleted.id && deleted.project_id && (deleted.project || deleted.kind != KIND_NONE)) {
        json made = deleted_make(a, &deleted);
        deleted_read(&made, &deleted);
        json again = deleted_make(a, &deleted);
        same(a, &made, &again);
    }
    skipped_record skipped;
    skipped_read(record, &skipped);
    skipped_place(a, &skipped);
    summary_record summary;
    summary_read(record, &summary);
    if (summary.project) {
        json made = summary_make(a, &summary);
        summary_read(&made, &summary);
        json again = summary_make(a, &summary);
        same(a, &made, &again);
    }
    result_record result;
    result_read(record, &result);
    asset_types_read(record);
    sync_read(record);
}

/* What a terminal gets. */
static void check_display(const json *record)
{
    buf b = {0};
    display_entity(&b, json_get(record, "entity"));
    display_value(&b, record);
    display_value(&b, json_get(record, "name"));
    for (size_t i = 0; i < b.len; i++)
        require((unsigned char)b.data[i] >= ' ' && b.data[i] != 0x7f,
                "nothing controls a terminal");
    require(utf8_bad(b.data, b.len) == b.len, "what is shown is UTF-8");
    buf_free(&b);
}

static void removed(void *context, const char *path, const char *why)
{
    (void)context;
    require(path && *why, "what is removed has a place and a reason");
}

/* What is clean is what every store takes, and gives back as it is. */
static void check_clean(arena *a, json *record)
{
    json stored;
    error e = {0};
    sanitize_record(a, record, removed, NULL);
    if (json_depth(record) >= 99 || json_get(record, "_id"))
        return;
    require(bsonjson_canonical(a, record, &stored, &e), "a store takes what is clean");
    require_same(json_written(a, record), json_written(a, &stored), "it gives it back as it was");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new();
    json record;
    while (size) {
        if (!next_json(a, &data, &size, &record) || record.type != JSON_OBJECT)
            continue;
        record_type_of(&record);
        check_end(a, &record);
        check_checkpoint(a, &record);
        check_event(a, &record);
        check_document(a, &record);
        check_others(a, &record);
        check_display(&record);
        check_clean(a, &record);
    }
    arena_free(a);
    return 0;
}
