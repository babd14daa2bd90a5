/* zou/answer.h, zou/bulk.h, zou/lists.h: what Zou's answers mean. The first line is the
 * status, the rest the body. */
#include "fuzz.h"

#include "zou/answer.h"
#include "zou/bulk.h"
#include "zou/lists.h"

#include <sysexits.h>

static const http_request request = {.method = "GET", .url = "https://kitsu/api/data/x"};

static void judge(int status, const char *body, size_t len)
{
    error e = {0};
    http_answer answer = {.status = status, .body = body, .len = len};
    zou_result result = answer_judge("https://kitsu/api", &request, &answer, &e);
    require(result != ZOU_OK && result != ZOU_STOPPED, "no answer of another status is good");
    require(e.what[0] && strlen(e.what) < sizeof e.what && e.status >= EX__BASE, "it says why");
    require((result == ZOU_LOST) == answer_is_refusal(status), "a refused token is said");
}

/* Of a body that is cut anywhere that is found out. */
static void cut_it(arena *a, const char *body, size_t len)
{
    json v;
    json_error e;
    bool cut;
    for (size_t n = 1; n < len; n++) {
        char *part = malloc(n);
        memcpy(part, body, n);
        require(!answer_parse(a, part, n, &v, &e, &cut) && cut, "a cut answer is known as cut");
        free(part);
    }
}

static bool take(void *context, const json_element *e)
{
    element_list *l = context;
    arena *a = arena_new();
    json tree;
    bool parsed = e->text && json_parse(a, e->text, e->len, &tree, NULL, NULL);
    zou_entity *copy = zou_entity_copy(a, e, parsed ? &tree : NULL);
    require((copy != NULL) == (e->id != NULL), "what has an id is an entity");
    if (copy) {
        require_same(copy->element.id, e->id, "a copy has the id");
        require(copy->kind < KIND_ENTITIES, "it has a kind of ours, or none");
    }
    bool kept = element_list_keep(l, e);
    require(!e->id || element_list_find(l, e->id), "what is kept is found");
    require(!parsed || element_list_tree(l, l->len - 1), "it has its tree");
    arena_free(a);
    return kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new();
    int status = (unsigned)atoi(next_text(a, &data, &size)) % 600u;
    const char *body = (const char *)data;
    json v;
    json_error e;
    bool cut;
    if (status / 100 != 2)
        judge(status, body, size);
    bool good = answer_parse(a, body, size, &v, &e, &cut);
    require(!good || !cut, "what is read is whole");
    char last = size ? body[size - 1] : 0;
    if (good && size < 400 && (last == '}' || last == ']'))
        cut_it(a, body, size);
    element_list l = {0};
    json_splitter *s = json_splitter_new(take, &l);
    if (json_splitter_feed(s, body, size))
        json_splitter_end(s);
    json_splitter_free(s);
    element_list_clear(&l);
    arena_free(a);
    return 0;
}
