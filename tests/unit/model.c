/* model/ and record/: names, limits, filters, kinds, what is left out of a record, positions. */
#include "tap.h"

#include "model/delete_limit.h"
#include "model/names.h"
#include "model/naming.h"
#include "model/project_filter.h"
#include "record/checkpoint.h"
#include "record/kind.h"
#include "record/sanitize.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#define TWENTY  "abcdefghijklmnopqrst"
#define HUNDRED TWENTY TWENTY TWENTY TWENTY TWENTY

static void names(arena *a)
{
    static const struct {
        const char *name;
        bool good, of_project; /* may it be a document's, a project's */
    } rows[] = {{"SH010", true, true},  {"a_B.9", true, false},   {".", false, false},
                {"..", false, false},   {"...", true, false},     {".a", true, false},
                {"", false, false},     {"SH 010", false, false}, {"SH-010", false, false},
                {"prêt", false, false}, {"a\n", false, false},    {"_", true, true},
                {"a$", false, false},   {HUNDRED, true, true},    {HUNDRED "x", true, false}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        ok(!name_fault(a, rows[i].name, false) == rows[i].good, "name %zu of a document", i);
        ok(!name_fault(a, rows[i].name, true) == rows[i].of_project, "name %zu of a project", i);
    }
    is_text(naming_id(a, "p1", "sh1"), "f301de9cc0113c40cdf671e5",
            "the id of a new document: printf 'p1\\nsh1' | sha256sum");
}

static void conversions(arena *a)
{
    static const struct {
        const char *name, *document, *project; /* NULL: nothing is left */
    } rows[] = {
        {"SH 020", "SH_020", "SH_020"},
        {"SH - 020", "SH_020", "SH_020"},
        {" SH020 ", "SH020", "SH020"},
        {"-_SH020_-", "_SH020_", "_SH020_"},
        {"_ SH020", "__SH020", "__SH020"},
        {"a_-_b", "a___b", "a___b"},
        {"a.b c", "a.b_c", "a_b_c"},
        {"..a b..", "..a_b..", "a_b"},
        {"v1.0 (final)", "v1.0_final", "v1_0_final"},
        {"Été", "Ete", "Ete"},
        {"E\xCC\x81te\xCC\x81", "Ete", "Ete"}, /* the same, with combining accents */
        {"Straße", "Strasse", "Strasse"},
        {"GROẞ", "GROSS", "GROSS"},
        {"Ærø, œuvre", "AEro_oeuvre", "AEro_oeuvre"},
        {"Łódź Đorđe Þór þ", "Lodz_Dorde_THor_th", "Lodz_Dorde_THor_th"},
        {"Ǿ", "O", "O"},
        {"Œ", "OE", "OE"},
        {"ﬁlm ²", "film_2", "film_2"},
        {"Ｓｈｏｔ１", "Shot1", "Shot1"},
        {"İ", "I", "I"},   /* whatever the locale */
        {"ı", NULL, NULL}, /* no letter that decomposes */
        {"日本", NULL, NULL},
        {"日本 5", "5", "5"},
        {"a日本b", "a_b", "a_b"},
        {"한글", NULL, NULL},
        {"-", NULL, NULL},
        {" _ ", NULL, NULL},
        {"", NULL, NULL},
        {"a/b\\c", "a_b_c", "a_b_c"},
        {"a\n", "a", "a"},
        {"x\xE2\x80\xAEy", "x_y", "x_y"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        is_text(name_converted(a, rows[i].name, false), rows[i].document, rows[i].name);
        is_text(name_converted(a, rows[i].name, true), rows[i].project, "a project's");
    }
    is_text(name_usable(a, "SH_020", false, true), "SH_020", "a valid name is untouched");
    is_text(name_usable(a, "SH 020", false, false), NULL, "a bad name without conversion");
    is_text(name_usable(a, "a.b", false, true), "a.b", "a document's dot");
    is_text(name_usable(a, "a.b", true, true), "a_b", "a project's dot");
    is_text(name_usable(a, "..", false, true), NULL, "no letter or digit");
    is_text(name_usable(a, HUNDRED "!", true, true), HUNDRED, "as long as a collection's may be");
    is_text(name_usable(a, HUNDRED "!a", true, true), NULL, "longer");
}

static void delete_limits(void)
{
    static const struct {
        delete_limit limit;
        size_t going, there;
        bool allowed;
    } rows[] = {
        {{0}, 0, 0, true},
        {{0}, 10, 10, true},
        {{0}, 11, 13, false},
        {{0}, 11, 22, true},
        {{0}, 12, 23, false},
        {{.given = true, .limit = 0}, 0, 5, true},
        {{.given = true, .limit = 0}, 1, 5, false},
        {{.given = true, .limit = 12}, 12, 13, true},
        {{.given = true, .limit = 12}, 13, 100, false},
        {{.given = true, .percent = true, .limit = 25}, 1, 4, true},
        {{.given = true, .percent = true, .limit = 24}, 1, 4, false},
        {{.given = true, .percent = true, .limit = 100}, 4, 4, true},
        {{.given = true, .percent = true, .limit = 0}, 1, 1000000, false},
    };
    for (size_t i = 0; i < ROWS(rows); i++)
        ok(delete_limit_allows(&rows[i].limit, rows[i].going, rows[i].there) == rows[i].allowed,
           "%zu of %zu, limit %ld%s", rows[i].going, rows[i].there, rows[i].limit.limit,
           rows[i].limit.percent ? "%" : "");
}

static void filters(void)
{
    char memory[64];
    int fd = memfd_create("names", 0);
    project_filter f = {0}, other = {0};
    error e;
    snprintf(memory, sizeof memory, "/proc/self/fd/%d", fd);
    setenv(PROJECT_FILTER_MEMORY, memory, 1);
    ok(project_filter_wants(&f, "p1") && project_filter_has(&f, "demo"), "none: all are wanted");
    project_filter_add(&f, "demo");
    project_filter_add(&f, "p2");
    project_filter_add(&f, "lost");
    ok(project_filter_has(&f, "demo") && !project_filter_has(&f, "Demo"), "by its text");
    ok(!project_filter_wants(&f, "p2"), "nothing is known yet");
    ok(project_filter_find(&f, "demo", "p1", &e) && project_filter_wants(&f, "p1"), "by name");
    ok(project_filter_find(&f, "demo", "p1", &e), "again");
    ok(project_filter_find(&f, NULL, "p2", &e) && project_filter_wants(&f, "p2"), "by id");
    ok(project_filter_find(&f, "p2", "p3", &e) && !project_filter_wants(&f, "p3"),
       "an id goes before a name");
    ok(!project_filter_find(&f, "demo", "p4", &e) && e.status == EX_USAGE, "two of one name");
    is_text(e.what, "-P demo: two projects have this name, p1 and p4: give one of the ids",
            "both ids are named");
    project_filter_find_lost(&f, "demo", "p5");
    project_filter_find_lost(&f, "lost", "p6");
    ok(!project_filter_wants(&f, "p5") && project_filter_wants(&f, "p6"),
       "what Kitsu lost is for who has none");
    project_filter_open(&f);
    project_filter_settle(&f);
    ok(project_filter_find(&f, "demo", "p4", &e) && !project_filter_wants(&f, "p4"),
       "what was found stays");
    project_filter_add(&other, "demo");
    project_filter_add(&other, "another");
    project_filter_add(&other, "lost");
    project_filter_open(&other);
    project_filter_recall(&other);
    ok(project_filter_wants(&other, "p1") && project_filter_wants(&other, "p6") &&
           !other.wishes[1].id,
       "also for another program");
    project_filter_add(&f, "late");
    ok(project_filter_find(&f, "late", "p7", &e), "found later");
    project_filter_settle(&f);
    project_filter_add(&other, "late");
    project_filter_recall(&other);
    ok(project_filter_wants(&other, "p7"), "what is found later arrives, too");
    project_filter_free(&f);
    project_filter_free(&other);
    unsetenv(PROJECT_FILTER_MEMORY);
    close(fd);
}

static void kinds(void)
{
    for (kind k = 0; k < KINDS; k++)
        ok(kind_of(kind_name(k)) == k, "%s", kind_name(k));
    ok(kind_of("shot") == KIND_NONE && kind_of("") == KIND_NONE && kind_of(NULL) == KIND_NONE,
       "no kinds");
    ok(root_above(KIND_ASSET_TYPE) == ROOT_ASSETS && root_above(KIND_SHOT) == ROOT_SHOTS &&
           root_above(KIND_EDIT) == ROOT_EDITS && root_above(KIND_CONCEPT) == ROOT_CONCEPTS,
       "the roots above them");
}

static void report(void *context, const char *path, const char *why)
{
    buf_addf(context, "%s%s", ((buf *)context)->len ? " " : "", path);
    (void)why;
}

static void sanitizing(arena *a)
{
    static const struct {
        const char *record, *left, *out;
    } rows[] = {
        {"{\"a\":1}", "{\"a\":1}", ""},
        {"{\"$a\":1,\"b\":{\"$c\":1,\"d\":2}}", "{\"b\":{\"d\":2}}", "$a b.$c"},
        {"{\"a\":[{\"$b\":1}]}", "{\"a\":[{}]}", "a.$b"},
        {"{\"a\":{\"b\":[1,9223372036854775808]},\"c\":1}", "{\"a\":{},\"c\":1}", "a.b"},
        {"{\"a\":1e999,\"b\":9223372036854775807}", "{\"b\":9223372036854775807}", "a"},
        {"{\"a\":-0,\"b\":2.50,\"c\":1e2}", "{\"a\":0,\"b\":2.5,\"c\":100.0}", ""},
        {"{\"a\":\"$b\"}", "{\"a\":\"$b\"}", ""},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        json record = parsed(a, rows[i].record);
        buf out = {0};
        buf_adds(&out, "");
        sanitize_record(a, &record, report, &out);
        is_text(json_written(a, &record), rows[i].left, "what is left");
        is_text(out.data, rows[i].out, "what is reported");
        buf_free(&out);
    }
}

static void checkpoints(arena *a)
{
    checkpoint_record c;
    json good = parsed(a, "{\"type\":\"Checkpoint\",\"server\":\"x\",\"projects\":[\"p1\",\"p2\"],"
                          "\"created_at\":null,\"ids\":[]}");
    ok(checkpoint_read(&good, &c) && c.events == -1 && !c.all && json_is_null(&c.full_sync),
       "of a full reading");
    static const char *const bad[] = {
        "{\"type\":\"Checkpoint\"}",
        "{\"type\":\"Checkpoint\",\"server\":1,\"projects\":null,\"created_at\":null,\"ids\":[]}",
        "{\"type\":\"Checkpoint\",\"server\":\"x\",\"projects\":\"p\",\"created_at\":null,\"ids\":["
        "]}",
        "{\"type\":\"Checkpoint\",\"server\":\"x\",\"projects\":null,\"created_at\":1,\"ids\":[]}",
        "{\"type\":\"Checkpoint\",\"server\":\"x\",\"projects\":null,\"created_at\":null,\"ids\":"
        "null}",
    };
    for (size_t i = 0; i < ROWS(bad); i++) {
        json record = parsed(a, bad[i]);
        ok(!checkpoint_read(&record, &c), "none: %s", bad[i]);
    }
    json odd =
        parsed(a, "{\"type\":\"Checkpoint\",\"server\":\"x\",\"projects\":null,\"created_at\":null,"
                  "\"ids\":[],\"events\":-1}");
    ok(checkpoint_read(&odd, &c) && c.events == 0, "of events, if not of so many");
    json some = parsed(a, "[\"a\",\"b\"]"), more = parsed(a, "[\"b\",\"c\"]"), none = json_null();
    json both = checkpoint_unite(a, &some, &more);
    is_text(json_written(a, &both), "[\"a\",\"b\",\"c\"]", "each id once");
    both = checkpoint_unite(a, &none, &more);
    is_text(json_written(a, &both), "[\"b\",\"c\"]", "one list is null");
    some = parsed(a, "[1,\"a\",null]");
    both = checkpoint_unite(a, &some, &more);
    is_text(json_written(a, &both), "[1,\"a\",null,\"b\",\"c\"]",
            "what is no id stays, for op-apply to refuse");
    checkpoint_scope *s = checkpoint_scope_new();
    checkpoint_scope_done(s, "p1");
    ok(checkpoint_scope_is_whole(s), "none was left alone");
    checkpoint_scope_abandoned(s, "p2");
    ok(!checkpoint_scope_is_whole(s), "one was");
    json reduced = checkpoint_scope_checkpoint(s, a, &good);
    is_text(json_written(a, json_get(&reduced, "projects")), "[\"p1\"]",
            "the position does not hold for it");
    checkpoint_scope_free(s);
    checkpoint_scope_free(NULL);
}

int main(void)
{
    arena *a = arena_new();
    names(a);
    conversions(a);
    delete_limits();
    filters();
    kinds();
    sanitizing(a);
    checkpoints(a);
    arena_free(a);
    return done();
}
