/* change_text.h - a Change record (opkitsu-records(5)) as text: what it does to a
 * document, and each field before and after. */
#ifndef OPKITSU_REPORT_CHANGE_TEXT_H
#define OPKITSU_REPORT_CHANGE_TEXT_H

#include "json/json.h"

typedef enum change_verb {
    CHANGE_CREATE,
    CHANGE_UPDATE,
    CHANGE_ARCHIVE, /* an update that makes an asset an archived one */
    CHANGE_DELETE,
    CHANGE_DROP,
    CHANGE_VERBS
} change_verb;

/* `create`, …; static. */
const char *change_verb_name(change_verb verb);
change_verb change_verb_of(const json *change);

/* Print a line on the change, then one for each field that it updates or removes. */
void change_print(const json *change);

#endif
