/* idset.h - a set of ids, at 16 bytes each. */
#ifndef OPKITSU_BASE_IDSET_H
#define OPKITSU_BASE_IDSET_H

#include <stdbool.h>
#include <stddef.h>

typedef struct idset idset;

idset *idset_new(void);    /* the caller owns it */
void idset_free(idset *s); /* takes NULL */
/* Empty it, but keep the memory. */
void idset_clear(idset *s);
/* Add a text: a UUID by its value, anything else by its hash. False: it was
 * in the set already. */
bool idset_add(idset *s, const char *id, size_t len);
/* How many it has. */
size_t idset_len(const idset *s);
bool idset_has(const idset *s, const char *id, size_t len);
/* The same of a text that ends with a NUL; NULL is never in it. */
bool idset_add_text(idset *s, const char *id);
bool idset_has_text(const idset *s, const char *id);

#endif
