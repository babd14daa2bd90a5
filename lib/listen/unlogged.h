/* unlogged.h - which messages of the doorbell the log has not shown yet.
 *
 * Zou sends an event to the socket before it stores it, so the log, read at
 * once, may not have it. A message and an event are the same when name and data
 * are. Some are never stored (persist=False in zou/app/utils/events.py) or are
 * not for this user: kinds that were waited for in vain, and have never come,
 * are not waited for again. A kind is a name and a project. */
#ifndef OPKITSU_LISTEN_UNLOGGED_H
#define OPKITSU_LISTEN_UNLOGGED_H

#include "json/json.h"

typedef struct rings rings;

rings *rings_new(void);    /* the caller owns it */
void rings_free(rings *r); /* takes NULL */
/* Forget what is waited for: the socket is a new one. */
void rings_forget(rings *r);

/* A message. `data` may be NULL. False: it is of a kind that never comes. */
bool rings_add(rings *r, const char *name, const json *data);
/* An event of the log. */
void rings_came(rings *r, const char *name, const json *data);
/* Seconds until the log should be read for those that have not come: 5, 10, 20,
 * … ms after each other, for two seconds; -1: there are none. */
double rings_due_in(rings *r);
/* Whether an event came lately that no message told of: the socket stands, but
 * Zou does not reach it, say. */
bool rings_are_deaf(const rings *r);
/* The log has been read. */
void rings_read(rings *r);

#endif
