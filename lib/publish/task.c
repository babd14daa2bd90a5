#include "publish/task.h"

#include "base/mem.h"
#include "base/msg.h"
#include "model/names.h"
#include "publish/entity.h"
#include "publish/statuses.h"
#include "publish/task_choice.h"
#include "zou/id.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

struct publish_tasks {
    zou *zou;        /* borrowed */
    store *store;    /* borrowed */
    zou_lists lists; /* types, statuses, who the user is */
};

/* One search. All in the arena. */
typedef struct task_search {
    publish_tasks *t;
    arena *a;
    const publish_place *place;
    json document; /* the asset's; null: none */
    int documents; /* of that name */
    error *e;
} task_search;

/* ---- the store ----------------------------------------------------------------- */

/* The document's task of this name, else the only one that differs in case. */
static const json_member *find_entry(const task_search *s, const json *document)
{
    const json *tasks = json_at(document, "data", "tasks", NULL);
    const json_member *alike = NULL;
    int n = 0;
    if (!json_is_plain(tasks))
        return NULL;
    for (uint32_t i = 0; i < tasks->len; i++) {
        if (strcmp(tasks->members[i].key, s->place->task_name) == 0)
            return &tasks->members[i];
        if (strcasecmp(tasks->members[i].key, s->place->task_name) == 0) {
            alike = &tasks->members[i];
            n++;
        }
    }
    return n == 1 ? alike : NULL;
}

/* Two of one entity (model/collection.h) are one asset, whose task either may have. */
static bool take_document(void *context, store_ns ns, const json *document)
{
    task_search *s = context;
    const json *id = json_at(document, "data", "zou", "id", NULL);
    bool is_known = s->documents && json_text(id) &&
                    json_equal(id, json_at(&s->document, "data", "zou", "id", NULL), NULL);
    (void)ns;
    if (!json_text_is(json_get(document, "type"), "asset"))
        return true;
    if (!is_known || !find_entry(s, &s->document))
        s->document = *document;
    s->documents += !is_known;
    return true;
}

/* The asset's document. A name that OpenPype cannot have is in no store. */
static publish_found find_document(task_search *s)
{
    const publish_place *p = s->place;
    store_ns ns = {store_avalon(s->t->store), p->project};
    s->document = json_null();
    if (name_fault(s->a, p->project, true) || name_fault(s->a, p->asset, false))
        return PUBLISH_FOUND;
    if (!store_find(s->t->store, ns, (store_query){STORE_NAME, &p->asset, 1},
                    &(store_sink){s->a, take_document, s}, s->e))
        return PUBLISH_LOST;
    if (s->documents <= 1)
        return PUBLISH_FOUND;
    error_set(s->e, 1, "OpenPype has %d assets named \"%s\" in %s", s->documents, p->asset,
              p->project);
    return PUBLISH_NOT_FOUND;
}

/* ---- Kitsu ------------------------------------------------------------------ */

/* The outline of a task by its id; null if Kitsu has none. */
static publish_found get_task(task_search *s, const char *id, json *zou_task)
{
    arena *scratch = arena_new();
    json answer;
    const char *path = arena_printf(s->a, "/data/tasks/%s", id);
    zou_result result = zou_get(s->t->zou, path, JSON_OBJECT, scratch, &answer, s->e);
    *zou_task = result == ZOU_OK ? task_outline(s->a, &answer) : json_null();
    arena_free(scratch);
    if (result == ZOU_OK && !json_text(json_get(zou_task, "id"))) {
        error_set(s->e, EX_PROTOCOL, "unexpected reply from GET %s: no id", path);
        return PUBLISH_LOST;
    }
    return result == ZOU_MISSING ? PUBLISH_FOUND : publish_found_of(result);
}

static publish_found find_in_kitsu(task_search *s, const json_member *entry, json *zou_task)
{
    publish_entity found_entity;
    task_name wanted = {.name = s->place->task_name,
                        .key = entry ? entry->key : s->place->task_name,
                        .type = entry ? json_text(json_get(&entry->value, "type")) : NULL};
    publish_found found = publish_entity_find(s->t->zou, s->t->store, s->place, &s->document, s->a,
                                              &found_entity, s->e);
    if (found != PUBLISH_FOUND)
        return found;
    return task_choose(&s->t->lists, &found_entity, &wanted, s->a, zou_task, s->e);
}

static publish_found find_by_name(task_search *s, json *zou_task)
{
    const publish_place *p = s->place;
    if (!p->project || !p->asset || !p->task_name) {
        error_set(s->e, 1, "neither a task nor %s to find it by",
                  !p->project ? "a \"project\""
                  : !p->asset ? "an \"asset\""
                              : "a \"task_name\"");
        return PUBLISH_NOT_FOUND;
    }
    publish_found found = find_document(s);
    if (found != PUBLISH_FOUND)
        return found;
    const json_member *entry = find_entry(s, &s->document);
    const char *link = json_text(json_at(entry ? &entry->value : NULL, "zou", "id", NULL));
    if (zou_is_id(link)) {
        found = get_task(s, link, zou_task);
        if (found != PUBLISH_FOUND || !json_is_null(zou_task))
            return found;
        msg_info("%s/%s/%s: the linked task is no longer in Kitsu; looking for another", p->project,
                 p->asset, p->task_name);
    }
    return find_in_kitsu(s, entry, zou_task);
}

/* ---- what the rule needs ------------------------------------------------------- */

/* Whether the record already has all of the task that the rule needs. */
static bool is_complete(const json *zou_task)
{
    return json_text(json_get(zou_task, "task_status_id")) &&
           json_text(json_at(zou_task, "task_status", "short_name", NULL));
}

/* The short name of a status; "" if Kitsu has none of this id. */
static const char *short_name_of(zou_lists *lists, const char *status_id)
{
    element_list *all = &lists->task_statuses;
    const json_element *status = element_list_find(all, status_id);
    const json *tree = status ? element_list_tree(all, (size_t)(status - all->items)) : NULL;
    const char *name = json_text(json_get(tree, "short_name"));
    return name ? name : "";
}

/* The record's own task (or none) with the id and the present status of Kitsu's. */
static publish_found complete_task(task_search *s, const json *zou_task, json *out)
{
    zou_lists *lists = &s->t->lists;
    const char *status = json_text(json_get(zou_task, "task_status_id"));
    json task_status = json_object();
    zou_result result = zou_lists_need(lists, &lists->task_statuses, s->e);
    if (result != ZOU_OK)
        return publish_found_of(result);
    *out = s->place->task ? json_copy_shallow(s->a, s->place->task) : json_object();
    json_set(s->a, out, "id", *json_get(zou_task, "id"));
    json_set(s->a, out, "task_status_id", status ? json_string(s->a, status) : json_null());
    json_add(s->a, &task_status, "short_name",
             json_string(s->a, short_name_of(lists, status ? status : "")));
    json_set(s->a, out, "task_status", task_status);
    return PUBLISH_FOUND;
}

publish_found publish_tasks_find(publish_tasks *t, const publish_place *place, arena *a, json *out,
                                 json *zou_task, error *e)
{
    task_search s = {.t = t, .a = a, .place = place, .e = e};
    const char *id = json_text(json_get(place->task, "id"));
    *zou_task = json_null();
    if (is_complete(place->task)) {
        *out = *place->task;
        return PUBLISH_FOUND;
    }
    if (id && !zou_is_id(id)) {
        error_set(e, 1, "\"%.60s\" is not the id of a task in Kitsu", id);
        return PUBLISH_NOT_FOUND;
    }
    publish_found found = id ? get_task(&s, id, zou_task) : find_by_name(&s, zou_task);
    if (found != PUBLISH_FOUND)
        return found;
    if (json_is_null(zou_task)) {
        error_set(e, 1, "Kitsu has no task %s", id);
        return PUBLISH_NOT_FOUND;
    }
    return complete_task(&s, zou_task, out);
}

bool publish_tasks_names(publish_tasks *t, const publish_place *place, const json *zou_task,
                         arena *a, task_names *out, error *e)
{
    task_search s = {.t = t, .a = a, .place = place, .e = e};
    const char *id = json_text(json_get(place->task, "id"));
    json asked = *zou_task;
    *out = (task_names){0};
    if (json_is_null(&asked) && zou_is_id(id) && get_task(&s, id, &asked) == PUBLISH_LOST)
        return false;
    return json_is_null(&asked) ||
           task_names_find(&t->lists, t->store, &asked, place->converted, a, out, e);
}

publish_found publish_tasks_statuses(publish_tasks *t, const char *project_id, arena *a, json *list,
                                     error *e)
{
    return publish_statuses_find(&t->lists, project_id, a, list, e);
}

publish_tasks *publish_tasks_new(zou *z, store *s)
{
    publish_tasks *t = xmalloc(sizeof *t);
    *t = (publish_tasks){.zou = z, .store = s};
    zou_lists_init(&t->lists, z);
    return t;
}

void publish_tasks_free(publish_tasks *t)
{
    if (!t)
        return;
    zou_lists_free(&t->lists);
    free(t);
}
