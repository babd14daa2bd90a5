#include "apply/tally.h"

#include "base/clock.h"
#include "record/skipped.h"
#include "record/summary.h"

#include <string.h>

void tally_reset(tally *t)
{
    arena *a = t->arena ? t->arena : arena_new();
    arena_reset(a);
    *t = (tally){
        .arena = a, .skipped = json_array(), .failed = json_array(), .started = clock_now()};
}

void tally_free(tally *t)
{
    arena_free(t->arena);
    *t = (tally){0};
}

void tally_start(tally *t)
{
    if (t->started == 0)
        t->started = clock_now();
}

/* ---- counting ------------------------------------------------------------- */

static void count_written(tally *t, const change *c)
{
    switch (c->op) {
    case CHANGE_INSERT: t->inserted++; break;
    case CHANGE_UPDATE: *(change_archives(c) ? &t->archived : &t->updated) += 1; break;
    case CHANGE_DELETE: t->deleted++; break;
    case CHANGE_DROP: break;
    }
}

/* What the entity lies below in Kitsu, as the document is to have it, or has it. */
static const char *parent_of(const change *c, const json *document)
{
    const json *zou = json_at(c->op == CHANGE_INSERT ? c->after : document, "data", "zou", NULL);
    for (size_t i = 0; i < c->n_fields; i++)
        if (strcmp(c->fields[i].path, "data.zou") == 0)
            zou = c->fields[i].value;
    const char *type_id = json_text(json_get(zou, "entity_type_id"));
    return json_text_is(json_get(zou, "type"), "Asset") ? type_id
                                                        : json_text(json_get(zou, "parent_id"));
}

static void remember_failed(tally *t, const change *c, const json *document, const char *what)
{
    const char *parent_id = parent_of(c, document);
    json record = skipped_make(t->arena, json_copy(t->arena, c->entity), "", "store", what);
    if (parent_id)
        json_add(t->arena, &record, "parent_id", json_string(t->arena, parent_id));
    json_push(t->arena, &t->failed, record);
}

void tally_add_result(tally *t, const change *c, const json *document, result_status status,
                      const char *what)
{
    if (status == RESULT_APPLIED || status == RESULT_PLANNED)
        count_written(t, c);
    t->conflicts += status == RESULT_CONFLICT;
    t->n_failed += status == RESULT_FAILED;
    if (status == RESULT_FAILED && c->entity)
        remember_failed(t, c, document, what);
    if (c->op == CHANGE_DROP && (status == RESULT_APPLIED || status == RESULT_UNCHANGED))
        t->dropped = true;
}

void tally_add_skipped(tally *t, const json *record)
{
    t->n_skipped++;
    json_push(t->arena, &t->skipped, json_copy(t->arena, record));
}

/* ---- the end --------------------------------------------------------------- */

json tally_skipped_of(tally *t, const char *project_id)
{
    json records = json_array();
    for (uint32_t i = 0; i < t->skipped.len; i++)
        if (json_text_is(json_get(&t->skipped.items[i], "project_id"), project_id))
            json_push(t->arena, &records, t->skipped.items[i]);
    for (uint32_t i = 0; i < t->failed.len; i++) {
        json record = json_copy_shallow(t->arena, &t->failed.items[i]);
        json_set(t->arena, &record, "project_id", json_string(t->arena, project_id));
        json_push(t->arena, &records, record);
    }
    return records;
}

json tally_summary(const tally *t, const char *project, bool full, bool dry)
{
    const summary_count counts[] = {{"inserted", t->inserted},  {"updated", t->updated},
                                    {"deleted", t->deleted},    {"archived", t->archived},
                                    {"skipped", t->n_skipped},  {"failed", t->n_failed},
                                    {"conflicts", t->conflicts}};
    return summary_make(t->arena, &(summary_record){.project = project,
                                                    .events = !full,
                                                    .planned = dry,
                                                    .counts = counts,
                                                    .n_counts = sizeof counts / sizeof *counts,
                                                    .seconds = clock_now() - t->started});
}
