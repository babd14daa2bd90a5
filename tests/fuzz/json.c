/* json/json.h: what was read is written, and read again, as the same. */
#include "fuzz.h"

#include "base/limits.h"
#include "json/pystr.h"
#include "base/utf8.h"

static void check_value(arena *a, const json *v)
{
    json again, copy = json_copy(a, v);
    buf python = {0};
    const char *text = json_written(a, v);
    require(json_parse(a, text, strlen(text), &again, NULL, NULL), "what is written is JSON");
    require_same(json_written(a, &again), text, "it is written the same again");
    require(json_equal(v, &again, NULL), "the same is equal");
    require_same(json_written(a, &copy), text, "a copy is the same");
    require(json_equal(v, &copy, "assignees"), "a copy is equal");
    require(json_depth(v) <= MAX_DEPTH, "it is not too deep");
    require(utf8_bad(text, strlen(text)) == strlen(text), "what is written is UTF-8");
    pystr(&python, v);
    buf_free(&python);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new();
    const char *text = (const char *)data;
    json v;
    json_error e = {0};
    bool good = json_parse(a, text, size, &v, &e, NULL);
    if (good)
        check_value(a, &v);
    else
        require(e.offset <= size && e.what[0], "an error has a place and a reason");
    require(json_parse_answer(a, text, size, &v, NULL) == good, "a small answer is read as any");
    arena_free(a);
    return 0;
}
