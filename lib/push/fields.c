#include "push/fields.h"

#include "json/numbers.h"
#include "model/kitsu_fields.h"
#include "push/project_fields.h"

#include <math.h>
#include <string.h>

/* ---- frames --------------------------------------------------------------- */

/* Merge one end of a range into what Kitsu is to have. False if both sides changed
 * it. */
static bool merge_frame(int32_t ours, int32_t base, int32_t theirs, int32_t *out)
{
    *out = ours == base ? theirs : ours;
    return ours == base || theirs == base || theirs == ours;
}

json push_fields_applied(arena *a, const json *record, const json *fields)
{
    json out = json_is(record, JSON_OBJECT) ? json_copy_shallow(a, record) : json_object();
    const json *data = json_get(&out, "data"), *more = json_get(fields, "data");
    json merged = json_is(data, JSON_OBJECT) ? json_copy_shallow(a, data) : json_object();
    for (uint32_t i = 0; more && i < more->len; i++)
        json_set(a, &merged, more->members[i].key, more->members[i].value);
    json_set(a, &out, "data", merged);
    if (json_get(fields, "nb_frames"))
        json_set(a, &out, "nb_frames", *json_get(fields, "nb_frames"));
    return out;
}

/* Whether a record with these fields has this range. */
static bool gives_range(push_plan *p, const json *record, const json *fields, frame_range wanted)
{
    json after = push_fields_applied(p->arena, record, fields);
    frame_range r = kitsu_field_frames(p->arena, &p->c->project, &after);
    return r.start == wanted.start && r.end == wanted.end;
}

static bool is_new_shot(const push_item *i)
{
    return !i->id && i->kind == KIND_SHOT;
}

/* Set the fewest fields that give the range; of a new shot all, as people read its columns.
 * False if none do: Kitsu takes a last frame 0 for none. */
static bool find_frame_fields(push_plan *p, push_item *i, frame_range wanted)
{
    arena *a = p->arena;
    frame_range now = kitsu_field_frames(a, &p->c->project, &i->record);
    json fields = json_object(), data = json_object();
    if (is_new_shot(i) || now.start != wanted.start) {
        json_set(a, &data, "frame_in", json_integer(a, wanted.start));
        json_set(a, &fields, "data", data);
    }
    if (is_new_shot(i) || !gives_range(p, &i->record, &fields, wanted)) {
        json_set(a, &data, "frame_out", json_integer(a, wanted.end));
        json_set(a, &fields, "data", data);
    }
    int64_t length = (int64_t)wanted.end - wanted.start + 1, nb_frames = 0;
    json_int64(json_get(&i->record, "nb_frames"), &nb_frames);
    if (i->kind == KIND_SHOT && length > 0 && length <= INT32_MAX && nb_frames != length)
        json_set(a, &fields, "nb_frames", json_integer(a, length));
    i->fields = fields;
    return gives_range(p, &i->record, &fields, wanted);
}

static void plan_frames(push_plan *p, push_item *i)
{
    arena *a = p->arena;
    const json *data = json_get(&i->document->document, "data");
    const json *stored = i->needs_link ? NULL : json_get(data, "zou");
    frame_range base = kitsu_field_frames(a, &p->c->project, stored);
    frame_range theirs = kitsu_field_frames(a, &p->c->project, &i->record);
    frame_range ours = base, wanted;
    number_int32(a, json_get(data, "frameStart"), &ours.start);
    number_int32(a, json_get(data, "frameEnd"), &ours.end);
    bool start = merge_frame(ours.start, base.start, theirs.start, &wanted.start);
    bool end = merge_frame(ours.end, base.end, theirs.end, &wanted.end);
    if (!start || !end) {
        push_item_note(p, i, "conflict",
                       arena_printf(a,
                                    "its frames were changed on both sides: %d-%d in OpenPype, "
                                    "%d-%d in Kitsu, which is kept",
                                    (int)ours.start, (int)ours.end, (int)theirs.start,
                                    (int)theirs.end));
        return;
    }
    if (!is_new_shot(i) && wanted.start == theirs.start && wanted.end == theirs.end)
        return;
    if (!find_frame_fields(p, i, wanted)) {
        i->fields = json_object();
        push_item_note(p, i, "frames",
                       arena_printf(a, "Kitsu cannot store its frames, %d-%d", (int)wanted.start,
                                    (int)wanted.end));
    }
}

/* ---- resolution, and other numbers ------------------------------------------- */

/* An entity's fields on both sides, and as they were last synchronised. */
typedef struct sides {
    push_plan *p;
    push_item *i;
    const json *ours;   /* its document's data */
    const json *stored; /* the record that the document was made from; NULL: none */
    const json *last;   /* two: the project document as it may have been then */
} sides;

static void set_data_field(sides *s, const char *key, json value)
{
    arena *a = s->p->arena;
    const json *data = json_get(&s->i->fields, "data");
    json more = data ? json_copy_shallow(a, data) : json_object();
    json_set(a, &more, key, value);
    json_set(a, &s->i->fields, "data", more);
}

static void note_conflict(sides *s, const char *what, const char *ours, const char *theirs)
{
    push_item_note(s->p, s->i, "conflict",
                   arena_printf(s->p->arena,
                                "its %s was changed on both sides: %s in OpenPype, %s in "
                                "Kitsu, which is kept",
                                what, ours, theirs));
}

static void note_unstorable(sides *s, const char *what, const char *ours)
{
    push_item_note(s->p, s->i, "frames",
                   arena_printf(s->p->arena, "Kitsu cannot store its %s, %s", what, ours));
}

/* Whether the document has what it inherited of the project before people changed that: they
 * did not change the document. It gets the new value once both sides agree on it. */
static bool is_old_number(const sides *s, const kitsu_number *f, double ours)
{
    for (size_t n = 0; s->stored && n < 2; n++)
        if (ours == kitsu_number_of(s->p->arena, f, &s->last[n], s->stored))
            return true;
    return false;
}

static void plan_number(sides *s, const kitsu_number *f)
{
    arena *a = s->p->arena;
    const json *project = &s->p->c->project;
    double ours, back, base = kitsu_number_of(a, f, project, s->stored);
    double theirs = kitsu_number_of(a, f, project, &s->i->record);
    if (!kitsu_number_read(a, f, json_get(s->ours, f->name), &ours) || ours == base ||
        ours == theirs)
        return;
    if (is_old_number(s, f, ours)) {
        s->i->inherits |= push_project_agrees(s->p, "fps");
        return;
    }
    json number = number_text(a, ours);
    if (base != theirs) {
        note_conflict(s, f->name, number.text, number_text(a, theirs).text);
        return;
    }
    json value = floor(ours) == ours && fabs(ours) < 1e9 ? json_integer(a, (int64_t)ours)
                                                         : json_real(a, ours);
    if (kitsu_number_read(a, f, &value, &back) && back == ours)
        set_data_field(s, f->custom, value);
    else
        note_unstorable(s, f->name, number.text);
}

static bool size_equal(frame_size x, frame_size y)
{
    return x.has_width == y.has_width && x.has_height == y.has_height && x.width == y.width &&
           x.height == y.height;
}

static const char *size_text(arena *a, frame_size s)
{
    return s.has_width && s.has_height ? arena_printf(a, "%dx%d", (int)s.width, (int)s.height)
                                       : "none";
}

/* As is_old_number. */
static bool is_old_size(const sides *s, frame_size ours)
{
    for (size_t n = 0; s->stored && n < 2; n++)
        if (size_equal(ours, kitsu_field_size(s->p->arena, &s->last[n], s->stored)))
            return true;
    return false;
}

static void plan_size(sides *s)
{
    arena *a = s->p->arena;
    const json *project = &s->p->c->project;
    frame_size ours = {.has_width = true, .has_height = true};
    frame_size base = kitsu_field_size(a, project, s->stored);
    frame_size theirs = kitsu_field_size(a, project, &s->i->record);
    if (!number_int32(a, json_get(s->ours, "resolutionWidth"), &ours.width) ||
        !number_int32(a, json_get(s->ours, "resolutionHeight"), &ours.height) ||
        size_equal(ours, base) || size_equal(ours, theirs))
        return;
    if (is_old_size(s, ours)) {
        s->i->inherits |= push_project_agrees(s->p, "resolution");
        return;
    }
    const char *text = size_text(a, ours);
    if (!size_equal(base, theirs))
        note_conflict(s, "resolution", text, size_text(a, theirs));
    else if (ours.width > 0 && ours.height > 0)
        set_data_field(s, "resolution", json_string(a, text));
    else
        note_unstorable(s, "resolution", text);
}

static sides sides_of(push_plan *p, push_item *i, const json last[2])
{
    const json *data = json_get(&i->document->document, "data");
    return (sides){p, i, data, i->needs_link ? NULL : json_get(data, "zou"), last};
}

static void plan_numbers(push_plan *p, push_item *i, const json last[2])
{
    sides s = sides_of(p, i, last);
    for (size_t n = 0; n < KITSU_NUMBERS; n++)
        plan_number(&s, &kitsu_numbers[n]);
    plan_size(&s);
}

/* Kitsu's asset types have no numbers: their documents have the project's. */
static void plan_type(push_plan *p, push_item *i, const json last[2])
{
    arena *a = p->arena;
    const json *project = &p->c->project;
    sides s = sides_of(p, i, last);
    double ours;
    frame_size size = {.has_width = true, .has_height = true};
    for (size_t n = 0; n < KITSU_NUMBERS; n++) {
        const kitsu_number *f = &kitsu_numbers[n];
        if (kitsu_number_read(a, f, json_get(s.ours, f->name), &ours) &&
            ours != kitsu_number_of(a, f, project, s.stored) && is_old_number(&s, f, ours))
            i->inherits |= push_project_agrees(p, "fps");
    }
    if (number_int32(a, json_get(s.ours, "resolutionWidth"), &size.width) &&
        number_int32(a, json_get(s.ours, "resolutionHeight"), &size.height) &&
        !size_equal(size, kitsu_field_size(a, project, s.stored)) && is_old_size(&s, size))
        i->inherits |= push_project_agrees(p, "resolution");
}

/* Only with a new entity: what people write in Kitsu stays. */
static void plan_description(push_plan *p, push_item *i)
{
    const json *text = json_at(&i->document->document, "data", "description", NULL);
    if (!i->id && json_text(text) && text->len)
        json_set(p->arena, &i->fields, "description", *text);
}

/* One that could not be read has no fields to compare with: what people changed in Kitsu would
 * be overwritten. */
static bool is_unread(push_plan *p, const push_item *i)
{
    const entity *e = i->id ? production_find(p->kitsu->production, i->id) : NULL;
    if (!e || e->given != ENTITY_SKIPPED)
        return false;
    push_item_note(
        p, i, e->skip_code,
        arena_printf(p->arena, "in Kitsu %s: its fields are left alone", e->skip_reason));
    return true;
}

void push_fields_plan(push_plan *p)
{
    /* It was what both sides last had, or what Kitsu has now. */
    const json last[] = {push_project_over(p, &p->base),
                         push_project_over(p, &p->kitsu->production->project)};
    for (size_t n = 0; n < p->n; n++) {
        push_item *i = p->items[n];
        bool framed = i->kind > KIND_ASSET_TYPE && i->kind <= KIND_ASSET;
        if (!i->document || i->ignored || i->skip_code || is_unread(p, i))
            continue;
        if (framed) {
            plan_frames(p, i);
            plan_numbers(p, i, last);
            plan_description(p, i);
        }
        if (i->kind == KIND_ASSET_TYPE && i->id)
            plan_type(p, i, last);
    }
}
