/* id.h - the ids of Kitsu's objects. */
#ifndef OPKITSU_ZOU_ID_H
#define OPKITSU_ZOU_ID_H

#include <stdbool.h>

/* Whether a text is such an id, a UUID: Kitsu is asked for no other. NULL: no. */
bool zou_is_id(const char *text);
/* Whether it is short enough to be kept (MAX_ID, base/limits.h), whatever it looks like: what
 * comes from a server is not believed to be a UUID. NULL: no. */
bool zou_id_fits(const char *id);

#endif
