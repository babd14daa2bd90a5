/* store/bson.h: documents to BSON and back. The input is JSON, or BSON. */
#include "mutate.h"

#include "store/bson.h"
#include "store/libmongoc.h"

static void check_canonical(arena *a, const json *document)
{
    json once, twice;
    error e = {0};
    if (!bsonjson_canonical(a, document, &once, &e)) {
        require(e.what[0] && e.status, "what is refused has a reason");
        return;
    }
    require(bsonjson_canonical(a, &once, &twice, &e), "what was read is written");
    require_same(json_written(a, &once), json_written(a, &twice), "it stays what it is");
    bson_t b = BSON_INITIALIZER;
    require(bsonjson_document(&b, document, &e), "it is a document");
    require(bson_validate(&b, BSON_VALIDATE_UTF8 | BSON_VALIDATE_UTF8_ALLOW_NULL, NULL),
            "it is good BSON");
    json read = bsonjson_read(a, &b);
    require_same(json_written(a, &read), json_written(a, &once), "as MongoDB would give it back");
    bson_destroy(&b);
}

/* What a server may send: after it was read, it is written as a document, or refused. */
static void check_bson(arena *a, const uint8_t *data, size_t size)
{
    bson_t b;
    if (!bson_init_static(&b, data, size) || !bson_validate(&b, BSON_VALIDATE_UTF8, NULL))
        return;
    json read = bsonjson_read(a, &b), again;
    const char *text = json_written(a, &read);
    error e = {0};
    if (json_depth(&read) < 90 && json_parse(a, text, strlen(text), &again, NULL, NULL) &&
        bsonjson_canonical(a, &again, &again, &e))
        check_canonical(a, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new();
    json document;
    check_bson(a, data, size);
    while (size)
        if (next_json(a, &data, &size, &document) && document.type == JSON_OBJECT)
            check_canonical(a, &document);
    arena_free(a);
    return 0;
}
