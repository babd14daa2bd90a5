#include "apply/canonical.h"

#include "store/bson.h"

static const json *canonical(arena *a, const json *document)
{
    json *out = arena_alloc(a, sizeof *out);
    error why;
    return document && bsonjson_canonical(a, document, out, &why) ? out : document;
}

/* `document` of one member, for a value alone. */
static const json *canonical_value(arena *a, const json *value)
{
    json document = json_object();
    json_add(a, &document, "value", *value);
    return json_get(canonical(a, &document), "value");
}

void change_canonical(arena *a, change *c)
{
    c->before = canonical(a, c->before);
    c->after = canonical(a, c->after);
    for (size_t i = 0; i < c->n_fields; i++)
        if (c->fields[i].value)
            c->fields[i].value = canonical_value(a, c->fields[i].value);
}
