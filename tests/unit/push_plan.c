/* push/: what is planned of the fields of a project and of a shot, three ways. */
#include "tap.h"

#include "model/collection.h"
#include "push/plan.h"
#include "push/project_fields.h"

#include <string.h>

/* A project on both sides. */
typedef struct sides {
    collection *c;
    push_kitsu kitsu;
    json record;
    json attributes;
    push_naming naming;
    push_plan plan;
} sides;

static void add_document(sides *s, json document)
{
    collection_add(s->c, &document);
}

static void sides_begin(arena *a, sides *s, const char *data, const char *project)
{
    const char *why;
    *s = (sides){.record = parsed(a, project),
                 .c = collection_new(a, "avalon", "demo"),
                 .attributes = json_object()};
    add_document(
        s, parsed(a, arena_printf(a, "{\"_id\":{\"$oid\":\"00\"},\"type\":\"project\",\"data\":%s}",
                                  data)));
    s->kitsu = (push_kitsu){.production = production_new(a, &s->record, &why),
                            .asset_types = json_array(),
                            .task_types = json_array(),
                            .strangers = json_object()};
    s->naming = (push_naming){"E##", "SQ##", "SH##", false, &s->attributes};
}

static void sides_plan(arena *a, sides *s, const char *base)
{
    json known = base ? parsed(a, base) : json_null();
    collection_end(s->c);
    production_link(s->kitsu.production);
    push_plan_make(&s->plan, a, s->c, &s->kitsu, &s->naming, &known);
}

static void sides_end(sides *s)
{
    push_plan_free(&s->plan);
    production_free(s->kitsu.production);
    collection_free(s->c);
}

#define KNOWN "{\"fps\":\"25\",\"resolution\":\"1920x1080\",\"code\":\"demo\"}"

static void three_ways(arena *a)
{
    static const struct {
        const char *what, *ours, *theirs, *base; /* `theirs` without id and name */
        const char *written, *remembered, *said; /* `said`: part of it; NULL: nothing is */
    } rows[] = {
        {"nothing changed",
         "{\"fps\":25.0,\"resolutionWidth\":1920,\"resolutionHeight\":1080,\"code\":\"demo\"}",
         "\"fps\":\"25\",\"resolution\":\"1920x1080\"", KNOWN, "{}", KNOWN, NULL},
        {"the same, written otherwise",
         "{\"fps\":25,\"resolutionWidth\":1920.0,\"resolutionHeight\":1080}",
         "\"fps\":\"25,00\",\"resolution\":\" 1920 X 1080p\",\"code\":\"demo\"", KNOWN, "{}", KNOWN,
         NULL},
        {"all changed in OpenPype",
         "{\"fps\":23.976,\"resolutionWidth\":2048,\"resolutionHeight\":858,\"code\":\"d\"}",
         "\"fps\":\"25\",\"resolution\":\"1920x1080\",\"code\":\"demo\"", KNOWN,
         "{\"code\":\"d\",\"fps\":\"23.976\",\"resolution\":\"2048x858\"}",
         "{\"fps\":\"23.976\",\"resolution\":\"2048x858\",\"code\":\"d\"}", NULL},
        {"all changed in Kitsu",
         "{\"fps\":25.0,\"resolutionWidth\":1920,\"resolutionHeight\":1080,\"code\":\"demo\"}",
         "\"fps\":\"24\",\"resolution\":\"2048x858\",\"code\":\"k\"", KNOWN, "{}", KNOWN, NULL},
        {"changed alike",
         "{\"fps\":24.0,\"resolutionWidth\":2048,\"resolutionHeight\":858,\"code\":\"d\"}",
         "\"fps\":\"24\",\"resolution\":\"2048x858\",\"code\":\"d\"", KNOWN, "{}",
         "{\"fps\":\"24\",\"resolution\":\"2048x858\",\"code\":\"d\"}", NULL},
        {"fps changed on both sides", "{\"fps\":24.0}", "\"fps\":\"30\",\"code\":\"demo\"", KNOWN,
         "{}", KNOWN,
         "its fps was changed on both sides: 24 in OpenPype, 30 in Kitsu, which is kept"},
        {"code changed on both sides", "{\"code\":\"a\"}", "\"code\":\"b\"", KNOWN, "{}", KNOWN,
         "its code was changed on both sides: a in OpenPype, b in Kitsu"},
        {"resolution changed here, removed there",
         "{\"resolutionWidth\":2048,\"resolutionHeight\":858}", "\"resolution\":null", KNOWN, "{}",
         KNOWN, "its resolution was changed on both sides: 2048x858 in OpenPype, none in Kitsu"},
        {"one side of the resolution changed",
         "{\"resolutionWidth\":2048,\"resolutionHeight\":1080}", "\"resolution\":\"1920x1080\"",
         KNOWN, "{\"resolution\":\"2048x1080\"}",
         "{\"fps\":\"25\",\"resolution\":\"2048x1080\",\"code\":\"demo\"}", NULL},
        {"one changed, another conflicts", "{\"fps\":24,\"code\":\"a\"}",
         "\"fps\":\"25\",\"code\":\"b\"", KNOWN, "{\"fps\":\"24\"}",
         "{\"fps\":\"24\",\"resolution\":\"1920x1080\",\"code\":\"demo\"}", "its code"},
        {"no base: Kitsu's stays", "{\"fps\":24.0}", "\"fps\":\"25\"", NULL, "{}", "{}",
         "its fps is 24 in OpenPype and 25 in Kitsu, which is kept"},
        {"no base, equal: that is one", "{\"fps\":24.0,\"code\":\"demo\"}", "\"fps\":\"24\"", NULL,
         "{}", "{\"code\":\"demo\",\"fps\":\"24\"}", NULL},
        {"no base, and Kitsu has none", "{\"fps\":24.0,\"code\":\"d\"}", "\"fps\":null", NULL,
         "{\"code\":\"d\",\"fps\":\"24\"}", "{\"code\":\"d\",\"fps\":\"24\"}", NULL},
        {"Kitsu had none, and has none: OpenPype's is the default",
         "{\"resolutionWidth\":1920,\"resolutionHeight\":1080}", "\"resolution\":\"\"",
         "{\"fps\":\"25\",\"resolution\":null,\"code\":\"demo\"}", "{}",
         "{\"fps\":\"25\",\"resolution\":null,\"code\":\"demo\"}", NULL},
        {"no values of OpenPype's",
         "{\"fps\":0,\"resolutionWidth\":-1,\"resolutionHeight\":5,\"code\":\"\"}",
         "\"fps\":\"24\",\"resolution\":\"1x1\",\"code\":\"k\"", KNOWN, "{}", KNOWN, NULL},
        {"values of other types", "{\"fps\":[25],\"resolutionWidth\":{},\"code\":7}",
         "\"fps\":{},\"resolution\":[],\"code\":true", KNOWN, "{}", KNOWN, NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        sides s;
        sides_begin(a, &s, rows[i].ours,
                    arena_printf(a, "{\"type\":\"Project\",\"id\":\"p1\",\"name\":\"demo\",%s}",
                                 rows[i].theirs));
        sides_plan(a, &s, rows[i].base);
        is_text(json_written(a, &s.plan.project_fields), rows[i].written,
                arena_printf(a, "%s: what is written", rows[i].what));
        push_project_fields_done(&s.plan);
        json remembered = parsed(a, rows[i].remembered);
        ok(json_equal(&s.plan.next_base, &remembered, NULL), "%s: the next base", rows[i].what);
        const char *said = s.plan.skipped.len ? json_written(a, &s.plan.skipped) : "";
        ok(rows[i].said ? s.plan.skipped.len == 1 && strstr(said, rows[i].said) != NULL : !*said,
           "%s: what is said", rows[i].what);
        sides_end(&s);
    }
}

/* A shot with the values of `data` in OpenPype, made from the record `stored`, which is
 * `theirs` in Kitsu now; both are its own fields. */
static void add_shot(arena *a, sides *s, const char *data, const char *stored, const char *theirs)
{
    static const char record[] =
        "{\"type\":\"Shot\",\"id\":\"sh1\",\"name\":\"SH010\",\"parent_id\":\"sq1\",%s}";
    static const char sequence[] =
        "{\"type\":\"Sequence\",\"id\":\"sq1\",\"name\":\"SQ01\",\"parent_id\":null}";
    const char *why;
    json records[] = {parsed(a, sequence), parsed(a, arena_printf(a, record, theirs))};
    json plain = parsed(a, data), data_of_shot = json_copy_shallow(a, &plain);
    json_set(a, &data_of_shot, "visualParent", parsed(a, "{\"$oid\":\"01\"}"));
    json_set(a, &data_of_shot, "zou", parsed(a, arena_printf(a, record, stored)));
    json outline =
        parsed(a, "{\"_id\":{\"$oid\":\"02\"},\"type\":\"asset\",\"name\":\"SQ01_SH010\","
                  "\"parent\":{\"$oid\":\"00\"}}");
    json shot = json_copy_shallow(a, &outline);
    json_set(a, &shot, "data", data_of_shot);
    add_document(
        s, parsed(a, arena_printf(a,
                                  "{\"_id\":{\"$oid\":\"01\"},\"type\":\"asset\",\"name\":\"SQ01\","
                                  "\"parent\":{\"$oid\":\"00\"},\"data\":{\"zou\":%s}}",
                                  sequence)));
    add_document(s, shot);
    for (size_t i = 0; i < ROWS(records); i++)
        if (!production_add(s->kitsu.production, &records[i], &why))
            printf("Bail out! %s\n", why);
}

static void three_ways_of_a_shot(arena *a)
{
#define PROJECT                                                                                    \
    "{\"fps\":25.0,\"resolutionWidth\":1920,\"resolutionHeight\":1080,\"code\":\"demo\"}"
#define FRAMES "\"nb_frames\":100,\"data\":{\"frame_in\":1001,\"frame_out\":1100}"
    static const struct {
        const char *what, *project, *ours, *stored, *theirs;
        const char *written, *said;
        bool inherits;
    } rows[] = {
        {"nothing changed", PROJECT, "{\"frameStart\":1001,\"frameEnd\":1100,\"fps\":25.0}", FRAMES,
         FRAMES, "{}", NULL, false},
        {"its end changed in OpenPype", PROJECT, "{\"frameStart\":1001,\"frameEnd\":1120}", FRAMES,
         FRAMES, "{\"data\":{\"frame_out\":1120},\"nb_frames\":120}", NULL, false},
        {"its end changed in Kitsu", PROJECT, "{\"frameStart\":1001,\"frameEnd\":1100}", FRAMES,
         "\"nb_frames\":120,\"data\":{\"frame_in\":1001,\"frame_out\":1120}", "{}", NULL, false},
        {"its end changed on both sides", PROJECT, "{\"frameStart\":1001,\"frameEnd\":1110}",
         FRAMES, "\"nb_frames\":120,\"data\":{\"frame_in\":1001,\"frame_out\":1120}", "{}",
         "its frames were changed on both sides: 1001-1110 in OpenPype, 1001-1120 in Kitsu", false},
        {"its end changed alike", PROJECT, "{\"frameStart\":1001,\"frameEnd\":1120}", FRAMES,
         "\"nb_frames\":120,\"data\":{\"frame_in\":1001,\"frame_out\":1120}", "{}", NULL, false},
        {"its start changed here, its end there", PROJECT, "{\"frameStart\":991,\"frameEnd\":1100}",
         FRAMES, "\"nb_frames\":120,\"data\":{\"frame_in\":1001,\"frame_out\":1120}",
         "{\"data\":{\"frame_in\":991},\"nb_frames\":130}", NULL, false},
        {"all numbers changed in OpenPype", PROJECT,
         "{\"fps\":24.0,\"pixelAspect\":2.0,\"handleStart\":10,\"handleEnd\":12,\"clipIn\":3,"
         "\"clipOut\":4,"
         "\"resolutionWidth\":2048,\"resolutionHeight\":858}",
         "\"data\":{}", "\"data\":{}",
         "{\"data\":{\"fps\":24,\"pixel_aspect\":2,\"handle_start\":10,\"handle_end\":12,\"clip_"
         "in\":3,\"clip_out\":4,"
         "\"resolution\":\"2048x858\"}}",
         NULL, false},
        {"one beside another custom field", PROJECT, "{\"fps\":23.976}",
         "\"data\":{\"mood\":\"x\"}", "\"data\":{\"mood\":\"y\"}", "{\"data\":{\"fps\":23.976}}",
         NULL, false},
        {"fps changed in Kitsu", PROJECT, "{\"fps\":30.0}", "\"data\":{\"fps\":\"30\"}",
         "\"data\":{\"fps\":\"24\"}", "{}", NULL, false},
        {"fps changed on both sides", PROJECT, "{\"fps\":12.0}", "\"data\":{\"fps\":\"30\"}",
         "\"data\":{\"fps\":\"24\"}", "{}",
         "its fps was changed on both sides: 12 in OpenPype, 24 in Kitsu, which is kept", false},
        {"handles changed on both sides", PROJECT, "{\"handleStart\":5}", "\"data\":{}",
         "\"data\":{\"handle_start\":7}", "{}",
         "its handleStart was changed on both sides: 5 in OpenPype, 7 in Kitsu", false},
        {"resolution changed on both sides", PROJECT,
         "{\"resolutionWidth\":10,\"resolutionHeight\":20}", "\"data\":{}",
         "\"data\":{\"resolution\":\"30x40\"}", "{}",
         "its resolution was changed on both sides: 10x20 in OpenPype, 30x40 in Kitsu", false},
        {"a resolution that Kitsu cannot have", PROJECT,
         "{\"resolutionWidth\":0,\"resolutionHeight\":20}", "\"data\":{}", "\"data\":{}", "{}",
         "Kitsu cannot store its resolution, 0x20", false},
        {"the project's fps changed, the shot has the old one", "{\"fps\":48.0,\"code\":\"demo\"}",
         "{\"fps\":25.0}", "\"data\":{}", "\"data\":{}", "{}", NULL, true},
        {"the project's fps changed, the shot's own did", "{\"fps\":48.0,\"code\":\"demo\"}",
         "{\"fps\":12.0}", "\"data\":{}", "\"data\":{}", "{\"data\":{\"fps\":12}}", NULL, false},
        {"the project's resolution changed, the shot has the old one",
         "{\"resolutionWidth\":640,\"resolutionHeight\":320,\"code\":\"demo\"}",
         "{\"resolutionWidth\":1920,\"resolutionHeight\":1080}", "\"data\":{}", "\"data\":{}", "{}",
         NULL, true},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        sides s;
        sides_begin(a, &s, rows[i].project,
                    "{\"type\":\"Project\",\"id\":\"p1\",\"name\":\"demo\",\"fps\":\"25\","
                    "\"resolution\":\"1920x1080\"}");
        add_shot(a, &s, rows[i].ours, rows[i].stored, rows[i].theirs);
        sides_plan(a, &s, KNOWN);
        const push_item *shot = push_item_find(&s.plan, "02");
        is_text(json_written(a, &shot->fields), rows[i].written,
                arena_printf(a, "a shot: %s: what is written", rows[i].what));
        const char *said = s.plan.skipped.len ? json_written(a, &s.plan.skipped) : "";
        ok(rows[i].said ? s.plan.skipped.len == 1 && strstr(said, rows[i].said) != NULL : !*said,
           "a shot: %s: what is said", rows[i].what);
        ok(shot->inherits == rows[i].inherits, "a shot: %s: whether it inherits", rows[i].what);
        sides_end(&s);
    }
}

int main(void)
{
    arena *a = arena_new();
    three_ways(a);
    three_ways_of_a_shot(a);
    arena_free(a);
    return done();
}
