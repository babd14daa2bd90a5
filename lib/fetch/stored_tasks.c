#include "fetch/stored_tasks.h"

#include "zou/id.h"

void stored_tasks_each(const json *document, stored_task_fn *fn, void *context)
{
    const json *tasks = json_at(document, "data", "tasks", NULL);
    const char *entity_id = json_text(json_at(document, "data", "zou", "id", NULL));
    if (!zou_is_id(entity_id))
        return;
    for (uint32_t i = 0; json_is(tasks, JSON_OBJECT) && i < tasks->len; i++) {
        const char *id = json_text(json_at(&tasks->members[i].value, "zou", "id", NULL));
        if (id)
            fn(context, id, entity_id);
    }
}

/* A search through a collection. All borrowed. */
typedef struct task_search {
    const affected_id *tasks;
    stored_task_fn *fn;
    void *context;
    arena *arena; /* of one document */
} task_search;

static void match_task(void *context, const char *task_id, const char *entity_id)
{
    task_search *s = context;
    affected_id *t;
    HASH_FIND_STR((affected_id *)s->tasks, task_id, t);
    if (t)
        s->fn(s->context, t->id, entity_id);
}

static bool search_document(void *context, store_ns ns, const json *document)
{
    task_search *s = context;
    (void)ns;
    stored_tasks_each(document, match_task, s);
    arena_reset(s->arena);
    return true;
}

bool stored_tasks_find(store *s, store_ns ns, const affected_id *tasks, stored_task_fn *fn,
                       void *context, error *e)
{
    if (!tasks)
        return true;
    static const char *const fields[] = {"data.zou.id", "data.tasks", NULL};
    task_search all = {.tasks = tasks, .fn = fn, .context = context, .arena = arena_new()};
    bool ok = store_documents(s, ns, STORE_ASSETS, fields,
                              &(store_sink){all.arena, search_document, &all}, e);
    arena_free(all.arena);
    return ok;
}
