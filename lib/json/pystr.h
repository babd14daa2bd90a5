/* pystr.h - a JSON value as Python's str() writes it after json.loads: OpenPype puts
 * values into comments that way. */
#ifndef OPKITSU_JSON_PYSTR_H
#define OPKITSU_JSON_PYSTR_H

#include "json/json.h"

/* Append it. A text is appended as it is; in a list or an object it is quoted, with
 * the unprintable characters of ASCII and C1 escaped. */
void pystr(buf *b, const json *v);

#endif
