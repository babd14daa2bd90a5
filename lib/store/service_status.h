/* service_status.h - what a service reports of itself, beside the lease that it holds
 * (store/lease.h), in store/state.h's collection:
 *
 *     {_id:"service", type:"service", owner, term, host, pid, since,
 *      KEY, KEY_at, ...}
 *
 * The times are seconds since 1970 by the store's clock. Notes of the holder
 * before stay until there are others of their KEY. */
#ifndef OPKITSU_STORE_SERVICE_STATUS_H
#define OPKITSU_STORE_SERVICE_STATUS_H

#include "store/lease.h"

typedef struct service_status service_status;

/* Both are borrowed. */
service_status *service_status_new(store *s, lease *l);
void service_status_free(service_status *n); /* takes NULL */

/* Bytes of lines `KEY TEXT`: lower case letters, digits and `_`, a blank,
 * anything. Of several with one KEY the last counts. What is no such line is
 * reported and left out. */
void service_status_feed(service_status *n, const char *bytes, size_t len);
/* Seconds from now until service_status_store is to be called; negative: nothing is new.
 * However often lines come, the store is written once a second. */
double service_status_due(const service_status *n);
/* Once the lease is held: bring them into the store. False: the store failed,
 * or the lease is lost (status 75); they are still to be kept then. */
bool service_status_store(service_status *n, error *e);

#endif
