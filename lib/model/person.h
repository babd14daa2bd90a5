/* person.h - a person of Kitsu's as OpenPype's launcher knows one who works on a task
 * (tools/launcher/models.py reads `username`).
 *
 * E-mails are not among it: every artist reads this database, and Kitsu shows them to
 * administrators only. */
#ifndef OPKITSU_MODEL_PERSON_H
#define OPKITSU_MODEL_PERSON_H

#include "json/json.h"

/* A Person as an assignee, in `a`: `id`, `username` (Kitsu's desktop login, else the full
 * name), `fullname`; always texts. */
json person_assignee(arena *a, const json *record);
/* Whether the record tells the login, or that there is none: Kitsu shows a client none. */
bool person_tells_login(const json *record);

#endif
