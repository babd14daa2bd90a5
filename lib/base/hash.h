/* hash.h - uthash's hash tables, whose memory is xmalloc's: by themselves they end the program
 * without a word when it is out. */
#ifndef OPKITSU_BASE_HASH_H
#define OPKITSU_BASE_HASH_H

#include "base/mem.h"

#define uthash_malloc xmalloc

#include <uthash.h>

#endif
