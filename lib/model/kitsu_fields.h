/* kitsu_fields.h - fields of Kitsu's records: which have a place of their own in `data`, and
 * what an entity's frames, resolution and other numbers are (opkitsu(7), "Mapping"). Takes
 * NULL for a project document or a record. */
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

/* A number of a document: that of the custom field, else the project document's of the same
 * name, else a fixed one. */
typedef struct kitsu_number {
    const char *custom, *name; /* in Kitsu's `data`, in OpenPype's */
    bool is_ratio;             /* and a double in OpenPype; else an int32_t */
    double otherwise;
} kitsu_number;

#define KITSU_NUMBERS 6
extern const kitsu_number kitsu_numbers[KITSU_NUMBERS];

/* Read one as it is written in either `data`. */
bool kitsu_number_read(arena *a, const kitsu_number *f, const json *v, double *out);
/* What it is in OpenPype. */
double kitsu_number_of(arena *a, const kitsu_number *f, const json *project, const json *record);
/* As a document has it. */
json kitsu_number_json(arena *a, const kitsu_number *f, double x);

/* A resolution; a side that nobody gives is not known. */
typedef struct frame_size {
    int32_t width, height;
    bool has_width, has_height;
} frame_size;

/* What a record's resolution is in OpenPype, over that of the project document. */
frame_size kitsu_field_size(arena *a, const json *project, const json *record);

#endif
