#include "diff/changes.h"

#include "base/limits.h"
#include "base/msg.h"
#include "base/output.h"
#include "record/ndjson.h"
#include "record/skipped.h"

static void report_skipped(arena *a, const skipped_record *r)
{
    const char *below =
        r->below ? arena_printf(a, " (and %lld below it)", (long long)r->below) : "";
    msg_warn("%s \"%s\" (%s) is skipped%s: %s", r->type, skipped_place(a, r), r->id, below,
             r->reason);
}

void changes_write_skipped(change_output *o, arena *a, json skipped)
{
    skipped_record r;
    skipped_read(&skipped, &r);
    if (!o->no_skipped && !r.with)
        report_skipped(a, &r);
    ndjson_write(&skipped);
    o->n_skipped++;
}

bool changes_try(change_output *o, arena *a, json change, change_obstacle *why)
{
    static buf line; /* kept for the next call, for good */
    unsigned depth = json_depth(&change);
    if (depth > MAX_DEPTH) {
        *why = (change_obstacle){
            "depth",
            arena_printf(a, "its change is nested %u levels deep, a line %d", depth, MAX_DEPTH)};
        return false;
    }
    buf_clear(&line);
    json_write(&line, &change);
    buf_addc(&line, '\n');
    if (line.len > MAX_LINE) {
        *why =
            (change_obstacle){"size", arena_printf(a, "its change takes %zu MiB, a line holds %zu",
                                                   line.len >> 20, MAX_LINE >> 20)};
        return false;
    }
    output_write(line.data, line.len);
    o->n_changes++;
    return true;
}

void changes_write(change_output *o, arena *a, const char *project_id, json change)
{
    change_obstacle why;
    if (changes_try(o, a, change, &why))
        return;
    const json *entity = json_get(&change, "entity");
    changes_write_skipped(
        o, a, skipped_make(a, entity ? *entity : json_null(), project_id, why.code, why.reason));
}
