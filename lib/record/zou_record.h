/* zou_record.h - Zou's objects as records of a stream (opkitsu-records(5)). */
#ifndef OPKITSU_RECORD_ZOU_RECORD_H
#define OPKITSU_RECORD_ZOU_RECORD_H

#include "json/json.h"

/* Write one of Zou's objects to stdout, as it came, on one line. Its `type` is
 * set to `type`; the members of `added` (an object, or NULL) go before its own
 * of other names. One over MAX_RECORD or MAX_RECORD_DEPTH becomes a `Skipped`,
 * with a message: then false is returned. stdio keeps output errors. */
bool zou_record_write(const char *type, const char *project_id, const json_element *element,
                      const json *added);
/* The same of an object that is a tree already. */
bool zou_record_write_tree(const char *type, const char *project_id, const json *object,
                           const json *added);

#endif
