/* place.h - where something is in Kitsu, as a person would say it: `E02/SQ01/SH 020`,
 * `Props/Cup`. */
#ifndef OPKITSU_MODEL_PLACE_H
#define OPKITSU_MODEL_PLACE_H

#include "model/production.h"

/* The entity's name below those of its parents, in `a`. */
const char *place_name(arena *a, const entity *e);

#endif
