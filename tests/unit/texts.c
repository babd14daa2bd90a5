/* json/casefold.h, base/utf8.h, json/pystr.h, record/display.h: what is done to texts. */
#include "tap.h"

#include "json/casefold.h"
#include "json/pystr.h"
#include "base/utf8.h"
#include "record/display.h"

#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <sys/wait.h>
#include <unistd.h>

/* For the library: whether this system lacks the locale that it asks for. */
static bool no_locale;

locale_t newlocale(int mask, const char *name, locale_t base)
{
    void *object = dlsym(RTLD_NEXT, "newlocale");
    locale_t (*real)(int, const char *, locale_t);
    memcpy(&real, &object, sizeof real);
    errno = ENOENT;
    return no_locale ? (locale_t)0 : real(mask, name, base);
}

/* In a process of its own, as the locale is looked for once. Nobody minds an old errno. */
static void casefold_without_locale(arena *a)
{
    int status = -1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        json one = json_string(a, "wip"), other = json_string(a, "WIP");
        no_locale = true;
        bool equal = casefold_equal(&one, &other);
        errno = ENOMEM;
        _exit(equal && casefold_equal(&one, &other) ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    ok(status == 0, "ASCII's letters without a locale");
}

static void casefold(arena *a)
{
    static const struct {
        const char *one, *other;
        bool equal;
    } rows[] = {{"wip", "WIP", true}, {"prêt", "PRÊT", true},       {"готово", "ГОТОВО", true},
                {"ΣΟΣ", "σος", true}, {"straße", "STRASSE", false}, {"a", "ab", false},
                {"", "", true},       {"e\u0301", "é", false}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        json one = json_string(a, rows[i].one), other = json_string(a, rows[i].other);
        ok(casefold_equal(&one, &other) == rows[i].equal &&
               casefold_equal(&other, &one) == rows[i].equal,
           "%s, %s", rows[i].one, rows[i].other);
    }
    json upper = json_string(a, "PRÊT Ж1"), lower = casefold_lower(a, &upper);
    is_text(json_text(&lower), "prêt ж1", "in lower case");
    json nul = json_stringn(a, "A\0B", 3), other = json_stringn(a, "a\0c", 3);
    ok(!casefold_equal(&nul, &other), "what is behind a NUL counts");
}

static void utf8(void)
{
    static const struct {
        const char *text;
        size_t bad;
    } rows[] = {{"", 0},
                {"abc", 3},
                {"é", 2},
                {"日本", 6},
                {"🎬", 4},
                {"a\xff", 1},
                {"ab\xc3", 2},
                {"a\xc3(", 1},
                {"\xc0\x80", 0},
                {"\xe0\x80\x80", 0},
                {"\xed\xa0\x80", 0},
                {"\xed\x9f\xbf", 3},
                {"\xf4\x8f\xbf\xbf", 4},
                {"\xf4\x90\x80\x80", 0},
                {"\x80", 0},
                {"x\xf0\x9f\x8e", 1}};
    for (size_t i = 0; i < ROWS(rows); i++)
        is_number((double)utf8_bad(rows[i].text, strlen(rows[i].text)), (double)rows[i].bad,
                  "the first byte that is not UTF-8");
}

/* A text that a broken connection has cut. */
static void cut(void)
{
    static const struct {
        const char *rest;
        bool cut;
    } rows[] = {{"", false},          {"\xc3", true},         {"\xc3(", false},
                {"\xe6\x97", true},   {"\xe6", true},         {"\xe6(", false},
                {"\xe0\x80", false},  {"\xed\xa0", false},    {"\xf0\x9f\x8e", true},
                {"\xf0\x9f(", false}, {"\xf4\x90", false},    {"\x80", false},
                {"\xff", false},      {"\xe6\x97\xe6", false}};
    for (size_t i = 0; i < ROWS(rows); i++)
        ok(utf8_is_cut(rows[i].rest, strlen(rows[i].rest)) == rows[i].cut,
           "a character without its end, row %zu", i);
}

static void python(arena *a)
{
    static const struct {
        const char *value, *text;
    } rows[] = {{"\"a'b\"", "a'b"},
                {"null", "None"},
                {"true", "True"},
                {"7", "7"},
                {"-0", "0"},
                {"25.0", "25.0"},
                {"2.50", "2.5"},
                {"1e16", "1e+16"},
                {"1e15", "1000000000000000.0"},
                {"0.0001", "0.0001"},
                {"0.00001", "1e-05"},
                {"1e999", "inf"},
                {"123456789012345678901234567890", "123456789012345678901234567890"},
                {"[]", "[]"},
                {"[\"a\",1,null]", "['a', 1, None]"},
                {"[\"it's\"]", "[\"it's\"]"},
                {"[\"' \\\"\"]", "['\\' \"']"},
                {"[\"\\n\\t\\u0001\\u0085\"]", "['\\n\\t\\x01\\x85']"},
                {"[\"é\"]", "['é']"},
                {"{\"a\":[1.5,false],\"b\":{}}", "{'a': [1.5, False], 'b': {}}"}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        json v = parsed(a, rows[i].value);
        buf b = {0};
        pystr(&b, &v);
        is_text(b.data, rows[i].text, rows[i].value);
        buf_free(&b);
    }
}

static void display(arena *a)
{
    static const struct {
        const char *value, *text;
    } rows[] = {{"{\"$oid\":\"0123456789abcdef01234567\"}", "0123456789abcdef01234567"},
                {"{\"a\":1}", "{...}"},
                {"[1,2]", "[1,2]"},
                {"25.0", "25.0"},
                {"\"x\"", "\"x\""},
                {"\"\\u001b[31m\"", NULL}};
    static const struct {
        const char *name, *shown;
    } names[] = {{"a\x1b[2J\n", "a?[2J?"},
                 {"a\x7f", "a?"},
                 {"\xc2\x9b", "?"},
                 {"\xc2\xa0", "\xc2\xa0"},
                 {"\xd8\x9c", "?"},
                 {"\xe2\x80\xae", "?"},
                 {"\xe2\x81\xa9", "?"},
                 {"\xe2\x80\xa8", "?"},
                 {"\xe2\x82\xac", "\xe2\x82\xac"},
                 {"\x9b"
                  "2J",
                  "?2J"},
                 {"a\xe2\x80", "a??"},
                 {"\xc0\xaf", "??"},
                 {"\xf0\x9f\x92\x80", "\xf0\x9f\x92\x80"}};
    buf b = {0};
    for (size_t i = 0; i < ROWS(names); i++) {
        buf_clear(&b);
        display_sanitized(&b, names[i].name, strlen(names[i].name));
        is_text(b.data, names[i].shown, "what is shown of a name");
    }
    for (size_t i = 0; i < ROWS(rows); i++) {
        json v = parsed(a, rows[i].value);
        buf_clear(&b);
        display_value(&b, &v);
        if (rows[i].text)
            is_text(b.data, rows[i].text, rows[i].value);
        else
            ok(!strchr(b.data, '\033'), "nothing steers a terminal");
    }
    buf_clear(&b);
    display_value(&b, NULL);
    is_text(b.data, "nothing", "no value");
    json entity = parsed(a, "{\"type\":\"Shot\",\"name\":\"a\\u202eb\\u009b\"}"),
         empty = json_string(a, "");
    buf_clear(&b);
    display_entity(&b, &entity);
    is_text(b.data, "Shot \"a?b?\"", "an entity");
    buf_clear(&b);
    display_text(&b, &empty, "otherwise");
    is_text(b.data, "otherwise", "an empty text");
    char text[201];
    memset(text, 'x', 200);
    text[200] = '\0';
    json longer = json_string(a, text);
    buf_clear(&b);
    display_value(&b, &longer);
    ok(b.len < 80, "a long one is cut");
    buf_free(&b);
}

int main(void)
{
    arena *a = arena_new();
    casefold_without_locale(a);
    casefold(a);
    utf8();
    cut();
    python(a);
    display(a);
    arena_free(a);
    return done();
}
