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

typedef struct unlogged unlogged;

unlogged *unlogged_new(void);    /* the caller owns it */
void unlogged_free(unlogged *r); /* takes NULL */
/* Forget what is waited for: the socket is a new one. */
void unlogged_forget(unlogged *r);

/* A message. `data` may be NULL. False: it is of a kind that never comes. */
bool unlogged_add(unlogged *r, const char *name, const json *data);
/* An event of the log. */
void unlogged_remove(unlogged *r, const char *name, const json *data);
/* Seconds until the log should be read for those that have not come: 5, 10, 20,
 * … ms after each other, for two seconds; -1: there are none. */
double unlogged_due_in(unlogged *r);
/* Whether an event came lately that no message told of: the socket stands, but
 * Zou does not reach it, say. */
bool unlogged_socket_is_silent(const unlogged *r);
/* The log has been read. */
void unlogged_log_was_read(unlogged *r);

#endif
