/* messages.h - messages of the socket that wait to be written, for a role that may not
 * read Kitsu's log: then only they say what happened. */
#ifndef OPKITSU_LISTEN_MESSAGES_H
#define OPKITSU_LISTEN_MESSAGES_H

#include "base/buf.h"
#include "json/json.h"

#include <stdbool.h>

typedef struct messages { /* a zeroed struct holds none */
    buf lines;            /* owned: Event records */
    size_t n;
} messages;

/* Add the Event of a message. `projects`: an array of the ids that are listened to, or
 * null for all; a message of another project is dropped. `data` may be NULL. False:
 * there are more than fit into memory, and all were dropped: a full read has to make up
 * for them. */
bool messages_add(messages *m, const json *projects, const char *name, const json *data);
/* Write them all to stdout. */
void messages_write(messages *m);
void messages_free(messages *m);

#endif
