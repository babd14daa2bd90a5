/* explain.h - the decision in a Comment record, in words. */
#ifndef OPKITSU_PUBLISH_EXPLAIN_H
#define OPKITSU_PUBLISH_EXPLAIN_H

#include "json/json.h"

/* All append, without a newline. */

/* Whether the task's status changes. */
void explain_outcome(buf *b, const json *comment);
/* One of its `reasons`: the condition, what it saw, whether it is met. */
void explain_reason(buf *b, const json *reason);
/* The comment: its text, cut if it is long, and the number of previews. */
void explain_text(buf *b, const json *comment);

#endif
