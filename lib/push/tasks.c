#include "push/tasks.h"

#include "base/mem.h"

#include <string.h>
#include <strings.h>

/* ---- task types ----------------------------------------------------------- */

/* The kind that Kitsu's task type is for. Zou takes none to mean Asset. */
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

/* A type that the plan has already. */
static push_type *known_type(const push_plan *p, const char *name, kind k)
{
    for (size_t n = 0; n < p->n_types; n++)
        if (p->types[n]->for_entity == k && strcmp(p->types[n]->name, name) == 0)
            return p->types[n];
    return NULL;
}

static const char *name_of(const json *type)
{
    return json_text(json_get(type, "name"));
}

/* Kitsu's type of exactly this name and kind, the project's before others; NULL: none. */
static const json *kitsu_type(const push_plan *p, const char *name, kind k)
{
    for (uint32_t n = 0; n < p->kitsu->task_types.len; n++) {
        const json *type = &p->kitsu->task_types.items[n];
        if (json_text_is(json_get(type, "name"), name) && for_entity(type) == k)
            return type;
    }
    return NULL;
}

/* Why a new type cannot have this name, which Zou takes once, whatever its case; NULL: it
 * can. */
static const char *type_fault(const push_plan *p, const char *name, kind k)
{
    const json *taken = NULL;
    for (uint32_t n = 0; n < p->kitsu->task_types.len; n++) {
        const char *theirs = name_of(&p->kitsu->task_types.items[n]);
        if (theirs && strcasecmp(theirs, name) == 0)
            taken = &p->kitsu->task_types.items[n];
    }
    if (taken)
        return arena_printf(p->arena,
                            "Kitsu's task type \"%s\" is for %s, and Kitsu does not allow a "
                            "second task type of that name for %s",
                            name_of(taken), kind_name(for_entity(taken)), kind_name(k));
    for (size_t n = p->n_types; n-- > 0;)
        if (!p->types[n]->id && strcasecmp(p->types[n]->name, name) == 0)
            return arena_printf(p->arena,
                                "the new task type \"%s\" is for %s, and Kitsu does not allow a "
                                "second task type of that name",
                                p->types[n]->name, kind_name(p->types[n]->for_entity));
    return NULL;
}

/* The type of this name for entities of this kind: Kitsu's, or one to be made, which may
 * have `failed` already. */
static push_type *type_of(push_plan *p, const char *name, kind k)
{
    push_type *known = known_type(p, name, k);
    if (known)
        return known;
    const json *type = kitsu_type(p, name, k);
    if (type)
        return add_type(p, (push_type){.id = json_text(json_get(type, "id")),
                                       .name = name_of(type),
                                       .for_entity = k});
    const json *short_name = json_at(&p->c->project, "config", "tasks", name, "short_name", NULL);
    return add_type(p, (push_type){.name = name,
                                   .for_entity = k,
                                   .short_name = json_text(short_name) ? *short_name
                                                                       : json_string(p->arena, ""),
                                   .failed = type_fault(p, name, k)});
}

/* ---- tasks ---------------------------------------------------------------- */

/* What Kitsu calls the task of an entry. */
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

static bool same_type(const task *t, const push_type *type)
{
    return t->type && type->id && strcmp(t->type->id, type->id) == 0;
}

/* The oldest task of the wanted type that no entry has; `name`: of this name, NULL: of
 * any. */
static const task *free_task(const entity *e, const push_item *i, const json *tasks,
                             const push_task *wanted, const char *name)
{
    for (const task *t = e ? e->tasks : NULL; t; t = t->next)
        if (same_type(t, wanted->type) && (!name || strcmp(t->name, name) == 0) &&
            !is_linked(tasks, t->id) && !is_taken(i, t->id))
            return t;
    return NULL;
}

/* Kitsu's task for an entry that is not linked: the one of its name; failing that, for
 * the type's own entry, the oldest. */
static const task *find_task(const entity *e, const push_item *i, const json *tasks,
                             const push_task *wanted)
{
    const task *t = free_task(e, i, tasks, wanted, wanted->name);
    if (!t && strcmp(wanted->name, "main") == 0)
        t = free_task(e, i, tasks, wanted, NULL);
    return t;
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
    push_item_note(p, i, "task", arena_printf(p->arena, "its task \"%s\": %s", entry, why));
}

/* Whether it would be the entity's second task of this type and name. Kitsu refuses it, and
 * with it all tasks of the same request. */
static bool is_second(const entity *e, const push_item *i, const push_task *wanted)
{
    for (const push_task *t = i->tasks; t; t = t->next)
        if (t->type == wanted->type && strcmp(t->name, wanted->name) == 0)
            return true;
    for (const task *t = e ? e->tasks : NULL; t; t = t->next)
        if (same_type(t, wanted->type) && strcmp(t->name, wanted->name) == 0)
            return true;
    return false;
}

static void append(push_item *i, push_task *t)
{
    push_task **at = &i->tasks;
    while (*at)
        at = &(*at)->next;
    *at = t;
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
    const task *found = find_task(e, i, tasks, wanted);
    if (found) {
        wanted->id = found->id;
        wanted->record = found->record;
    } else if (is_second(e, i, wanted)) {
        skip_entry(p, i, entry->key,
                   arena_printf(p->arena, "in Kitsu it would be a second task \"%s\" of its type",
                                wanted->name));
        return;
    }
    append(i, wanted);
}

static void plan_item(push_plan *p, push_item *i)
{
    const json *tasks = json_at(&i->document->document, "data", "tasks", NULL);
    if (!json_is_plain(tasks) || i->kind == KIND_NONE)
        return;
    for (uint32_t n = 0; n < tasks->len; n++) {
        const json_member *entry = &tasks->members[n];
        if (!json_is_plain(&entry->value))
            skip_entry(p, i, entry->key, "it is not a task");
        else if (i->kind == KIND_ASSET_TYPE)
            skip_entry(p, i, entry->key, "an asset type has no tasks in Kitsu");
        else
            plan_entry(p, i, tasks, entry);
    }
}

void push_tasks_plan(push_plan *p)
{
    for (size_t n = 0; n < p->n; n++)
        if (p->items[n]->document && !p->items[n]->ignored && !p->items[n]->skip_code)
            plan_item(p, p->items[n]);
}
