/* project_answer.h - what a batch of events affects in one project, written from
 * its Project to its End. */
#ifndef OPKITSU_FETCH_PROJECT_ANSWER_H
#define OPKITSU_FETCH_PROJECT_ANSWER_H

#include "fetch/event_batch.h"

/* Write it, unless no -P names the project; `p->answered` is then set. What
 * cannot be read is reported, and the project abandoned. False: nothing can be
 * read any longer; `*e`, or stdout's error, says why. */
bool project_answer_write(event_batch *b, affected_project *p);

#endif
