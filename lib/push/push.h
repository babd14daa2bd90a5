/* push.h - OpenPype to Kitsu: make in Kitsu what a project has in OpenPype and Kitsu
 * lacks (opkitsu(7), "What push-to-zou does"). Records of what was done, and the
 * links for op-apply, are written to stdout as they arise. */
#ifndef OPKITSU_PUSH_PUSH_H
#define OPKITSU_PUSH_PUSH_H

#include "model/collection.h"
#include "push/context.h"

typedef enum push_outcome {
    PUSH_WHOLE,
    PUSH_PARTIAL, /* something was skipped or failed, which has been reported */
    PUSH_STOP     /* nothing more will work: `*e` */
} push_outcome;

/* Push one project: `c` has all its documents. The plan lives in `a`. */
push_outcome push_project(push_context *x, const collection *c, arena *a, error *e);

#endif
