/* utf8.h - text as UTF-8. */
#ifndef OPKITSU_BASE_UTF8_H
#define OPKITSU_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The offset of the first byte that is not of UTF-8, or `len`. Overlong forms,
 * surrogates and what lies beyond U+10FFFF are not: no database takes them, but
 * yajl does. */
size_t utf8_bad(const char *text, size_t len);
/* Whether all of a text is UTF-8. */
bool utf8_is_whole(const char *text);
/* How many code points a text of UTF-8 has, as PostgreSQL counts them. */
size_t utf8_characters(const char *text, size_t len);
/* Whether what lies behind that offset is a character without its end. */
bool utf8_is_cut(const char *rest, size_t len);

#endif
