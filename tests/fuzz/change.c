/* model/change.h: Change records, judged and applied. A line with the Change, one with a
 * document as it is now. */
#include "mutate.h"

#include "model/change.h"
#include "json/path.h"

static void check_update(arena *a, const change *c, const json *document)
{
    error why = {0};
    json after = change_apply(a, c, document);
    require(change_judge(c, &after, &why) == CHANGE_DONE, "what was applied is done");
    for (size_t i = 0; i < c->n_fields; i++) {
        require(path_valid(c->paths[i]), "a path is valid");
        require(json_equal(path_get(&after, c->paths[i]), c->fields[i].value, NULL),
                "a field is as it should be");
    }
    json again = change_apply(a, c, &after);
    require(json_equal(&after, &again, NULL), "applied twice, it is the same");
}

static void check_change(arena *a, const change *c, const json *document)
{
    error why = {0};
    change copy = change_copy(a, c);
    change_verdict verdict = change_judge(c, document, &why);
    require(verdict != CHANGE_CONFLICT || why.what[0], "a conflict has a reason");
    require(change_judge(&copy, document, &why) == verdict, "a copy is judged the same");
    require(change_archives(&copy) == change_archives(c), "a copy archives the same");
    if (verdict == CHANGE_NEEDED && c->op == CHANGE_UPDATE)
        check_update(a, c, document);
    switch (c->op) {
    case CHANGE_INSERT:
        require(change_judge(c, NULL, &why) == CHANGE_NEEDED, "nothing is there");
        require(change_judge(c, c->after, &why) == CHANGE_DONE, "it is there");
        break;
    case CHANGE_DELETE:
        require(change_judge(c, NULL, &why) == CHANGE_DONE, "it is gone");
        require(change_judge(c, c->before, &why) == CHANGE_NEEDED, "it is there still");
        break;
    case CHANGE_UPDATE:
        require(change_judge(c, NULL, &why) == CHANGE_CONFLICT, "there is no document");
        if (change_judge(c, c->before, &why) == CHANGE_NEEDED)
            check_update(a, c, c->before);
        break;
    case CHANGE_DROP: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new();
    json record, document;
    change c;
    error e = {0};
    if (next_json(a, &data, &size, &record)) {
        bool there = next_json(a, &data, &size, &document) && document.type == JSON_OBJECT;
        if (change_read(a, &record, &c, &e))
            check_change(a, &c, there ? &document : NULL);
        else
            require(e.what[0] && e.status == 65, "a bad one has a reason");
    }
    arena_free(a);
    return 0;
}
