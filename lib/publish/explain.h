/* explain.h - the decision in a Comment record, in plain words for people. */
#ifndef OPKITSU_PUBLISH_EXPLAIN_H
#define OPKITSU_PUBLISH_EXPLAIN_H

#include "json/json.h"

/* All append, without a line's end. What becomes of the task's status: */
void explain_outcome(buf *b, const json *comment);
/* One of its `reasons`: the condition, what it saw, whether it is met. */
void explain_reason(buf *b, const json *reason);
/* The comment itself: its text, cut where it is long, and how many previews. */
void explain_text(buf *b, const json *comment);

#endif
