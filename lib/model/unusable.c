#include "model/unusable.h"

#include "base/msg.h"
#include "json/numbers.h"
#include "model/kitsu_fields.h"
#include "record/display.h"

#include <string.h>

typedef enum grammar { WHOLE, RATIO, SIZE } grammar;

/* Null, or a text of nothing but blanks. */
static bool is_nothing(const json *v)
{
    return json_is_null(v) || (json_text(v) && strspn(v->text, " \t\r\n\f\v") == v->len);
}

static bool is_usable(arena *a, grammar g, const json *v)
{
    int32_t n, m;
    double x;
    switch (g) {
    case WHOLE: return number_int32(a, v, &n);
    case RATIO: return number_ratio(a, v, &x);
    case SIZE: return number_resolution(a, v, &n, &m);
    }
    return true;
}

static const char *wanted(grammar g)
{
    return g == WHOLE   ? "is not a whole number"
           : g == RATIO ? "is not a number"
                        : "is not WIDTHxHEIGHT";
}

/* ---- one warning ------------------------------------------------------------- */

typedef struct subject {
    const production *p;
    const json *project;
    const entity *e;
    const json *record, *stored;
} subject;

static void warn(const subject *s, const char *field, const json *v, const char *why)
{
    buf text = {0};
    display_value(&text, v);
    msg_warn("%s: %s \"%s\": %s %s %s", s->p->name, kind_name(s->e->kind),
             production_place(s->p->arena, s->e), field, text.data, why);
    buf_free(&text);
}

static bool is_known(const subject *s, const char *field)
{
    const json *then = json_at(s->stored, "data", field, NULL);
    return then && json_equal(json_at(s->record, "data", field, NULL), then, NULL);
}

/* ---- what there is to warn of --------------------------------------------------- */

static void check_numbers(const subject *s)
{
    static const struct {
        const char *field;
        grammar grammar;
    } rows[] = {{"frame_in", WHOLE},   {"frame_out", WHOLE},    {"fps", RATIO},
                {"resolution", SIZE},  {"pixel_aspect", RATIO}, {"handle_start", WHOLE},
                {"handle_end", WHOLE}, {"clip_in", WHOLE},      {"clip_out", WHOLE}};
    arena *a = s->p->arena;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const json *v = json_at(s->record, "data", rows[i].field, NULL);
        if (!is_nothing(v) && !is_usable(a, rows[i].grammar, v) && !is_known(s, rows[i].field))
            warn(s, rows[i].field, v, arena_printf(a, "%s: ignored", wanted(rows[i].grammar)));
    }
    const json *frames = json_get(s->record, "nb_frames"), *then = json_get(s->stored, "nb_frames");
    int32_t n;
    if (!is_nothing(frames) && (!number_int32(a, frames, &n) || n < 0) &&
        !(then && json_equal(frames, then, NULL)))
        warn(s, "nb_frames", frames, "is not a number of frames: ignored");
}

static void check_range(const subject *s)
{
    arena *a = s->p->arena;
    const json *out = json_at(s->record, "data", "frame_out", NULL);
    frame_range r = kitsu_field_frames(a, s->project, s->record);
    if (r.end < r.start && !(is_known(s, "frame_out") && is_known(s, "frame_in")))
        warn(s, "frame_out", out, arena_printf(a, "is before the first frame, %d", (int)r.start));
}

static void check_custom_fields(const subject *s)
{
    const json *data = json_get(s->record, "data");
    for (uint32_t i = 0; json_is(data, JSON_OBJECT) && i < data->len; i++) {
        const char *key = data->members[i].key;
        const json *v = &data->members[i].value;
        const char *why = kitsu_field_fault(key);
        if (why && v->type != JSON_NULL && !is_known(s, key))
            warn(s, arena_printf(s->p->arena, "custom field \"%s\":", key), v,
                 arena_printf(s->p->arena, "is left out: %s", why));
    }
}

void unusable_warn(const production *p, const json *project, const entity *e, const json *record,
                   const json *stored)
{
    const subject s = {p, project, e, record, stored};
    check_numbers(&s);
    check_range(&s);
    check_custom_fields(&s);
}

void unusable_warn_project(const production *p)
{
    static const struct {
        const char *field;
        grammar grammar;
    } rows[] = {{"fps", RATIO}, {"resolution", SIZE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const json *v = json_get(&p->project, rows[i].field);
        buf text = {0};
        if (is_nothing(v) || is_usable(p->arena, rows[i].grammar, v))
            continue;
        display_value(&text, v);
        msg_warn("%s: %s %s %s: left as it is", p->name, rows[i].field, text.data,
                 wanted(rows[i].grammar));
        buf_free(&text);
    }
}
