/* folder_names.h - documents whose folders are one folder where case does not count.
 *
 * OpenPype makes folders of names, one in the other, and Windows and macOS do not tell
 * `Lamp` from `lamp`: work of both would lie in the same place (opkitsu(7), "What is
 * skipped"). */
#ifndef OPKITSU_MODEL_FOLDER_NAMES_H
#define OPKITSU_MODEL_FOLDER_NAMES_H

#include "model/naming.h"

/* Warn about each such name below the same parent, once naming_resolve is done; in a
 * stream of events only if one of the names is new. */
void folder_names_check(const production *p, const collection *c, const bool chosen[KINDS],
                        const root_place roots[ROOTS]);

#endif
