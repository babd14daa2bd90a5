#include "publish/task_names.h"

#include "base/limits.h"
#include "model/names.h"
#include "publish/entity.h"
#include "store/links.h"

#include <string.h>

typedef struct search {
    zou_lists *lists; /* borrowed, as all of these */
    store *store;
    const json *zou_task;
    bool converted;
    arena *a;
    task_names *out;
    error *e;
} search;

static const char *text_of(const search *s, const char *key)
{
    return json_text(json_get(s->zou_task, key));
}

/* ---- the store ----------------------------------------------------------------- */

static const char *name_of_task(const search *s, const json *document)
{
    const json *tasks = json_at(document, "data", "tasks", NULL), *id = json_get(s->zou_task, "id");
    for (uint32_t i = 0; json_is_plain(tasks) && i < tasks->len; i++) {
        const json *linked = json_at(&tasks->members[i].value, "zou", "id", NULL);
        if (linked && json_equal(linked, id, NULL))
            return tasks->members[i].key;
    }
    return NULL;
}

/* Of several documents of the entity one that has the task, which it follows in Kitsu. */
static bool take_document(void *context, store_ns ns, const json *document)
{
    search *s = context;
    const char *name = json_text(json_get(document, "name")), *task = name_of_task(s, document);
    (void)ns;
    if (name && (task || !s->out->asset)) {
        s->out->asset = name;
        s->out->task_name = task;
    }
    return true;
}

static bool find_in_store(search *s)
{
    const char *project_id = text_of(s, "project_id"), *entity_id = text_of(s, "entity_id");
    project_links links = {0};
    bool ok = project_links_read(&links, s->store, NULL, s->e);
    const project_link *link =
        ok && project_id ? project_links_find(&links, project_id, NULL) : NULL;
    if (link)
        s->out->project = arena_text(s->a, link->coll, strlen(link->coll));
    if (link && entity_id)
        ok = store_find(s->store, (store_ns){store_avalon(s->store), s->out->project},
                        (store_query){STORE_ZOU_ID, &entity_id, 1},
                        &(store_sink){s->a, take_document, s}, s->e);
    project_links_free(&links);
    return ok;
}

/* ---- Kitsu ------------------------------------------------------------------ */

static zou_result ask_for_project(search *s)
{
    const char *id = text_of(s, "project_id"), *name;
    json project;
    if (!id || s->out->project)
        return ZOU_OK;
    arena *scratch = arena_new();
    zou_result result = zou_get(s->lists->zou, arena_printf(s->a, "/data/projects/%s", id),
                                JSON_OBJECT, scratch, &project, s->e);
    name = result == ZOU_OK ? json_text(json_get(&project, "name")) : NULL;
    const char *found = name ? name_usable(scratch, name, true, s->converted) : NULL;
    if (found && strlen(found) <= MAX_NAME)
        s->out->project = arena_text(s->a, found, strlen(found));
    arena_free(scratch);
    return result;
}

static zou_result ask_for_task_type(search *s)
{
    const char *id = text_of(s, "task_type_id");
    element_list *types = &s->lists->task_types;
    if (!id || s->out->task_name)
        return ZOU_OK;
    zou_result result = zou_lists_need(s->lists, types, s->e);
    const json_element *type = result == ZOU_OK ? element_list_find(types, id) : NULL;
    if (type && type->name && strlen(type->name) <= MAX_NAME)
        s->out->task_name = arena_text(s->a, type->name, strlen(type->name));
    return result;
}

static zou_result ask_for_asset(search *s)
{
    const char *id = text_of(s, "entity_id");
    if (!id || s->out->asset)
        return ZOU_OK;
    return publish_entity_name(s->lists->zou, id, s->converted, s->a, &s->out->asset, s->e);
}

bool task_names_find(zou_lists *lists, store *st, const json *zou_task, bool converted, arena *a,
                     task_names *out, error *e)
{
    search s = {lists, st, zou_task, converted, a, out, e};
    *out = (task_names){0};
    return find_in_store(&s) && ask_for_project(&s) != ZOU_LOST && ask_for_asset(&s) != ZOU_LOST &&
           ask_for_task_type(&s) != ZOU_LOST;
}
