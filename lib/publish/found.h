/* found.h - the outcome of a search in Kitsu for what a publish belongs to. */
#ifndef OPKITSU_PUBLISH_FOUND_H
#define OPKITSU_PUBLISH_FOUND_H

#include "zou/zou.h"

typedef enum publish_found {
    PUBLISH_FOUND,
    PUBLISH_NOT_FOUND, /* none, or more than one: the caller's `*e` says which and where */
    PUBLISH_LOST       /* nothing more will work: the caller's `*e` */
} publish_found;

/* The outcome of one request: a refusal (403, 404, …) concerns this search alone. */
publish_found publish_found_of(zou_result result);

#endif
