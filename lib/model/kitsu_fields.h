/* kitsu_fields.h - fields of Kitsu's records: which have a place of their own in `data`, and
 * what an entity's frames are (opkitsu(7), "Mapping"). */
#ifndef OPKITSU_MODEL_KITSU_FIELDS_H
#define OPKITSU_MODEL_KITSU_FIELDS_H

#include "json/json.h"

/* Whether a key of `data` is OpenPype's own or the suite's, and no custom field. */
bool kitsu_field_reserved(const char *key);
/* Why a custom field of this name gets no place of its own in `data`; NULL: it does, or
 * it is read as something else. Static. */
const char *kitsu_field_fault(const char *key);
/* Whether it gets one. */
bool kitsu_field_is_custom(const char *key);

typedef struct frame_range {
    int32_t start, end;
} frame_range;

/* What a record's frames are in OpenPype, over those of the project document. */
frame_range kitsu_field_frames(arena *a, const json *project, const json *record);

#endif
