/* display.h - pieces of records as text for people.
 *
 * Names from Kitsu must not control a terminal: what msg_character calls unsafe is shown as `?`.
 * All functions append. */
#ifndef OPKITSU_RECORD_DISPLAY_H
#define OPKITSU_RECORD_DISPLAY_H

#include "json/json.h"

/* `text` is followed by a NUL, as all texts of json/json.h are. */
void display_sanitized(buf *b, const char *text, size_t len);
/* A text; `otherwise` if it is empty or no text. */
void display_text(buf *b, const json *text, const char *otherwise);
/* `E01/SQ01/SH010`: where a record's `entity` is; its name alone where no path is given. */
void display_place(buf *b, const json *entity);
/* `Shot "E01/SQ01/SH010"`. */
void display_entity(buf *b, const json *entity);
/* A value: an id bare, another object as `{...}`, anything else as JSON, shortened if
 * it is long; NULL: `nothing`. */
void display_value(buf *b, const json *v);

#endif
