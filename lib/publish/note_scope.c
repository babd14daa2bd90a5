#include "publish/note_scope.h"

#include "json/casefold.h"
#include "json/path.h"
#include "model/names.h"
#include "publish/publish.h"

publish_scope publish_scope_of(const json *settings)
{
    const json *families = path_get(settings, SCOPE_SETTINGS ".families");
    return (publish_scope){.without_review =
                               json_true(path_get(settings, SCOPE_SETTINGS ".without_review")),
                           .families = json_is(families, JSON_ARRAY) ? families : NULL,
                           .converts_names = names_are_converted(settings)};
}

static bool is_listed(const json *families, const json *family)
{
    for (uint32_t i = 0; json_text(family) && i < families->len; i++)
        if (json_text(&families->items[i]) && casefold_equal(&families->items[i], family))
            return true;
    return false;
}

/* By its family, or one of its families. */
static bool has_listed_family(const json *listed, const json *instance)
{
    const json *families = json_get(instance, "families");
    bool has = is_listed(listed, json_get(instance, "family"));
    for (uint32_t i = 0; json_is(families, JSON_ARRAY) && i < families->len; i++)
        has |= is_listed(listed, &families->items[i]);
    return has;
}

bool publish_scope_is_same(const publish_scope *s, const publish_scope *t)
{
    return s->without_review == t->without_review && s->converts_names == t->converts_names &&
           json_equal(s->families, t->families, NULL);
}

bool publish_is_noted(const publish_scope *s, const json *instance, const char **why)
{
    const char *fault = NULL;
    if (publish_is_reviewed(instance))
        return true;
    if (!s->without_review)
        fault = "its families do not include \"review\"";
    else if (!json_true(json_get(instance, "publish")))
        fault = "it is no review, and not published";
    else if (s->families && s->families->len && !has_listed_family(s->families, instance))
        fault = "it is no review, and of no family in " SCOPE_SETTINGS ".families";
    if (why)
        *why = fault;
    return !fault;
}
