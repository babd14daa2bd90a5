/* summary.h - what was done for one project, in numbers (opkitsu-records(5),
 * "Results"). */
#ifndef OPKITSU_RECORD_SUMMARY_H
#define OPKITSU_RECORD_SUMMARY_H

#include "json/json.h"

typedef struct summary_count {
    const char *key; /* `inserted`, …; borrowed */
    unsigned long n;
} summary_count;

/* All borrowed. */
typedef struct summary_record {
    const char *project;
    bool in_kitsu; /* zou-push's */
    bool events;   /* of a batch of events */
    bool planned;  /* nothing was written */
    const summary_count *counts;
    size_t n_counts;
    double seconds; /* written with two decimals at most */
} summary_record;

json summary_make(arena *a, const summary_record *s);
/* Read it, but for its counts: `counts` is NULL. */
void summary_read(const json *record, summary_record *s);
/* One of its counts; 0: absent, or no count. */
int64_t summary_count_of(const json *record, const char *key);

#endif
