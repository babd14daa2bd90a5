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

static void remember_failed(tally *t, const change *c, const char *what)
{
    json pair = json_array();
    json_push(t->arena, &pair, json_copy(t->arena, c->entity));
    json_push(t->arena, &pair, json_string(t->arena, what));
    json_push(t->arena, &t->failed, pair);
}

void tally_add_result(tally *t, const change *c, result_status status, const char *what)
{
    if (status == RESULT_APPLIED || status == RESULT_PLANNED)
        count_written(t, c);
    t->conflicts += status == RESULT_CONFLICT;
    t->n_failed += status == RESULT_FAILED;
    if (status == RESULT_FAILED && c->entity)
        remember_failed(t, c, what);
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
        const json *pair = t->failed.items[i].items;
        json_push(t->arena, &records,
                  skipped_make(t->arena, pair[0], project_id, "store", pair[1].text));
    }
    return records;
}

const char *tally_skipped_project(const tally *t)
{
    for (uint32_t i = 0; i < t->skipped.len; i++) {
        skipped_record s;
        skipped_read(&t->skipped.items[i], &s);
        if (s.type && strcmp(s.type, "Project") == 0)
            return s.name;
    }
    return NULL;
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
