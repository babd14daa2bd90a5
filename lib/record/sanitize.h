/* sanitize.h - text from Kitsu is data, never a type (opkitsu-records(5),
 * "Changes").
 *
 * In place, at any depth: removes keys that begin with `$`, and the nearest key above
 * an integer beyond int64_t or a number that is not finite. Rewrites the other numbers
 * as the stores write them (`-0` as 0, `2.50` as 2.5), so that both stores hold the
 * same. `report` gets each key that is removed. */
#ifndef OPKITSU_RECORD_SANITIZE_H
#define OPKITSU_RECORD_SANITIZE_H

#include "json/json.h"

/* `path`: the key, dotted from the record (borrowed); `why`: plain words. */
typedef void sanitize_report(void *context, const char *path, const char *why);

/* `record` is an object that json_parse made in `a`. */
void sanitize_record(arena *a, json *record, sanitize_report *report, void *context);

#endif
