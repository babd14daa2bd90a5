/* delete_limit.h - how many may be deleted at a time (--max-delete; opkitsu(7), "What
 * is deleted"). */
#ifndef OPKITSU_MODEL_DELETE_LIMIT_H
#define OPKITSU_MODEL_DELETE_LIMIT_H

#include "base/options.h"

#include <stdbool.h>
#include <stddef.h>

/* A zeroed one is the default: no more than 10, or no more than half. */
typedef struct delete_limit {
    bool given;   /* as an option, which goes instead of the default */
    bool percent; /* `limit` is */
    long limit;
} delete_limit;

/* --max-delete N|N%. */
option_def delete_limit_option(delete_limit *g, const char *help);
/* Whether so many of the live ones may be deleted. */
bool delete_limit_allows(const delete_limit *g, size_t n_deletions, size_t n_live);

#endif
