/* delete_limit.h - how many may be deleted at a time (--max-delete; opkitsu(7), "What
 * becomes of what"). */
#ifndef OPKITSU_MODEL_DELETE_LIMIT_H
#define OPKITSU_MODEL_DELETE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

/* A zeroed one is the default: no more than 10, or no more than half. */
typedef struct delete_limit {
    bool given;   /* as an option, which goes instead of the default */
    bool percent; /* `limit` is */
    long limit;
} delete_limit;

/* Take the option's text, `N` or `N%`; another one is a usage error. */
void delete_limit_option(delete_limit *g, const char *text);
/* Whether so many of those that are there may go. */
bool delete_limit_allows(const delete_limit *g, size_t going, size_t there);

#endif
