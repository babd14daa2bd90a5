/* json/json.h, "a long text in pieces": the elements of a list, however its bytes arrive. */
#include "tap.h"

#include "base/limits.h"

typedef struct found {
    buf list; /* owned: what came, each in its own line */
    int stop; /* after so many */
} found;

static bool take(void *context, const json_element *e)
{
    found *f = context;
    if (e->group)
        buf_addf(&f->list, "%s:", e->group);
    if (e->text)
        buf_addf(&f->list, "%.*s\n", (int)e->len, e->text);
    else
        buf_addf(&f->list, "over %s %s%s\n", e->id ? e->id : "-", e->too_large ? "large" : "",
                 e->too_deep ? "deep" : "");
    return --f->stop != 0;
}

/* What comes of a text that arrives `size` bytes at a time; "error" when it is not in order. */
static void split_by(json_splitter *make(json_element_fn *, void *), const char *text, size_t len,
                     size_t size, buf *out)
{
    found f = {.stop = -1};
    buf_adds(&f.list, "");
    json_splitter *s = make(take, &f);
    bool good = true;
    for (size_t i = 0; good && i < len; i += size)
        good = json_splitter_feed(s, text + i, len - i < size ? len - i : size);
    good = good && json_splitter_end(s);
    buf_clear(out);
    buf_adds(out, good ? f.list.data : "error");
    if (!good && !json_splitter_error(s))
        buf_adds(out, " without a reason");
    json_splitter_free(s);
    buf_free(&f.list);
}

static void split(const char *text, size_t len, size_t size, buf *out)
{
    split_by(json_splitter_new, text, len, size, out);
}

static const struct {
    const char *text, *elements;
} texts[] = {
    {"[]", ""},
    {"[{}]", "{}\n"},
    {" [ {\"a\":1} , {\"b\":[{}]} ] \n", "{\"a\":1}\n{\"b\":[{}]}\n"},
    {"[{\"a\":\"}],{\\\"\"}]", "{\"a\":\"}],{\\\"\"}\n"},
    {"{\"a\":1}", "{\"a\":1}\n"},
    {"[1]", "error"},
    {"[{}", "error"},
    {"[{}]]", "error"},
    {"[{},]", "error"},
    {"[{}] []", "error"},
    {"[{}]\"", "error"},
    {"[{}] \"abc", "error"},
    {"[{}]tru", "error"},
    {"{}\"", "error"},
    {"", "error"},
    {"nonsense", "error"},
    {"<html>", "error"},
};

static void pieces(void)
{
    buf got = {0};
    for (size_t i = 0; i < ROWS(texts); i++) {
        bool same = true;
        for (size_t size = 1; size <= 31; size++) {
            split(texts[i].text, strlen(texts[i].text), size, &got);
            same = same && strcmp(got.data, texts[i].elements) == 0;
        }
        ok(same, "in pieces of 1 to 31 bytes, row %zu", i);
    }
    buf_free(&got);
}

static const struct {
    const char *text, *elements;
} groups[] = {
    {"{}", ""},
    {"{\"a\":[]}", ""},
    {"{\"a\":[{}]}", "a:{}\n"},
    {" {\"a\" : [ {\"b\":[{}]} , {} ],\"\":[],\"c\":[{\"a\":{\"d\":[]}}]}",
     "a:{\"b\":[{}]}\na:{}\nc:{\"a\":{\"d\":[]}}\n"},
    {"{\"\\u00e4\":[{}]}", "\303\244:{}\n"},
    {"[]", "error"},
    {"[{}]", "error"},
    {"5", "error"},
    {"{\"a\":5}", "error"},
    {"{\"a\":{}}", "error"},
    {"{\"a\":[5]}", "error"},
    {"{\"a\":[[]]}", "error"},
    {"{\"a\":[{}]", "error"},
    {"{\"a\":[{}]}}", "error"},
    {"{\"a\":[{}],}", "error"},
    {"", "error"},
};

static void pieces_of_groups(void)
{
    buf got = {0};
    for (size_t i = 0; i < ROWS(groups); i++) {
        bool same = true;
        for (size_t size = 1; size <= 31; size++) {
            split_by(json_splitter_of_groups, groups[i].text, strlen(groups[i].text), size, &got);
            same = same && strcmp(got.data, groups[i].elements) == 0;
        }
        ok(same, "groups in pieces of 1 to 31 bytes, row %zu: %s", i, got.data);
    }
    buf_free(&got);
}

/* Of what is over a limit the id is kept, and what follows comes as it is. */
static void limits(void)
{
    buf text = {0}, got = {0};
    buf_adds(&text, "[{\"id\":\"a\",\"x\":\"");
    for (size_t i = 0; i < MAX_RECORD; i++)
        buf_addc(&text, 'x');
    buf_adds(&text, "\"},{\"id\":\"b\",\"y\":");
    for (unsigned i = 0; i < MAX_RECORD_DEPTH; i++)
        buf_addc(&text, '[');
    for (unsigned i = 0; i < MAX_RECORD_DEPTH; i++)
        buf_addc(&text, ']');
    buf_adds(&text, "},{\"id\":\"c\"}]");
    split(text.data, text.len, 65536, &got);
    is_text(got.data, "over a large\nover b deep\n{\"id\":\"c\"}\n",
            "too large, too deep, and one in order");
    buf_free(&text);
    buf_free(&got);
}

/* An element with a text of so many pieces, and what comes after it. */
static void add_long(buf *text, const char *piece, size_t bytes)
{
    buf_adds(text, "[{\"name\":\"long\",\"x\":{\"y\":\"");
    for (size_t start = text->len; text->len - start < bytes;)
        buf_adds(text, piece);
    buf_adds(text, "\",\"z\":[1,\"}\\\"]\"]},\"id\":\"a\"},{\"id\":\"b\"}]");
}

/* yajl reads an unfinished text again with each piece that comes: with a limit on what it
 * sees, a text of 40 MiB in pieces takes no longer than its bytes need. What the limit cuts
 * is no half of a character or of an escape. */
static void long_texts(void)
{
    static const char *const patterns[] = {"x",
                                           "\\\\",
                                           "\\\"",
                                           "\\u00e9\\ud83d\\ude00",
                                           "\xe6\x97\xa5\xf0\x9f\x98\x80",
                                           "\\\\\\\"\xc3\xa9]}{["};
    static const size_t sizes[] = {1, 2, 3, 7, 31, 1000, 16384, SIZE_MAX};
    buf text = {0}, got = {0};
    for (size_t i = 0; i < ROWS(patterns); i++) {
        bool same = true;
        buf_clear(&text);
        add_long(&text, patterns[i], MAX_RECORD + 300000);
        for (size_t k = i ? 3 : 0; k < ROWS(sizes); k++) {
            split(text.data, text.len, sizes[k], &got);
            same = same && strcmp(got.data, "over a large\n{\"id\":\"b\"}\n") == 0;
        }
        ok(same, "a long text, row %zu", i);
    }
    buf_clear(&text);
    add_long(&text, "x", (size_t)40 * 1024 * 1024);
    split(text.data, text.len, 16384, &got);
    is_text(got.data, "over a large\n{\"id\":\"b\"}\n", "40 MiB");
    buf_free(&text);
    buf_free(&got);
}

static void add_times(buf *b, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_adds(b, text);
}

/* At each limit, and one beyond it. */
static void edges(void)
{
    static const struct {
        const char *before, *piece, *after, *within, *beyond;
        size_t n;
    } rows[] = {
        {"[{\"id\":\"a\",\"x\":[", "0,", "0]}]", "over - ", "over a large\n",
         MAX_RECORD_VALUES - 4},
        {"[{\"id\":\"a\",\"x\":", "1", "}]", NULL, "error", 1000},
        {"[{\"id\":\"a\"}", " ", "]", NULL, "error", 64 * 1024 - 1},
        {"[", " ", "1]", "error", "error", 200000},
        {"[", "[", "", "error", "error", 100},
        {"[{\"id\":\"a\",\"x\":", "[", "", "error", "error", 200000},
    };
    buf text = {0}, got = {0};
    for (size_t i = 0; i < ROWS(rows); i++)
        for (size_t more = 0; more < 2; more++) {
            buf_clear(&text);
            buf_adds(&text, rows[i].before);
            add_times(&text, rows[i].piece, rows[i].n + more);
            buf_adds(&text, rows[i].after);
            split(text.data, text.len, 1000, &got);
            const char *expected = more ? rows[i].beyond : rows[i].within;
            bool good = expected && strncmp(expected, "over - ", 7) != 0;
            ok(good ? strcmp(got.data, expected) == 0 : strncmp(got.data, "{\"id\":\"a\"", 9) == 0,
               "row %zu, %s the limit: %.40s", i, more ? "beyond" : "at", got.data);
        }
    buf_free(&text);
    buf_free(&got);
}

static void stops(void)
{
    found f = {.stop = 2};
    json_splitter *s = json_splitter_new(take, &f);
    ok(!json_splitter_feed(s, "[{},{},{}]", 10), "the callback said so");
    is_text(f.list.data, "{}\n{}\n", "and no more came");
    json_splitter_free(s);
    json_splitter_free(NULL);
    buf_free(&f.list);
}

int main(void)
{
    pieces();
    pieces_of_groups();
    limits();
    long_texts();
    edges();
    stops();
    return done();
}
