#include "fetch/unplaced.h"

#include "base/msg.h"
#include "fetch/stored_tasks.h"
#include "zou/bulk.h"
#include "zou/id.h"

/* The search for their projects. */
typedef struct search {
    event_batch *batch;
    affected_project *from; /* the one without an id */
    const char *project_id; /* in the store: of the documents that are being read */
} search;

/* Add an id to its project. `entity_id`: of a task, or NULL. */
static void place(search *s, affected_id **table, const char *id, const char *project_id,
                  const char *entity_id)
{
    affected_id *t;
    HASH_FIND_STR(*table, id, t);
    if (!t || !zou_is_id(project_id))
        return;
    affected *all = s->batch->affected;
    affected_project *p = affected_project_of(all, project_id);
    affected_id *own = affected_add(all, p, table == &s->from->tasks ? &p->tasks : &p->entities, id,
                                    t->kind, entity_id ? entity_id : t->entity_id);
    own->made |= t->made;
    own->deleted |= t->deleted;
    t->placed = true;
}

static bool place_entity(void *context, const json_element *e, const json *entity)
{
    search *s = context;
    const char *project_id = json_text(json_get(entity, "project_id"));
    if (e->id && project_id)
        place(s, &s->from->entities, e->id, project_id, NULL);
    return true;
}

static bool place_task(void *context, const json_element *e, const json *task)
{
    search *s = context;
    const char *project_id = json_text(json_get(task, "project_id"));
    if (e->id && project_id)
        place(s, &s->from->tasks, e->id, project_id, json_text(json_get(task, "entity_id")));
    return true;
}

static bool place_document(void *context, store_ns ns, const json *document)
{
    search *s = context;
    (void)ns;
    const char *id = json_text(json_at(document, "data", "zou", "id", NULL));
    if (id)
        place(s, &s->from->entities, id, s->project_id, NULL);
    return true;
}

static void place_stored_task(void *context, const char *task_id, const char *entity_id)
{
    search *s = context;
    place(s, &s->from->tasks, task_id, s->project_id, entity_id);
}

static const char **ids_of(arena *a, const affected_id *table, size_t *n)
{
    const char **ids = arena_alloc(a, (HASH_COUNT(table) + 1) * sizeof *ids);
    *n = 0;
    for (const affected_id *t = table; t; t = t->hh.next)
        ids[(*n)++] = t->id;
    return ids;
}

static zou_result ask_kitsu(search *s)
{
    event_batch *b = s->batch;
    affected_project *p = s->from;
    bulk_query entities = {.path = "/data/entities?id="};
    bulk_query tasks = {.path = "/data/tasks?id=", .rest = "&relations=true"};
    entities.ids = ids_of(b->arena, p->entities, &entities.n);
    tasks.ids = ids_of(b->arena, p->tasks, &tasks.n);
    for (affected_id *t = p->tasks; t; t = t->hh.next)
        t->placed = t->entity_id; /* the entity is affected as well */
    zou_result result = zou_bulk_trees(b->lists.zou, &entities, NULL, place_entity, s, b->e);
    if (result == ZOU_OK)
        result = zou_bulk_trees(b->lists.zou, &tasks, NULL, place_task, s, b->e);
    return result;
}

/* Kitsu no longer has them. */
static bool ask_store(search *s)
{
    event_batch *b = s->batch;
    size_t n;
    const char **ids = ids_of(b->arena, s->from->entities, &n);
    for (size_t i = 0; i < b->links.len; i++) {
        store_ns ns = {store_avalon(b->store), b->links.items[i].coll};
        s->project_id = b->links.items[i].id;
        if (n > 0 && !store_find(b->store, ns, (store_query){STORE_ZOU_ID, ids, n},
                                 &(store_sink){b->arena, place_document, s}, b->e))
            return false;
        if (!stored_tasks_find(b->store, ns, s->from->tasks, place_stored_task, s, b->e))
            return false;
    }
    return true;
}

static void drop_placed(affected_id **table)
{
    affected_id *t, *next;
    HASH_ITER(hh, *table, t, next)
    if (t->placed)
        HASH_DELETE(hh, *table, t);
}

bool unplaced_find(event_batch *b)
{
    search s = {.batch = b};
    HASH_FIND_STR(b->affected->projects, "", s.from);
    if (!s.from)
        return true;
    s.from->answered = true;
    zou_result result = ask_kitsu(&s);
    if (result == ZOU_LOST)
        return false;
    if (result != ZOU_OK) {
        msg_error("cannot find the projects of events that name none: %s", b->e->what);
        for (size_t i = 0; i < b->links.len; i++)
            event_batch_abandon(b, b->links.items[i].id);
        return true;
    }
    drop_placed(&s.from->entities);
    drop_placed(&s.from->tasks);
    return (!s.from->entities && !s.from->tasks) || ask_store(&s);
}
