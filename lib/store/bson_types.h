/* bson_types.h - the types of Extended JSON, {"$date":…} and the like, to BSON. For
 * store/bson.c only. */
#ifndef OPKITSU_STORE_BSON_TYPES_H
#define OPKITSU_STORE_BSON_TYPES_H

#include "json/json.h"
#include "store/libmongoc.h"

/* The value of the only member of an object, if that is `key`; NULL: it is not. */
const json *bson_type_value(const json *object, const char *key);
/* Append an object that is such a type; `*appended`: libbson had room for it. False
 * when it is none of them. MongoDB's deprecated types (symbol, code with scope,
 * DBPointer) can be read, but not written. */
bool bson_type_append(bson_t *b, const char *key, const json *object, bool *appended);

#endif
