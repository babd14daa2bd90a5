/* state_write.h - writing the documents of the suite's own state (store/state*.h). */
#ifndef OPKITSU_STORE_STATE_WRITE_H
#define OPKITSU_STORE_STATE_WRITE_H

#include "store/store.h"

/* As store_write_all, but a document that is refused is an error. `*missed`: another program
 * was faster with one. */
bool state_write_all(store *s, store_ns ns, store_write *writes, size_t n, arena *a, bool *missed,
                     error *e);
/* The error of that, where it is one: false, `*e`. */
bool state_missed(store *s, error *e);

#endif
