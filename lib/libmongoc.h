/* libmongoc.h - libmongoc's headers, which are not clean under this project's
 * warnings. For store_mongo.c and bsonjson.c only. */
#ifndef OPKITSU_LIBMONGOC_H
#define OPKITSU_LIBMONGOC_H

#pragma GCC system_header
#include <mongoc/mongoc.h>

#endif
