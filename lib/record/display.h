/* display.h - pieces of records as text for people.
 *
 * Names from Kitsu must not steer a terminal: what msg_unsafe finds is shown as
 * `?`. All append. */
#ifndef OPKITSU_RECORD_DISPLAY_H
#define OPKITSU_RECORD_DISPLAY_H

#include "json/json.h"

/* `text` is followed by a NUL, as all texts of json/json.h are. */
void show_clean(buf *b, const char *text, size_t len);
/* A text; where it is none, or empty, `otherwise`. */
void show_text(buf *b, const json *text, const char *otherwise);
/* `Shot "SH010"`: a record's `entity`. */
void show_entity(buf *b, const json *entity);
/* A value: an id bare, another object as `{...}`, all else as JSON, cut where
 * it is long; NULL: `nothing`. */
void show_value(buf *b, const json *v);

#endif
