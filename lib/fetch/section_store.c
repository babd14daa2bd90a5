#include "fetch/section_store.h"

#include "fetch/stored_tasks.h"

#include <string.h>

static void note_task(void *context, const char *task_id, const char *entity_id)
{
    (void)entity_id;
    idset_add(((section_run *)context)->stored_tasks, task_id, strlen(task_id));
}

static const char *copy_text(section_run *r, const json *v)
{
    const char *text = json_text(v);
    return text ? arena_text(r->arena, text, strlen(text)) : NULL;
}

static bool note_document(void *context, store_ns ns, const json *document)
{
    section_run *r = context;
    (void)ns;
    const json *link = json_at(document, "data", "zou", NULL);
    const char *id = json_text(json_get(link, "id")), *type = json_text(json_get(document, "type"));
    if (!id || !type)
        return true;
    section_item *i = section_items_add(&r->items, id, kind_of(json_text(json_get(link, "type"))));
    bool is_live = strcmp(type, "asset") == 0;
    i->live = is_live && (i->live || !i->stored);
    i->several = i->stored;
    i->stored = true;
    const char *key = json_id(r->arena, json_get(document, "_id"));
    i->document = key ? arena_text(r->arena, key, strlen(key)) : NULL;
    i->document_name = copy_text(r, json_get(document, "name"));
    i->stored_canceled = json_true(json_get(link, "canceled"));
    i->stored_parent_id = copy_text(r, json_get(link, "parent_id"));
    i->stored_type_id = copy_text(r, json_get(link, "entity_type_id"));
    i->stored_ready_for = copy_text(r, json_get(link, "ready_for"));
    stored_tasks_each(document, note_task, r);
    return true;
}

static bool is_not_looked_up(const section_item *i)
{
    return !i->looked_up;
}

bool section_store_look_up(section_run *r)
{
    size_t n;
    const char **ids = section_items_select(&r->items, is_not_looked_up, &n);
    if (n == 0)
        return true;
    for (section_item *i = r->items.table; i; i = i->hh.next)
        i->looked_up = true;
    arena *a = arena_new();
    bool ok = store_find(r->store, r->ns, (store_query){STORE_ZOU_ID, ids, n},
                         &(store_sink){a, note_document, r}, r->e);
    arena_free(a);
    return ok || section_run_store_failed(r);
}

static void note_owner(void *context, const char *task_id, const char *entity_id)
{
    section_run *r = context;
    (void)task_id;
    section_item *i = section_items_add(&r->items, entity_id, KIND_NONE);
    i->by_task = i->wanted = true;
}

/* Zou lets a task be moved to another entity. In the store it then has to be
 * deleted from its old one, which no event names. */
static void seek_moved_tasks(section_run *r)
{
    for (const affected_id *t = r->project->tasks; t; t = t->hh.next) {
        const section_item *i = section_items_find(&r->items, t->entity_id);
        if (i && i->stored && !i->remembered && !t->made && !t->deleted &&
            idset_add(r->stored_tasks, t->id, strlen(t->id)))
            section_run_seek_task(r, t->id);
    }
}

bool section_store_find_tasks(section_run *r)
{
    seek_moved_tasks(r);
    return stored_tasks_find(r->store, r->ns, r->sought_tasks, note_owner, r, r->e) ||
           section_run_store_failed(r);
}
