/* owner.h - the name of a running program, by which it has a lease or a claim. */
#ifndef OPKITSU_STORE_OWNER_H
#define OPKITSU_STORE_OWNER_H

#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>

/* HOST-PID-NOISE into `name` (`size` bytes, MAX_OWNER are enough): letters, digits, `.`,
 * `-` and `_`. No two calls give the same. */
void owner_name(char *name, size_t size);
/* Whether such a name can have this character. */
bool owner_has(char c);

#endif
