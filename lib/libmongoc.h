/* libmongoc.h - libmongoc's headers, for store_mongo.c and bsonjson.c.
 *
 * They are not clean under this project's warnings, and their <limits.h> must
 * be the system's, not the limits.h beside this file, which -Ilib puts first.
 * Include it as <libmongoc.h>, or #include_next can't tell the two apart. */
#ifndef OPKITSU_LIBMONGOC_H
#define OPKITSU_LIBMONGOC_H

#pragma GCC system_header
#include_next <limits.h>
#include <mongoc/mongoc.h>

#endif
