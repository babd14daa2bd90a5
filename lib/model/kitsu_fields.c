#include "model/kitsu_fields.h"

#include "json/numbers.h"

#include <string.h>

/* Custom fields of these names would overwrite OpenPype's own or the suite's. */
bool kitsu_field_reserved(const char *key)
{
    static const char *const names[] = {
        "zou",         "frameStart",   "frameEnd",     "resolutionWidth", "resolutionHeight",
        "pixelAspect", "handleStart",  "handleEnd",    "clipIn",          "clipOut",
        "tasks",       "parents",      "visualParent", "root_of",         "parent_substitutes",
        "keep_name",   "thumbnail_id", "inputLinks",   "tools_env",       "active",
        "zou_id",      "entityType",   "fps",          "label",           "description",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], key) == 0)
            return true;
    return false;
}

/* A field of Kitsu's that is read as something else. */
static bool is_read(const char *key)
{
    return strcmp(key, "frame_in") == 0 || strcmp(key, "frame_out") == 0 || strcmp(key, "fps") == 0;
}

/* A key with a dot MongoDB would take for a path. */
const char *kitsu_field_fault(const char *key)
{
    if (is_read(key))
        return NULL;
    if (!*key)
        return "it has no name";
    if (strchr(key, '.'))
        return "its name has a dot";
    return kitsu_field_reserved(key) ? "the name is OpenPype's own" : NULL;
}

bool kitsu_field_is_custom(const char *key)
{
    return !is_read(key) && !kitsu_field_fault(key);
}

/* Without frames of its own: the project's last frame, unless the first is behind it. */
static int32_t last_of_project(arena *a, const json *project, int32_t start)
{
    int32_t n;
    return number_int32(a, json_at(project, "data", "frameEnd", NULL), &n) && n > start ? n : start;
}

frame_range kitsu_field_frames(arena *a, const json *project, const json *record)
{
    frame_range r = {.start = 1001};
    const json *own = json_get(record, "data"), *theirs = json_get(project, "data");
    int32_t n;
    if (!number_int32(a, json_get(own, "frame_in"), &r.start))
        number_int32(a, json_get(theirs, "frameStart"), &r.start);
    if (number_int32(a, json_get(own, "frame_out"), &n) && n != 0)
        r.end = n;
    else if (number_int32(a, json_get(record, "nb_frames"), &n) && n > 0 &&
             (int64_t)r.start + n - 1 <= INT32_MAX)
        r.end = (int32_t)((int64_t)r.start + n - 1);
    else if (json_text_is(json_get(record, "type"), "AssetType"))
        r.end = r.start; /* as OpenPype gives it, which counts one frame */
    else
        r.end = last_of_project(a, project, r.start);
    return r;
}

const kitsu_number kitsu_numbers[KITSU_NUMBERS] = {
    {"fps", "fps", true, 25.0},
    {"pixel_aspect", "pixelAspect", true, 1.0},
    {"handle_start", "handleStart", false, 0},
    {"handle_end", "handleEnd", false, 0},
    {"clip_in", "clipIn", false, 1},
    {"clip_out", "clipOut", false, 1},
};

bool kitsu_number_read(arena *a, const kitsu_number *f, const json *v, double *out)
{
    int32_t n;
    if (f->is_ratio)
        return number_ratio(a, v, out);
    if (!number_int32(a, v, &n))
        return false;
    *out = n;
    return true;
}

double kitsu_number_of(arena *a, const kitsu_number *f, const json *project, const json *record)
{
    double x;
    if (kitsu_number_read(a, f, json_at(record, "data", f->custom, NULL), &x) ||
        kitsu_number_read(a, f, json_at(project, "data", f->name, NULL), &x))
        return x;
    return f->otherwise;
}

json kitsu_number_json(arena *a, const kitsu_number *f, double x)
{
    return f->is_ratio ? json_real(a, x) : json_integer(a, (int64_t)x);
}

frame_size kitsu_field_size(arena *a, const json *project, const json *record)
{
    frame_size s = {0};
    const json *theirs = json_get(project, "data");
    if (number_resolution(a, json_at(record, "data", "resolution", NULL), &s.width, &s.height)) {
        s.has_width = s.has_height = true;
        return s;
    }
    s.has_width = number_int32(a, json_get(theirs, "resolutionWidth"), &s.width);
    s.has_height = number_int32(a, json_get(theirs, "resolutionHeight"), &s.height);
    return s;
}
