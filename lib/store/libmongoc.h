/* libmongoc.h - libmongoc's headers, which are not clean under this project's
 * warnings. For store/mongo*.c and store/bson*.c only. */
#ifndef OPKITSU_STORE_LIBMONGOC_H
#define OPKITSU_STORE_LIBMONGOC_H

#pragma GCC system_header
#include <mongoc/mongoc.h>

#endif
