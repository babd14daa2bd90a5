/* push/: what is planned of a project's fields, three ways. */
#include "tap.h"

#include "model/collection.h"
#include "push/plan.h"
#include "push/project_fields.h"

#include <string.h>

/* A project on both sides, without entities. */
typedef struct sides {
    collection *c;
    push_kitsu kitsu;
    json record;
    push_naming naming;
    push_plan plan;
} sides;

static void plan_sides(arena *a, sides *s, const char *data, const char *project, const char *base)
{
    const char *why;
    json attributes = json_object();
    json document = parsed(
        a, arena_printf(a, "{\"_id\":{\"$oid\":\"00\"},\"type\":\"project\",\"data\":%s}", data));
    *s = (sides){.record = parsed(a, project), .c = collection_new(a, "avalon", "demo")};
    collection_add(s->c, &document);
    collection_end(s->c);
    s->kitsu = (push_kitsu){.production = production_new(a, &s->record, &why),
                            .asset_types = json_array(),
                            .task_types = json_array(),
                            .strangers = json_object()};
    s->naming = (push_naming){"E##", "SQ##", "SH##", false, &attributes};
    json known = base ? parsed(a, base) : json_null();
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
        plan_sides(a, &s, rows[i].ours,
                   arena_printf(a, "{\"type\":\"Project\",\"id\":\"p1\",\"name\":\"demo\",%s}",
                                rows[i].theirs),
                   rows[i].base);
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

int main(void)
{
    arena *a = arena_new();
    three_ways(a);
    arena_free(a);
    return done();
}
