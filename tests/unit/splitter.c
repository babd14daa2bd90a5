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
    if (e->text)
        buf_addf(&f->list, "%.*s\n", (int)e->len, e->text);
    else
        buf_addf(&f->list, "over %s %s%s\n", e->id ? e->id : "-", e->too_large ? "large" : "",
                 e->too_deep ? "deep" : "");
    return --f->stop != 0;
}

/* What comes of a text that arrives `size` bytes at a time; "error" when it is not in order. */
static void split(const char *text, size_t len, size_t size, buf *out)
{
    found f = {.stop = -1};
    buf_adds(&f.list, "");
    json_splitter *s = json_splitter_new(take, &f);
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
    limits();
    stops();
    return done();
}
