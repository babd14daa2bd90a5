/* mongo_watch.h - says on stderr that a MongoDB server does not answer: one that accepts
 * what it is sent, and then keeps silent, would look as if this program were stuck. For
 * store/mongo.c only. */
#ifndef OPKITSU_STORE_MONGO_WATCH_H
#define OPKITSU_STORE_MONGO_WATCH_H

#include "store/libmongoc.h"

typedef struct mongo_watch mongo_watch;

/* Watch each command of `client`, as long as both live. `name` (borrowed) is the store's;
 * after so many seconds libmongoc gives up. The caller owns the result. */
mongo_watch *mongo_watch_new(mongoc_client_t *client, const char *name, int seconds);
void mongo_watch_free(mongo_watch *w); /* takes NULL */

#endif
