/* model/change_builder.h: what is set, field by field, becomes a Change. */
#include "tap.h"

#include "model/change_builder.h"

static arena *a;

/* The updateDescription and the fields before of what was done, or "-": nothing is to be done. */
static const char *outcome(const change_builder *d)
{
    if (!change_builder_changes(d))
        return "-";
    json id = json_integer(a, 1);
    json change = change_builder_change(d, "avalon", "demo", &id, json_null());
    const json *update = json_get(&change, "updateDescription"),
               *old = json_get(&change, "fullDocumentBeforeChange");
    return arena_printf(a, "%s %s", json_written(a, update), json_written(a, old));
}

static change_builder over(const char *document)
{
    json *before = arena_alloc(a, sizeof *before);
    *before = parsed(a, document);
    return change_builder_new(a, before);
}

static void updates(void)
{
    change_builder d =
        over("{\"data\":{\"fps\":25.0,\"tasks\":{\"Comp\":{\"type\":\"Comp\"}}},\"name\":\"x\"}");
    is_text(outcome(&d), "-", "nothing was set");
    change_builder_set(&d, json_integer(a, 25), "data", "fps", NULL);
    change_builder_set(&d, json_string(a, "x"), "name", NULL);
    is_text(outcome(&d), "-", "what is equal leaves no trace");
    change_builder_unset(&d, "data", "none", NULL);
    is_text(outcome(&d), "-", "nor does what is not there");
    change_builder_set(&d, json_integer(a, 24), "data", "fps", NULL);
    is_text(outcome(&d),
            "{\"updatedFields\":{\"data.fps\":24},\"removedFields\":[]} {\"data\":{\"fps\":25.0}}",
            "another value, and the one before");
    change_builder_unset(&d, "data", "tasks", "Comp", NULL);
    is_text(outcome(&d),
            "{\"updatedFields\":{\"data.fps\":24},\"removedFields\":[\"data.tasks.Comp\"]} "
            "{\"data\":{\"fps\":25.0,\"tasks\":{\"Comp\":{\"type\":\"Comp\"}}}}",
            "a field removed");
}

static void ways(void)
{
    change_builder d = over("{\"data\":{\"tasks\":\"none\"}}");
    change_builder_set(&d, json_integer(a, 1), "data", "tasks", "Comp", NULL);
    is_text(outcome(&d),
            "{\"updatedFields\":{\"data.tasks\":{\"Comp\":1}},\"removedFields\":[]} "
            "{\"data\":{\"tasks\":\"none\"}}",
            "something else on the way is replaced whole");
    d = over("{}");
    change_builder_set(&d, json_integer(a, 1), "data", "tasks", "Comp", NULL);
    const char *made = outcome(&d);
    ok(strstr(made, "\"data") && strstr(made, "1") && strstr(made, "\"removedFields\":[]"),
       "objects on the way are made: %s", made);
}

static void inserts(void)
{
    change_builder d = change_builder_new(a, NULL);
    change_builder_set(&d, json_string(a, "SH010"), "name", NULL);
    change_builder_set(&d, json_integer(a, 1), "data", "a.b", NULL);
    ok(change_builder_changes(&d), "a new document is one to do");
    json id = json_integer(a, 7), entity = json_null();
    json change = change_builder_change(&d, "avalon", "demo", &id, entity);
    ok(json_text_is(json_get(&change, "operationType"), "insert"), "an insert");
    is_text(json_written(a, json_at(&change, "fullDocument", "data", NULL)), "{\"a.b\":1}",
            "a dot in the last key");
    is_text(json_written(a, json_at(&change, "documentKey", NULL)), "{\"_id\":7}", "its id");
    is_text(json_written(a, json_get(&change, "ns")), "{\"db\":\"avalon\",\"coll\":\"demo\"}",
            "its place");
}

static void endings(void)
{
    json document = parsed(a, "{\"_id\":7,\"name\":\"x\"}");
    json change = change_builder_delete(a, "avalon", "demo", &document, json_null());
    ok(json_text_is(json_get(&change, "operationType"), "delete"), "a delete");
    is_text(json_written(a, json_at(&change, "documentKey", NULL)), "{\"_id\":7}", "of this id");
    ok(json_is(json_get(&change, "fullDocumentBeforeChange"), JSON_OBJECT), "that was so before");
    change = change_builder_drop(a, "avalon", "demo", false, json_null());
    ok(json_text_is(json_get(&change, "operationType"), "drop") &&
           !json_get(&change, "documentKey"),
       "a drop");
}

int main(void)
{
    a = arena_new();
    updates();
    ways();
    inserts();
    endings();
    arena_free(a);
    return done();
}
