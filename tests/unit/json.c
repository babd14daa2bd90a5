/* json/json.h: what is JSON and what is not, and that it is written as it came. */
#include "tap.h"

#include "base/limits.h"

/* What is wrong, or the text that it is written as. */
static const struct {
    const char *text, *written; /* NULL: it is an error */
} texts[] = {
    {"null", "null"},
    {" [1, 2 ,3]\t\n", "[1,2,3]"},
    {"{\"b\":1,\"a\":{\"c\":[]}}", "{\"b\":1,\"a\":{\"c\":[]}}"},
    /* numbers keep their text */
    {"1e2", "1e2"},
    {"-0", "-0"},
    {"2.50", "2.50"},
    {"123456789012345678901234567890", "123456789012345678901234567890"},
    /* of two equal keys the last one holds, where it stands */
    {"{\"a\":1,\"b\":2,\"a\":3}", "{\"b\":2,\"a\":3}"},
    {"{\"a\":{\"x\":1},\"a\":{\"y\":2}}", "{\"a\":{\"y\":2}}"},
    /* texts */
    {"\"\\u00e9\\ud83c\\udfac\"", "\"é🎬\""},
    {"\"\\/\\\"\\\\\\n\"", "\"/\\\"\\\\\\n\""},
    {"\"a\\u0000b\"", "\"a\\u0000b\""},
    /* halves of a pair, alone */
    {"\"\\ud800\"", "\"�\""},
    {"\"\\udc00x\"", "\"�x\""},
    /* a key with a NUL is left out */
    {"{\"a\\u0000b\":1,\"c\":2}", "{\"c\":2}"},
    /* what is none */
    {"", NULL},
    {" ", NULL},
    {"1 2", NULL},
    {"{} {}", NULL},
    {"{}\"abc", NULL},
    {"{} \"", NULL},
    {"[1]tru", NULL},
    {"1\"\\u00", NULL},
    {"[1,]", NULL},
    {"{\"a\":}", NULL},
    {"{a:1}", NULL},
    {"'a'", NULL},
    {"01", NULL},
    {"1.", NULL},
    {".5", NULL},
    {"+1", NULL},
    {"NaN", NULL},
    {"/* */1", NULL},
    {"\"\t\"", NULL},
    {"\"abc", NULL},
    {"[", NULL},
    {"\"\xff\"", NULL},
    {"\"\xc0\xaf\"", NULL},
    {"\xef\xbb\xbf{}", NULL},
};

static void parse(arena *a)
{
    for (size_t i = 0; i < ROWS(texts); i++) {
        json v;
        json_error e = {.what = ""};
        json_repaired repaired = {0};
        if (json_parse(a, texts[i].text, strlen(texts[i].text), &v, &e, &repaired))
            is_text(json_written(a, &v), texts[i].written, "a text, parsed and written");
        else
            ok(!texts[i].written && *e.what, "no JSON: row %zu", i);
    }
}

static void repairs(arena *a)
{
    json v;
    json_repaired repaired = {0};
    const char *text = "{\"a\\u0000\":1,\"b\":\"\\ud800\\udfff\\ud800\"}";
    ok(json_parse(a, text, strlen(text), &v, NULL, &repaired), "without a place for the error");
    is_number(repaired.surrogates, 1, "one half of a pair");
    is_number(repaired.nul_keys, 1, "one key with a NUL");
}

static char *nested(arena *a, size_t levels)
{
    char *text = arena_alloc(a, 2 * levels + 1);
    memset(text, '[', levels);
    memset(text + levels, ']', levels);
    text[2 * levels] = '\0';
    return text;
}

static void depth(arena *a)
{
    json v;
    char *text = nested(a, MAX_DEPTH);
    ok(json_parse(a, text, strlen(text), &v, NULL, NULL), "as deep as is allowed");
    is_number(json_depth(&v), MAX_DEPTH, "its depth");
    text = nested(a, MAX_DEPTH + 1);
    ok(!json_parse(a, text, strlen(text), &v, NULL, NULL), "and one deeper");
    json number = parsed(a, "1");
    is_number(json_depth(&number), 0, "a number has none");
}

static const struct {
    const char *one, *other;
    bool equal;
} pairs[] = {
    {"1", "1.0", true},
    {"1", "10e-1", true},
    {"0", "-0", true},
    {"9007199254740993", "9007199254740992", false},
    {"1", "\"1\"", false},
    {"null", "false", false},
    {"\"a\"", "\"A\"", false},
    {"\"a\\u0000b\"", "\"a\\u0000c\"", false},
    {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
    {"{\"a\":1}", "{\"a\":1,\"b\":null}", false},
    {"{\"a\":1}", "{\"b\":1}", false},
    {"[1,2]", "[2,1]", false},
    {"[1,2]", "[1,2,2]", false},
    /* assignees, of a Task */
    {"{\"type\":\"Task\",\"assignees\":[\"x\",\"y\"]}",
     "{\"type\":\"Task\",\"assignees\":[\"y\",\"x\"]}", true},
    {"{\"type\":\"Task\",\"assignees\":[\"x\",\"x\",\"y\"]}",
     "{\"type\":\"Task\",\"assignees\":[\"x\",\"y\",\"y\"]}", false},
    {"{\"type\":\"Shot\",\"assignees\":[\"x\",\"y\"]}",
     "{\"type\":\"Shot\",\"assignees\":[\"y\",\"x\"]}", false},
};

static void equal(arena *a)
{
    for (size_t i = 0; i < ROWS(pairs); i++) {
        json one = parsed(a, pairs[i].one), other = parsed(a, pairs[i].other);
        bool there = json_equal(&one, &other, "assignees"),
             back = json_equal(&other, &one, "assignees");
        ok(there == pairs[i].equal && back == there, "%s %s %s", pairs[i].one,
           pairs[i].equal ? "equals" : "is not", pairs[i].other);
    }
}

static void integers(arena *a)
{
    static const struct {
        const char *text;
        bool whole, integer; /* in value, in form */
        int64_t value;
    } rows[] = {
        {"5", true, true, 5},
        {"5.0", true, false, 5},
        {"5e2", true, false, 500},
        {"5.5", false, false, 0},
        {"9223372036854775807", true, true, INT64_MAX},
        {"-9223372036854775808", true, true, INT64_MIN},
        {"9223372036854775808", false, true, 0},
        {"1e400", false, false, 0},
        {"\"5\"", false, false, 0},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        json v = parsed(a, rows[i].text);
        int64_t n = 0;
        bool whole = json_int64(&v, &n);
        ok(whole == rows[i].whole && n == rows[i].value, "%s as int64_t", rows[i].text);
        if (json_is(&v, JSON_NUMBER))
            ok(json_is_integer(&v) == rows[i].integer, "%s: its form", rows[i].text);
    }
    double d;
    json huge = parsed(a, "1e400"), text = parsed(a, "\"1\"");
    ok(!json_double(&huge, &d) && !json_double(&text, &d) && !json_double(NULL, &d), "no doubles");
}

static void reals(arena *a)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{25, "25.0"},
                {0.1, "0.1"},
                {-0.0, "-0.0"},
                {0, "0.0"},
                {-1080, "-1080.0"},
                {999999999999999, "999999999999999.0"},
                {-999999999999999, "-999999999999999.0"},
                {1e15, "1e+15"},
                {1234567890123456, "1234567890123456.0"},
                {23.976, "23.976"},
                {1e22, "1e+22"},
                {1e-7, "1e-07"},
                {1.0 / 3, "0.3333333333333333"}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        json v = json_real(a, rows[i].value);
        double back = 0;
        json_double(&v, &back);
        ok(back == rows[i].value && !json_is_integer(&v), "%g reads back, and stays a double",
           rows[i].value);
        is_text(json_written(a, &v), rows[i].text, "the shortest text");
    }
}

static void made_integers(arena *a)
{
    static const struct {
        int64_t value;
        const char *text;
    } rows[] = {{0, "0"},
                {-7, "-7"},
                {1001, "1001"},
                {INT64_MAX, "9223372036854775807"},
                {INT64_MIN, "-9223372036854775808"}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        json v = json_integer(a, rows[i].value);
        is_text(json_text(&(json){.type = JSON_STRING, .len = v.len, .text = v.text}), rows[i].text,
                "an integer");
        ok(v.len == strlen(rows[i].text), "its length");
    }
}

static void reading(arena *a)
{
    json v = parsed(
        a, "{\"a\":{\"b\":[\"x\",null,\"y\"]},\"t\":true,\"f\":false,\"n\":null,\"e\":\"\"}");
    is_text(json_text(json_get(&v, "e")), "", "an empty text");
    is_text(json_text(json_get(&v, "t")), NULL, "true is no text");
    ok(json_is(json_at(&v, "a", "b", NULL), JSON_ARRAY), "a path");
    ok(!json_at(&v, "a", "c", "b", NULL) && !json_at(NULL, "a", NULL), "a path that ends early");
    ok(json_has_text(json_at(&v, "a", "b", NULL), "y") &&
           !json_has_text(json_at(&v, "a", "b", NULL), "z"),
       "a text in a list");
    ok(!json_has_text(&v, "a") && !json_has_text(NULL, "a"), "an object is no list");
    ok(json_true(json_get(&v, "t")) && !json_true(json_get(&v, "f")) &&
           !json_true(json_get(&v, "e")),
       "only true is true");
    ok(json_is_null(json_get(&v, "n")) && json_is_null(json_get(&v, "none")) &&
           !json_is_null(json_get(&v, "f")),
       "null, or absent");
    json oid = json_oid(a, "0123456789abcdef01234567"), date = parsed(a, "{\"$date\":\"x\"}"),
         number = parsed(a, "7");
    is_text(json_id(a, &oid), "0123456789abcdef01234567", "the digits of an ObjectId");
    is_text(json_id(a, &number), "7", "another id");
    is_text(json_id(a, NULL), NULL, "no id");
    ok(json_is_plain(&v) && !json_is_plain(&date) && !json_is_plain(&oid) &&
           !json_is_plain(&number),
       "plain objects");
}

static void making(arena *a)
{
    json v = json_object();
    json_set(a, &v, "a", json_integer(a, 1));
    json_set(a, &v, "b", json_bool(true));
    json shared = v, own = json_copy_shallow(a, &v);
    json_set(a, &own, "a", json_string(a, "new"));
    json_unset(&own, "b");
    json_unset(&own, "none");
    is_text(json_written(a, &own), "{\"a\":\"new\"}", "replaced and taken out");
    is_text(json_written(a, &shared), "{\"a\":1,\"b\":true}", "not in what it was copied from");
    json list = json_array();
    for (int i = 0; i < 3; i++)
        json_push(a, &list, json_integer(a, i));
    is_text(json_written(a, &list), "[0,1,2]", "a list");
    json cut = json_message(a, "caf\xc3"), whole = json_message(a, "café");
    is_text(json_text(&cut), "caf?", "a message that was cut in a character");
    is_text(json_text(&whole), "café", "one that was not");
}

static void copies(void)
{
    arena *short_lived = arena_new(), *a = arena_new();
    json v = parsed(short_lived, "{\"a\":[\"text\",{\"b\":1.5}]}");
    json copy = json_copy(a, &v);
    arena_reset(short_lived);
    memset(arena_alloc(short_lived, 4096), 'x', 4096);
    is_text(json_written(a, &copy), "{\"a\":[\"text\",{\"b\":1.5}]}", "a copy outlives its arena");
    arena_free(short_lived);
    arena_free(a);
}

/* `n` members or items. */
static json filled(arena *a, json v, int n)
{
    for (int i = 0; i < n; i++)
        if (v.type == JSON_OBJECT)
            json_add(a, &v, arena_printf(a, "k%d", i), json_integer(a, i));
        else
            json_push(a, &v, json_integer(a, i));
    return v;
}

/* A copy of any length grows by itself, and what it was copied from stays. */
static void grown_copies(arena *a)
{
    json empty[] = {json_object(), json_array()};
    for (int n = 0; n <= 17; n++)
        for (int deep = 0; deep < 2; deep++)
            for (int k = 0; k < 2; k++) {
                json v = filled(a, empty[k], n), longer = filled(a, empty[k], n + 3);
                const char *before = json_written(a, &v);
                json copy = deep ? json_copy(a, &v) : json_copy_shallow(a, &v);
                json other = deep ? json_copy(a, &v) : json_copy_shallow(a, &v);
                for (int i = n; i < n + 3; i++)
                    if (k == 0)
                        json_set(a, &copy, arena_printf(a, "k%d", i), json_integer(a, i));
                    else
                        json_push(a, &copy, json_integer(a, i));
                is_text(json_written(a, &copy), json_written(a, &longer), "a copy that has grown");
                is_text(json_written(a, &v), before, "what it was copied from");
                is_text(json_written(a, &other), before, "another copy");
            }
}

/* ---- objects of many members, which have a table of them ---- */

/* Of the keys k0 to kN those that a rule lets be there, each with its number; `where` says when. */
static void has_keys(arena *a, const json *v, int n, bool (*there)(int), const char *where)
{
    int wrong = 0, have = 0;
    for (int i = 0; i < n; i++) {
        int64_t found = -1;
        json_int64(json_get(v, arena_printf(a, "k%d", i)), &found);
        wrong += found != (there(i) ? i : -1);
        have += there(i);
    }
    ok(!wrong && v->len == (uint32_t)have, "%s: %d of %d keys are not found as they are", where,
       wrong, n);
}

static bool each(int i)
{
    return i >= 0;
}

static bool no_third(int i)
{
    return i % 3 != 1;
}

static bool keeps_no_third(void *n, json_member *m)
{
    (void)m;
    return no_third((*(int *)n)++);
}

static void many(arena *a)
{
    static const int sizes[] = {63, 64, 65, 66, 127, 128, 129, 1000, 5000};
    for (size_t s = 0; s < ROWS(sizes); s++) {
        int n = sizes[s], at;
        json made = json_object(), grown;
        for (int i = 0; i < n; i++)
            json_set(a, &made, arena_printf(a, "k%d", i), json_null());
        for (int i = 0; i < n; i++)
            json_set(a, &made, arena_printf(a, "k%d", i), json_integer(a, i));
        has_keys(a, &made, n, each, "made");
        json read = parsed(a, json_written(a, &made));
        has_keys(a, &read, n, each, "read");
        json twins[] = {json_copy(a, &read), json_copy_shallow(a, &read), made};
        for (size_t k = 0; k < ROWS(twins); k++) {
            has_keys(a, &twins[k], n, each, "copied");
            at = 0;
            json_keep(&twins[k], keeps_no_third, &at);
            has_keys(a, &twins[k], n, no_third, "less");
            for (int i = 0; i < n; i++)
                if (!no_third(i))
                    json_set(a, &twins[k], arena_printf(a, "k%d", i), json_integer(a, i));
            has_keys(a, &twins[k], n, each, "more again");
            json_unset(&twins[k], "k5");
            ok(!json_get(&twins[k], "k5") && json_get(&twins[k], "k6") &&
                   twins[k].len == (uint32_t)n - 1,
               "one less");
            json_unset(&twins[k], "none");
            ok(twins[k].len == (uint32_t)n - 1, "none less");
        }
        has_keys(a, &read, n, each, "what was copied");
        /* One that shares its memory, as long as it does not grow, is as it was. */
        grown = json_copy(a, &read);
        json shorter = grown;
        json_add(a, &grown, "other", json_null());
        ok(json_get(&grown, "other") && !json_get(&shorter, "other"), "only one has grown");
        has_keys(a, &shorter, n, each, "the other");
    }
}

static void counts(arena *a)
{
    static const struct {
        const char *value;
        int64_t n; /* -1: no count */
    } rows[] = {{"0", 0},
                {"-0", 0},
                {"5e2", 500},
                {"-1", -1},
                {"1.5", -1},
                {"1000000000000", MAX_COUNT},
                {"\"1\"", -1},
                {"1000000000001", -1},
                {"9223372036854775807", -1}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        json v = parsed(a, rows[i].value);
        int64_t n = -1;
        ok(json_count(&v, &n) == (rows[i].n >= 0) && n == rows[i].n, "%s as a count",
           rows[i].value);
    }
    int64_t n = 7;
    ok(!json_count(NULL, &n) && n == 7, "nothing is no count");
}

int main(void)
{
    arena *a = arena_new();
    counts(a);
    parse(a);
    repairs(a);
    depth(a);
    equal(a);
    integers(a);
    reals(a);
    made_integers(a);
    reading(a);
    making(a);
    copies();
    grown_copies(a);
    many(a);
    arena_free(a);
    return done();
}
