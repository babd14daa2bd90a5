/* event_head.h - where Kitsu's log of events ends now. */
#ifndef OPKITSU_ZOU_EVENT_HEAD_H
#define OPKITSU_ZOU_EVENT_HEAD_H

#include "zou/event_position.h"
#include "zou/zou.h"

/* The position of the log's end, in `a`. Of an empty log: the server's time. Without
 * the permission to read it ZOU_OK, null and no ids. */
zou_result event_head_read(zou *z, arena *a, event_position *out, error *e);

#endif
