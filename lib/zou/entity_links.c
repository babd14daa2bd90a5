#include "zou/entity_links.h"

#include "zou/id.h"

#include <string.h>
#include <sysexits.h>

/* ---- one link ---------------------------------------------------------------- */

static bool hand_out(entity_links *l, const entity_link *link)
{
    if (!zou_is_id(link->entity_in_id) || !zou_is_id(link->entity_out_id)) {
        l->spoilt = true;
        return true;
    }
    l->n++;
    return l->fn(l->context, link);
}

static const json *of_type(const json *v, json_type type)
{
    return json_is(v, type) ? v : NULL;
}

static bool take_link(void *context, const json_element *e, const json *tree)
{
    entity_link link = {.id = e->id,
                        .entity_in_id = json_text(json_get(tree, "entity_in_id")),
                        .entity_out_id = json_text(json_get(tree, "entity_out_id")),
                        .nb_occurences = of_type(json_get(tree, "nb_occurences"), JSON_NUMBER),
                        .label = of_type(json_get(tree, "label"), JSON_STRING)};
    return hand_out(context, &link);
}

/* What is cast in a shot, in the list that has its id. */
static bool take_cast(void *context, const json_element *e, const json *tree)
{
    entity_link link = {.entity_in_id = e->group,
                        .entity_out_id = json_text(json_get(tree, "asset_id")),
                        .nb_occurences = of_type(json_get(tree, "nb_occurences"), JSON_NUMBER),
                        .label = of_type(json_get(tree, "label"), JSON_STRING)};
    return hand_out(context, &link);
}

/* ---- all of them --------------------------------------------------------------- */

/* Not for this user, or not in this Kitsu. (Whether the project is gone its caller asks.) */
static bool is_refused(zou_result result)
{
    return result == ZOU_FORBIDDEN || result == ZOU_MISSING;
}

zou_result entity_links_read(entity_links *l, zou_project *p, error *e)
{
    zou *z = p->lists->zou;
    l->view = LINKS_ALL;
    zou_result result =
        zou_list_trees(z, zou_project_path(p, "entity-links"), NULL, take_link, l, e);
    if (!is_refused(result))
        return result;
    l->view = LINKS_SHOTS;
    result = zou_list_groups(z, zou_project_path(p, "sequences/all/casting"), take_cast, l, e);
    if (!is_refused(result))
        return result;
    l->view = LINKS_NONE;
    return ZOU_OK;
}

zou_result entity_links_query(entity_links *l, zou *z, const bulk_query *query, error *e)
{
    l->view = LINKS_ALL;
    return zou_bulk_trees(z, query, NULL, take_link, l, e);
}

/* ---- whether there are any -------------------------------------------------------- */

/* A text may have `"nb_entities_out":0`, as most do: then it need not be parsed. */
static bool may_count(const json_element *e)
{
    static const char key[] = "\"nb_entities_out\"";
    const char *end = e->text + e->len, *found = e->text;
    while ((found = memmem(found, (size_t)(end - found), key, sizeof key - 1))) {
        found += sizeof key - 1;
        while (found < end && strchr(" \t\r\n:", *found))
            found++;
        if (found < end && *found >= '1' && *found <= '9')
            return true;
    }
    return false;
}

bool entity_links_counted(const json_element *e)
{
    json tree;
    int64_t n = 0;
    if (!e->text || !e->id || !may_count(e))
        return false;
    arena *a = arena_new();
    bool counted = json_parse(a, e->text, e->len, &tree, NULL, NULL) &&
                   json_int64(json_get(&tree, "nb_entities_out"), &n) && n > 0 &&
                   json_text(json_get(&tree, "parent_id")) &&
                   !json_true(json_get(&tree, "canceled"));
    arena_free(a);
    return counted;
}

static bool note_any(void *context, const json_element *e)
{
    (void)e;
    *(bool *)context = true;
    return false;
}

zou_result entity_links_check_none(zou_project *p, const char *entity_id, error *e)
{
    bool any = false;
    const char *route = arena_printf(p->arena, "entities/%s/casting", entity_id);
    zou_result result = zou_list(p->lists->zou, zou_project_path(p, route), note_any, &any, e);
    if (result != ZOU_STOPPED)
        return result;
    error_set(e, EX_PROTOCOL,
              "Kitsu lists no castings, but there are some in shot %s: the list is not believed",
              entity_id);
    return ZOU_DISPUTED;
}
