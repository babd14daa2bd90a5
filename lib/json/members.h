/* members.h - the members of an object, and how they are found: of many by a table, as what
 * comes from servers may have a hundred thousand. Within json/. */
#ifndef OPKITSU_JSON_MEMBERS_H
#define OPKITSU_JSON_MEMBERS_H

#include "json/json.h"

/* Memory for `held` members. */
json_member *members_room(arena *a, size_t held);
/* Of an object whose members lie in such memory: they are others now. Their keys are interned. */
void members_index(const json *object);
/* The same, where it is only the last one that is new. */
void members_added(const json *object);
/* The one of this key, which need not end with a NUL; NULL: none, or no object. */
json_member *members_find(const json *object, const char *key, size_t len);

#endif
