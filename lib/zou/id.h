/* id.h - Kitsu's ids. */
#ifndef OPKITSU_ZOU_ID_H
#define OPKITSU_ZOU_ID_H

#include <stdbool.h>

/* Whether a text is an id of Kitsu's, a UUID: no other text is asked for. NULL is
 * none. */
bool zou_is_id(const char *text);

#endif
