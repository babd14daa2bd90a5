#include "record/summary.h"

#include "record/record.h"

#include <math.h>

json summary_make(arena *a, const summary_record *s)
{
    json out = record_new(a, RECORD_SUMMARY);
    if (s->in_kitsu)
        json_add(a, &out, "to", json_string(a, "kitsu"));
    json_add(a, &out, "project", json_string(a, s->project));
    if (s->events)
        json_add(a, &out, "scope", json_string(a, "events"));
    if (s->planned)
        json_add(a, &out, "planned", json_bool(true));
    for (size_t i = 0; i < s->n_counts; i++)
        json_add(a, &out, s->counts[i].key, json_integer(a, (int64_t)s->counts[i].n));
    json_add(a, &out, "seconds", json_real(a, round(s->seconds * 100) / 100));
    return out;
}

void summary_read(const json *record, summary_record *s)
{
    *s = (summary_record){.project = json_text(json_get(record, "project")),
                          .in_kitsu = json_get(record, "to") != NULL,
                          .events = json_text_is(json_get(record, "scope"), "events"),
                          .planned = json_true(json_get(record, "planned"))};
    json_double(json_get(record, "seconds"), &s->seconds);
}

int64_t summary_count_of(const json *record, const char *key)
{
    int64_t n = 0;
    json_count(json_get(record, key), &n);
    return n;
}
