#include "push/tasks.h"

#include "base/mem.h"
#include "record/skipped.h"

#include <string.h>
#include <strings.h>

/* ---- task types ----------------------------------------------------------- */

/* The kind that a task type of Kitsu's is for; Zou takes none for Asset. */
static kind for_entity(const json *type)
{
    const char *of = json_text(json_get(type, "for_entity"));
    return of ? kind_of(of) : KIND_ASSET;
}

static push_type *add_type(push_plan *p, push_type type)
{
    push_type *t = arena_alloc(p->arena, sizeof *t);
    *t = type;
    p->types = xgrow(p->types, p->n_types, &p->cap_types, sizeof(push_type *));
    return p->types[p->n_types++] = t;
}

static push_type *known_type(const push_plan *p, const char *name, kind k)
{
    for (size_t n = 0; n < p->n_types; n++)
        if (p->types[n]->for_entity == k && strcmp(p->types[n]->name, name) == 0)
            return p->types[n];
    return NULL;
}

/* The type of this name for entities of this kind: Kitsu's, the project's before
 * another, or one to be made. Zou has each name once, whatever its case: one that
 * is taken for another kind fails. */
static push_type *type_of(push_plan *p, const char *name, kind k)
{
    arena *a = p->arena;
    push_type *t = known_type(p, name, k);
    if (t)
        return t;
    const json *taken = NULL;
    for (uint32_t n = 0; n < p->kitsu->task_types.len; n++) {
        const json *type = &p->kitsu->task_types.items[n];
        const char *theirs = json_text(json_get(type, "name"));
        if (theirs && strcmp(theirs, name) == 0 && for_entity(type) == k)
            return add_type(p, (push_type){.id = json_text(json_get(type, "id")),
                                           .name = theirs,
                                           .for_entity = k});
        if (theirs && strcasecmp(theirs, name) == 0)
            taken = type;
    }
    const json *short_name = json_at(&p->c->project, "config", "tasks", name, "short_name", NULL);
    push_type wanted = {.name = name,
                        .for_entity = k,
                        .short_name = json_text(short_name) ? *short_name : json_string(a, "")};
    if (taken)
        wanted.failed = arena_printf(
            a,
            "Kitsu's task type \"%s\" is for %s, and Kitsu takes no second one of that name for %s",
            json_text(json_get(taken, "name")), kind_name(for_entity(taken)), kind_name(k));
    for (size_t n = 0; n < p->n_types && !taken; n++)
        if (!p->types[n]->id && strcasecmp(p->types[n]->name, name) == 0)
            wanted.failed = arena_printf(
                a,
                "the task type \"%s\" is made for %s, and Kitsu takes no second one of that name",
                p->types[n]->name, kind_name(p->types[n]->for_entity));
    return add_type(p, wanted);
}

/* ---- tasks ---------------------------------------------------------------- */

static const char *name_in_kitsu(const char *entry, const char *type)
{
    size_t len = strlen(type);
    if (strcmp(entry, type) == 0)
        return "main";
    if (strncmp(entry, type, len) == 0 && entry[len] == '_' && entry[len + 1])
        return entry + len + 1;
    return entry;
}

/* Whether another entry of the document is linked to this task. */
static bool is_linked(const json *tasks, const char *id)
{
    for (uint32_t i = 0; i < tasks->len; i++) {
        const char *linked = json_text(json_at(&tasks->members[i].value, "zou", "id", NULL));
        if (linked && strcmp(linked, id) == 0)
            return true;
    }
    return false;
}

static bool is_taken(const push_item *i, const char *id)
{
    for (const push_task *t = i->tasks; t; t = t->next)
        if (t->id && strcmp(t->id, id) == 0)
            return true;
    return false;
}

/* Kitsu's task for an entry that is not linked: the one of its name, or for the
 * type's own entry the oldest. */
static const task *find_task(const entity *e, const push_item *i, const json *tasks,
                             const push_task *wanted)
{
    bool plain = strcmp(wanted->name, "main") == 0;
    for (int by_name = 1; by_name >= !plain; by_name--)
        for (const task *t = e ? e->tasks : NULL; t; t = t->next) {
            bool same_type =
                t->type && wanted->type->id && strcmp(t->type->id, wanted->type->id) == 0;
            if (same_type && (!by_name || strcmp(t->name, wanted->name) == 0) &&
                !is_linked(tasks, t->id) && !is_taken(i, t->id))
                return t;
        }
    return NULL;
}

static bool has_task(const entity *e, const char *id)
{
    for (const task *t = e && id ? e->tasks : NULL; t; t = t->next)
        if (strcmp(t->id, id) == 0)
            return true;
    return false;
}

static void skip_entry(push_plan *p, const push_item *i, const char *entry, const char *why)
{
    push_plan_note(p, i, "task", arena_printf(p->arena, "its task \"%s\": %s", entry, why));
}

/* Whether Kitsu would have a second task of this type and name there, which it
 * takes from nobody: those of one request would all fail with it. */
static bool is_second(const entity *e, const push_item *i, const push_task *wanted)
{
    for (const push_task *t = i->tasks; t; t = t->next)
        if (t->type == wanted->type && strcmp(t->name, wanted->name) == 0)
            return true;
    for (const task *t = e ? e->tasks : NULL; t; t = t->next)
        if (t->type && wanted->type->id && strcmp(t->type->id, wanted->type->id) == 0 &&
            strcmp(t->name, wanted->name) == 0)
            return true;
    return false;
}

static void plan_entry(push_plan *p, push_item *i, const json *tasks, const json_member *entry)
{
    const char *type = json_text(json_get(&entry->value, "type"));
    const entity *e = i->id ? production_find(p->kitsu->production, i->id) : NULL;
    if (has_task(e, json_text(json_at(&entry->value, "zou", "id", NULL))))
        return;
    type = type && *type ? type : entry->key;
    push_type *t = type_of(p, type, i->kind);
    if (t->failed) {
        skip_entry(p, i, entry->key, t->failed);
        return;
    }
    push_task *wanted = arena_alloc(p->arena, sizeof *wanted);
    *wanted = (push_task){.item = i,
                          .entry = entry->key,
                          .name = name_in_kitsu(entry->key, type),
                          .type = t,
                          .record = json_null()};
    const task *there = find_task(e, i, tasks, wanted);
    if (there) {
        wanted->id = there->id;
        wanted->record = there->record;
    } else if (is_second(e, i, wanted)) {
        skip_entry(p, i, entry->key,
                   arena_printf(p->arena, "in Kitsu it would be a second task \"%s\" of its type",
                                wanted->name));
        return;
    }
    push_task **at = &i->tasks;
    while (*at)
        at = &(*at)->next;
    *at = wanted;
}

void push_tasks_plan(push_plan *p, push_item *i)
{
    const json *tasks = json_at(&i->document->document, "data", "tasks", NULL);
    if (!json_is_plain(tasks) || i->kind == KIND_NONE)
        return;
    for (uint32_t n = 0; n < tasks->len; n++) {
        const json_member *entry = &tasks->members[n];
        if (!json_is_plain(&entry->value))
            skip_entry(p, i, entry->key, "it is no task");
        else if (i->kind == KIND_ASSET_TYPE)
            skip_entry(p, i, entry->key, "an asset type has no tasks in Kitsu");
        else
            plan_entry(p, i, tasks, entry);
    }
}
