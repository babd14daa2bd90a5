/* lookup.h - finds things by their names, of which the first of each counts. A few are looked
 * at one by one, many are in a hash table: what comes from a server may have a hundred
 * thousand of anything. */
#ifndef OPKITSU_BASE_LOOKUP_H
#define OPKITSU_BASE_LOOKUP_H

#include <stddef.h>

typedef struct lookup_entry lookup_entry;

/* All zero: empty. Names and things are borrowed. */
typedef struct lookup {
    struct {
        const char *name;
        void *thing;
    } few[16];
    size_t n;            /* names */
    lookup_entry *table; /* owned: those that are too many for `few` */
} lookup;

void lookup_free(lookup *l); /* it is empty then */
/* Add a thing, unless another has the name: returns the one that has it now. */
void *lookup_add(lookup *l, const char *name, const void *thing);
/* NULL: none has it, or the name is NULL. */
void *lookup_find(const lookup *l, const char *name);

#endif
