/* unlogged.h - which messages of the socket the log has not shown yet.
 *
 * Zou sends an event to the socket before it stores it, so the log, read at once, may
 * not have it. A message and an event are the same if their names and data are. Some
 * are never stored (persist=False in zou/app/utils/events.py) or are not for this user:
 * kinds that never appear in the log are not waited for twice. A kind is a name and a
 * project. */
#ifndef OPKITSU_LISTEN_UNLOGGED_H
#define OPKITSU_LISTEN_UNLOGGED_H

#include "json/json.h"

typedef struct unlogged unlogged;

unlogged *unlogged_new(void);    /* the caller owns it */
void unlogged_free(unlogged *u); /* takes NULL */
/* Forget the messages: the socket is a new one. */
void unlogged_forget(unlogged *u);

/* A message came. `data` may be NULL. False: it is of a kind that is never logged. */
bool unlogged_add(unlogged *u, const char *name, const json *data);
/* The log has this event. */
void unlogged_remove(unlogged *u, const char *name, const json *data);
/* Seconds until the log should be read for the messages that it has not shown: 5, 10,
 * 20, … ms after each other, for two seconds; -1: there are none. */
double unlogged_due_in(unlogged *u);
/* Whether the log lately had an event without a message: the connection is open, but
 * Zou does not reach it, say. */
bool unlogged_socket_is_silent(const unlogged *u);
/* The log has been read. */
void unlogged_log_was_read(unlogged *u);

#endif
