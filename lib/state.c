#include "state.h"

#include <string.h>

store_ns state_ns(const store *s)
{
    return (store_ns){store_openpype(s), STATE_COLLECTION};
}

/* Store a document unless it is there, just so. */
static bool put(store *s, const json *document, bool *begun, arena *a, store_error *e)
{
    json old;
    bool found;
    if (!store_get(s, state_ns(s), json_get(document, "_id"), a, &old, &found, e))
        return false;
    if (found && json_equal(&old, document, NULL))
        return true;
    if (!*begun && !store_begin(s, e))
        return false;
    *begun = true;
    return store_put(s, state_ns(s), document, a, e);
}

/* ---- skipped entities --------------------------------------------------- */

static json skipped_id(arena *a, const char *project_id)
{
    return json_string(a, arena_printf(a, "skipped:%s", project_id));
}

bool state_skipped(store *s, const char *project_id, arena *a, json *records, store_error *e)
{
    json id = skipped_id(a, project_id), document;
    bool found;
    *records = json_array();
    if (!store_get(s, state_ns(s), &id, a, &document, &found, e))
        return false;
    const json *entities = found ? json_get(&document, "entities") : NULL;
    if (json_is(entities, JSON_ARRAY))
        *records = *entities;
    return true;
}

static bool names_entity(const json *records, const json *entity)
{
    const char *type = json_text(json_get(entity, "type")), *id = json_text(json_get(entity, "id"));
    for (uint32_t i = 0; type && id && i < records->len; i++) {
        const json *other = json_get(&records->items[i], "entity");
        const char *other_id = json_text(json_get(other, "id"));
        const char *other_type = json_text(json_get(other, "type"));
        if (other_id && other_type && strcmp(other_id, id) == 0 && strcmp(other_type, type) == 0)
            return true;
    }
    return false;
}

bool state_put_skipped(store *s, const char *project_id, const json *records, bool add, bool *begun,
                       arena *a, store_error *e)
{
    json old, all = json_array();
    if (!state_skipped(s, project_id, a, &old, e))
        return false;
    if (records->len == 0 && (add || old.len == 0))
        return true;
    for (uint32_t i = 0; add && i < old.len; i++)
        if (!names_entity(records, json_get(&old.items[i], "entity")))
            json_push(a, &all, old.items[i]);
    for (uint32_t i = 0; i < records->len; i++)
        json_push(a, &all, records->items[i]);

    json document = json_object();
    json_add(a, &document, "_id", skipped_id(a, project_id));
    json_add(a, &document, "type", json_string(a, "skipped"));
    json_add(a, &document, "entities", all);
    return put(s, &document, begun, a, e);
}

/* ---- checkpoints -------------------------------------------------------- */

bool state_checkpoint_valid(const json *checkpoint)
{
    const json *projects = json_get(checkpoint, "projects");
    const json *created_at = json_get(checkpoint, "created_at");
    if (!json_text(json_get(checkpoint, "server")) || !created_at ||
        !json_is(json_get(checkpoint, "ids"), JSON_ARRAY) ||
        (!json_text(created_at) && !json_is_null(created_at)))
        return false;
    if (projects && projects->type == JSON_NULL)
        return true;
    if (!json_is(projects, JSON_ARRAY))
        return false;
    for (uint32_t i = 0; i < projects->len; i++)
        if (!json_text(&projects->items[i]))
            return false;
    return true;
}

static json checkpoint_id(arena *a, const char *server, const char *who)
{
    return json_string(a, arena_printf(a, "checkpoint:%s:%s", server, who));
}

bool state_has_checkpoint(store *s, const char *server, const char *project_id, arena *a, bool *has,
                          store_error *e)
{
    json id = checkpoint_id(a, server, project_id), document;
    return store_get(s, state_ns(s), &id, a, &document, has, e);
}

static bool put_one(store *s, const json *checkpoint, json project_id, bool *begun, arena *a,
                    store_error *e)
{
    const json *server = json_get(checkpoint, "server");
    const char *who = json_is_null(&project_id) ? "*" : project_id.text;
    json document = json_object();
    json_add(a, &document, "_id", checkpoint_id(a, server->text, who));
    json_add(a, &document, "type", json_string(a, "checkpoint"));
    json_add(a, &document, "server", *server);
    json_add(a, &document, "project_id", project_id);
    json_add(a, &document, "created_at", *json_get(checkpoint, "created_at"));
    json_add(a, &document, "ids", *json_get(checkpoint, "ids"));
    return put(s, &document, begun, a, e);
}

bool state_put_checkpoint(store *s, const json *checkpoint, bool *begun, arena *a, store_error *e)
{
    const json *projects = json_get(checkpoint, "projects");
    if (json_is_null(projects))
        return put_one(s, checkpoint, json_null(), begun, a, e);
    for (uint32_t i = 0; i < projects->len; i++)
        if (!put_one(s, checkpoint, projects->items[i], begun, a, e))
            return false;
    return true;
}
