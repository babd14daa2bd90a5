#include "push/project_fields.h"

#include "base/msg.h"
#include "base/utf8.h"
#include "json/numbers.h"
#include "model/kitsu_fields.h"
#include "model/mapping.h"
#include "record/record.h"
#include "record/skipped.h"

#include <string.h>

/* ---- code, fps and resolution -------------------------------------------------- */

static const char *const keys[] = {"code", "fps", "resolution"};
#define KEYS (sizeof keys / sizeof *keys)

/* What Zou takes of them. With another value all of a request is refused, each time. */
#define MAX_CODE 80   /* characters: its column, models/project.py */
#define MAX_FPS  10   /* characters: likewise */
#define MIN_SIDE 100  /* pixels of a resolution: its validate_resolution */
#define MAX_SIDE 9999 /* pixels: likewise */

static json size_text(arena *a, int32_t width, int32_t height)
{
    return json_string(a, arena_printf(a, "%dx%d", (int)width, (int)height));
}

/* A value of Kitsu's, in the one way in which equal ones are written; null: none. */
static json as_written(arena *a, const char *key, const json *v)
{
    double fps;
    int32_t width, height;
    if (strcmp(key, "fps") == 0)
        return number_ratio(a, v, &fps) ? number_text(a, fps) : json_null();
    if (strcmp(key, "resolution") == 0)
        return number_resolution(a, v, &width, &height) ? size_text(a, width, height) : json_null();
    return json_text(v) && v->len ? *v : json_null();
}

/* The same of the document. */
static json ours_of(const push_plan *p, const char *key)
{
    arena *a = p->arena;
    const json *data = json_get(&p->c->project, "data");
    double fps;
    int32_t width, height;
    if (strcmp(key, "fps") == 0)
        return number_real(a, json_get(data, key), &fps) && fps > 0 ? number_text(a, fps)
                                                                    : json_null();
    if (strcmp(key, "resolution") == 0)
        return number_int32(a, json_get(data, "resolutionWidth"), &width) && width > 0 &&
                       number_int32(a, json_get(data, "resolutionHeight"), &height) && height > 0
                   ? size_text(a, width, height)
                   : json_null();
    return as_written(a, key, json_get(data, key));
}

/* PostgreSQL has no NUL in a text. */
static bool has_nul(const json *text)
{
    return strlen(text->text) != text->len;
}

static bool is_side(int32_t pixels)
{
    return pixels >= MIN_SIDE && pixels <= MAX_SIDE;
}

/* Whether Kitsu takes a value of ours, and gives it back as what it is. */
static bool is_storable(arena *a, const char *key, const json *ours)
{
    json back = as_written(a, key, ours);
    int32_t width, height;
    if (strcmp(key, "resolution") == 0)
        return number_resolution(a, ours, &width, &height) && is_side(width) && is_side(height);
    return utf8_characters(ours->text, ours->len) <=
               (strcmp(key, "fps") == 0 ? MAX_FPS : MAX_CODE) &&
           !has_nul(ours) && json_equal(&back, ours, NULL);
}

static void note(push_plan *p, const char *code, const char *why)
{
    arena *a = p->arena;
    const production *kitsu = p->kitsu->production;
    json_push(
        a, &p->skipped,
        skipped_make(a, record_entity(a, "Project", kitsu->id, kitsu->name), kitsu->id, code, why));
}

static void note_kept(push_plan *p, const char *key, const json *ours, const json *theirs,
                      bool has_base)
{
    arena *a = p->arena;
    const char *why =
        has_base ? arena_printf(a,
                                "its %s was changed on both sides: %s in OpenPype, %s in Kitsu, "
                                "which is kept",
                                key, ours->text, json_is_null(theirs) ? "none" : theirs->text)
                 : arena_printf(a,
                                "its %s is %s in OpenPype and %s in Kitsu, which is kept: it was "
                                "never synchronised, so it is not known which is newer",
                                key, ours->text, theirs->text);
    note(p, "conflict", why);
}

/* `is_known`: there is a base, though perhaps not of this value. What Kitsu lacks and no
 * synchronisation has met is given to it. */
static void plan_value(push_plan *p, const char *key, bool is_known)
{
    arena *a = p->arena;
    const production *kitsu = p->kitsu->production;
    json now = mapping_project_base(a, kitsu);
    json given = as_written(a, key, json_get(&kitsu->project, key));
    json theirs = as_written(a, key, json_get(&now, key)), ours = ours_of(p, key);
    json base = as_written(a, key, json_get(&p->base, key));
    bool has_base = !json_is_null(&base);
    if (json_is_null(&ours) || json_equal(&ours, &base, NULL))
        return;
    bool is_ours = is_known ? has_base && json_equal(&theirs, &base, NULL) : json_is_null(&given);
    if (json_equal(&ours, &theirs, NULL))
        json_set(a, &p->next_base, key, theirs);
    else if (is_ours && is_storable(a, key, &ours))
        json_set(a, &p->project_fields, key, ours);
    else if (is_ours)
        note(p, "frames", arena_printf(a, "Kitsu cannot store its %s, %s", key, ours.text));
    else if (has_base || !json_is_null(&theirs))
        note_kept(p, key, &ours, &theirs, has_base);
}

void push_project_fields_done(push_plan *p)
{
    for (size_t i = 0; i < KEYS; i++) {
        const json *written = json_get(&p->project_fields, keys[i]);
        if (written)
            json_set(p->arena, &p->next_base, keys[i], *written);
    }
}

json push_project_over(const push_plan *p, const json *values)
{
    arena *a = p->arena;
    const json *data = json_get(&p->c->project, "data");
    json out = json_copy_shallow(a, &p->c->project);
    json merged = json_is(data, JSON_OBJECT) ? json_copy_shallow(a, data) : json_object();
    double fps;
    int32_t width, height;
    if (number_ratio(a, json_get(values, "fps"), &fps))
        json_set(a, &merged, "fps", json_real(a, fps));
    if (number_resolution(a, json_get(values, "resolution"), &width, &height)) {
        json_set(a, &merged, "resolutionWidth", json_integer(a, width));
        json_set(a, &merged, "resolutionHeight", json_integer(a, height));
    }
    json_set(a, &out, "data", merged);
    return out;
}

bool push_project_agrees(const push_plan *p, const char *key)
{
    json ours = ours_of(p, key);
    json theirs = as_written(p->arena, key, json_get(&p->kitsu->production->project, key));
    return json_get(&p->project_fields, key) ||
           (!json_is_null(&ours) && json_equal(&ours, &theirs, NULL));
}

/* ---- data ---------------------------------------------------------------------- */

/* Whether a value has no type of Extended JSON, at any depth, which Kitsu does not
 * know, and no NUL. */
static bool is_plain_json(const json *v)
{
    if (v->type == JSON_STRING && has_nul(v))
        return false;
    if (v->type == JSON_ARRAY)
        for (uint32_t i = 0; i < v->len; i++)
            if (!is_plain_json(&v->items[i]))
                return false;
    if (v->type == JSON_OBJECT)
        for (uint32_t i = 0; i < v->len; i++)
            if (v->members[i].key[0] == '$' || !is_plain_json(&v->members[i].value))
                return false;
    return true;
}

/* Whether a key of the project's data is one of its own, which Kitsu takes. */
static bool is_own_key(const push_plan *p, const char *key)
{
    static const char *const ours[] = {"code", "fps", "library_project", "name"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(ours[i], key) == 0)
            return false;
    return *key && *key != '$' && !kitsu_field_reserved(key) &&
           !json_get(p->naming->attributes, key);
}

/* Zou replaces a project's data as a whole, so all of it is written. */
static void plan_project_data(push_plan *p)
{
    const json *ours = json_get(&p->c->project, "data");
    const json *theirs = json_get(&p->kitsu->production->project, "data");
    json data = json_is(theirs, JSON_OBJECT) ? json_copy_shallow(p->arena, theirs) : json_object();
    bool differs = false;
    for (uint32_t i = 0; json_is(ours, JSON_OBJECT) && i < ours->len; i++) {
        const json_member *m = &ours->members[i];
        if (!is_own_key(p, m->key) || json_equal(&m->value, json_get(theirs, m->key), NULL))
            continue;
        if (!is_plain_json(&m->value)) {
            msg_warn("%s: data.%s is not pushed: Kitsu cannot store it", p->c->coll, m->key);
            continue;
        }
        json_set(p->arena, &data, m->key, m->value);
        differs = true;
    }
    if (differs)
        json_set(p->arena, &p->project_fields, "data", data);
}

void push_project_fields_plan(push_plan *p)
{
    bool is_known = p->base.len > 0;
    p->next_base = json_copy_shallow(p->arena, &p->base);
    for (size_t i = 0; i < KEYS; i++)
        plan_value(p, keys[i], is_known);
    plan_project_data(p);
}
