/* id.h - the ids of Kitsu's objects. */
#ifndef OPKITSU_ZOU_ID_H
#define OPKITSU_ZOU_ID_H

#include <stdbool.h>

/* Whether a text is such an id, a UUID: Kitsu is asked for no other. NULL: no. */
bool zou_is_id(const char *text);

#endif
