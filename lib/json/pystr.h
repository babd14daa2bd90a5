/* pystr.h - a JSON value as Python's str() writes what json.loads makes of it:
 * OpenPype puts values into comments so. */
#ifndef OPKITSU_JSON_PYSTR_H
#define OPKITSU_JSON_PYSTR_H

#include "json/json.h"

/* Append it. A text is as it is; within a list or an object it is quoted. Of
 * characters that can't be printed only ASCII's and C1's are escaped there. */
void pystr(buf *b, const json *v);

#endif
