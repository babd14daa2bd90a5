/* plan.h - what Kitsu lacks of an OpenPype project (opkitsu(7), "What push-to-zou does").
 * Knows neither HTTP nor a database: documents and what Kitsu has in, a plan
 * (push/items.h) out. */
#ifndef OPKITSU_PUSH_PLAN_H
#define OPKITSU_PUSH_PLAN_H

#include "push/items.h"

/* Make the plan. All arguments are borrowed for as long as it lives; `kitsu` has been read;
 * `base`: see push_plan, null if it is not known. push_plan_free frees it; the rest goes with
 * the arena. */
void push_plan_make(push_plan *p, arena *a, const collection *c, push_kitsu *kitsu,
                    const push_naming *naming, const json *base);
void push_plan_free(push_plan *p);

#endif
