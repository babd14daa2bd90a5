/* json/json.h, "a long text in pieces": the same elements however their bytes arrive, and
 * those of the whole text. */
#include "fuzz.h"

typedef struct elements {
    arena *arena;
    json list; /* of {text, id, name, type} */
} elements;

static void add_text(arena *a, json *object, const char *key, const char *text)
{
    json_add(a, object, key, text ? json_message(a, text) : json_null());
}

static bool take(void *context, const json_element *e)
{
    elements *l = context;
    json element = json_object();
    add_text(l->arena, &element, "id", e->id);
    add_text(l->arena, &element, "name", e->name);
    add_text(l->arena, &element, "type", e->type);
    require((e->text == NULL) == (e->too_large || e->too_deep), "a text that is not over");
    if (e->text)
        json_add(l->arena, &element, "text", json_stringn(l->arena, e->text, e->len));
    json_push(l->arena, &l->list, element);
    return true;
}

/* What comes of it in pieces of so many bytes; false: it is not in order. */
static bool split(arena *a, const uint8_t *data, size_t size, size_t piece, json *out)
{
    elements l = {a, json_array()};
    json_splitter *s = json_splitter_new(take, &l);
    bool good = true;
    for (size_t i = 0; good && i < size; i += piece)
        good = json_splitter_feed(s, (const char *)data + i, size - i < piece ? size - i : piece);
    good = good && json_splitter_end(s);
    require(good == !json_splitter_error(s), "an error has a reason");
    *out = l.list;
    json_splitter_free(s);
    return good;
}

static bool is_list_of_objects(const json *v)
{
    for (uint32_t i = 0; json_is(v, JSON_ARRAY) && i < v->len; i++)
        if (v->items[i].type != JSON_OBJECT)
            return false;
    return json_is(v, JSON_ARRAY);
}

/* The text of one is what the whole text has there. */
static void check_element(arena *a, const json *element, const json *tree, bool repaired)
{
    static const char *const keys[] = {"id", "name", "type"};
    const json *text = json_get(element, "text");
    json own;
    if (!text)
        return;
    require(json_parse(a, text->text, text->len, &own, NULL, NULL), "an element is JSON");
    require_same(json_written(a, &own), json_written(a, tree), "it is that of the whole");
    for (int i = 0; i < 3 && !repaired; i++)
        require_same(json_text(json_get(element, keys[i])), json_text(json_get(tree, keys[i])),
                     "its outline is its own");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new(), *b = arena_new();
    json whole, other, tree;
    json_repaired repaired = {0};
    json_error e = {.what = ""};
    bool good = split(a, data, size, size + 1, &whole);
    for (size_t piece = SMALLEST_PIECE; piece <= LARGEST_PIECE; piece++) {
        arena_reset(b);
        require(split(b, data, size, piece, &other) == good, "as good in pieces");
        require(json_equal(&whole, &other, NULL), "the same elements in pieces");
    }
    bool parsed = json_parse(a, (const char *)data, size, &tree, &e, &repaired);
    require(!good || parsed || strstr(e.what, "UTF-8") || strstr(e.what, "levels"),
            "what is split is JSON");
    if (good && parsed && is_list_of_objects(&tree)) {
        require(whole.len == tree.len, "no element is lost");
        for (uint32_t i = 0; i < tree.len; i++)
            check_element(a, &whole.items[i], &tree.items[i], repaired.surrogates > 0);
    }
    arena_free(a);
    arena_free(b);
    return 0;
}
