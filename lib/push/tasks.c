#include "push/tasks.h"

#include "base/mem.h"

#include <string.h>

/* ---- task types ----------------------------------------------------------- */

/* The kind that Kitsu's task type is for. Zou takes none to mean Asset. */
static kind for_entity(const json *type)
{
    const char *of = json_text(json_get(type, "for_entity"));
    return of ? kind_of(of) : KIND_ASSET;
}

/* The same for people: Kitsu's own word for one that we don't know. */
static const char *entity_text(const json *type)
{
    kind k = for_entity(type);
    return k == KIND_NONE ? json_text(json_get(type, "for_entity")) : kind_name(k);
}

/* Two texts as one, which no other two are. */
static const char *pair(arena *a, const char *one, const char *other)
{
    return arena_printf(a, "%zu %s %s", strlen(one), one, other);
}

static const char *kind_and_name(const push_plan *p, kind k, const char *name)
{
    return pair(p->arena, kind_name(k), name);
}

static push_type *add_type(push_plan *p, push_type type)
{
    push_type *t = arena_alloc(p->arena, sizeof *t);
    *t = type;
    p->types = xgrow(p->types, p->n_types, &p->cap_types, sizeof(push_type *));
    return p->types[p->n_types++] = t;
}

static const char *name_of(const json *type)
{
    return json_text(json_get(type, "name"));
}

/* All task types, of Kitsu and of the plan. */
typedef struct type_index {
    lookup known;  /* push_type, by kind and name: what the plan has already */
    lookup exact;  /* json, likewise: Kitsu's, the project's before others */
    lookup folded; /* json, by its name in small letters: Kitsu's last one */
    lookup made;   /* push_type *, likewise: the last that is to be made */
} type_index;

static void index_types(const push_plan *p, type_index *x)
{
    const json *types = &p->kitsu->task_types;
    for (uint32_t n = types->len; n-- > 0;)
        if (name_of(&types->items[n]))
            lookup_add(&x->folded, push_small_letters(p->arena, name_of(&types->items[n])),
                       &types->items[n]);
    for (uint32_t n = 0; n < types->len; n++)
        if (name_of(&types->items[n]) && for_entity(&types->items[n]) != KIND_NONE)
            lookup_add(&x->exact,
                       kind_and_name(p, for_entity(&types->items[n]), name_of(&types->items[n])),
                       &types->items[n]);
}

static void free_types(type_index *x)
{
    lookup_free(&x->known);
    lookup_free(&x->exact);
    lookup_free(&x->folded);
    lookup_free(&x->made);
}

/* Why a new type cannot have this name, which Zou takes once, whatever its case; NULL: it
 * can. */
static const char *type_fault(const push_plan *p, const type_index *x, const char *name, kind k)
{
    const char *folded = push_small_letters(p->arena, name);
    const json *taken = lookup_find(&x->folded, folded);
    if (taken)
        return arena_printf(p->arena,
                            "Kitsu's task type \"%s\" is for %s, and Kitsu does not allow a "
                            "second task type of that name for %s",
                            name_of(taken), entity_text(taken), kind_name(k));
    push_type *const *made = lookup_find(&x->made, folded);
    if (made)
        return arena_printf(p->arena,
                            "the new task type \"%s\" is for %s, and Kitsu does not allow a "
                            "second task type of that name",
                            (*made)->name, kind_name((*made)->for_entity));
    return NULL;
}

static push_type *new_type(push_plan *p, type_index *x, const char *name, kind k)
{
    const json *short_name = json_at(&p->c->project, "config", "tasks", name, "short_name", NULL);
    push_type *t =
        add_type(p, (push_type){.name = name,
                                .for_entity = k,
                                .short_name =
                                    json_text(short_name) ? *short_name : json_string(p->arena, ""),
                                .failed = type_fault(p, x, name, k)});
    push_type **last = arena_alloc(p->arena, sizeof *last);
    last = lookup_add(&x->made, push_small_letters(p->arena, name), last);
    *last = t;
    return t;
}

/* The type of this name for entities of this kind: Kitsu's, or one to be made, which may
 * have `failed` already. */
static push_type *type_of(push_plan *p, type_index *x, const char *name, kind k)
{
    const char *key = kind_and_name(p, k, name);
    push_type *known = lookup_find(&x->known, key);
    if (known)
        return known;
    const json *type = lookup_find(&x->exact, key);
    push_type *t = type ? add_type(p, (push_type){.id = json_text(json_get(type, "id")),
                                                  .name = name_of(type),
                                                  .for_entity = k})
                        : new_type(p, x, name, k);
    return lookup_add(&x->known, key, t);
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

/* Kitsu's tasks of one entity and one type, or of one name, too, oldest first. */
typedef struct group {
    struct grouped {
        const task *task;
        struct grouped *next;
    } * first, *last;
} group;

/* The tasks of an item: what its document and Kitsu have. */
typedef struct item_tasks {
    push_plan *p;
    type_index *types;
    push_item *item;
    push_task *last; /* of the item's */
    lookup ids;      /* Kitsu's tasks, by id */
    lookup of_type;  /* group, by the type's id: Kitsu's */
    lookup of_name;  /* group, by the type's id and the task's name */
    lookup linked;   /* ids of Kitsu's tasks that entries or planned tasks are linked to */
    lookup planned;  /* push_task, by the type's name and its own */
} item_tasks;

static void add_to_group(item_tasks *x, lookup *groups, const char *key, const task *t)
{
    arena *a = x->p->arena;
    group *g = lookup_find(groups, key);
    if (!g) {
        g = arena_alloc(a, sizeof *g);
        *g = (group){0};
        lookup_add(groups, key, g);
    }
    struct grouped *member = arena_alloc(a, sizeof *member);
    *member = (struct grouped){t, NULL};
    *(g->last ? &g->last->next : &g->first) = member;
    g->last = member;
}

static void index_tasks(item_tasks *x, const json *tasks)
{
    const push_item *i = x->item;
    const entity *e = i->id ? production_find(x->p->kitsu->production, i->id) : NULL;
    for (const task *t = e ? e->tasks : NULL; t; t = t->next) {
        lookup_add(&x->ids, t->id, t);
        if (!t->type)
            continue;
        add_to_group(x, &x->of_type, t->type->id, t);
        add_to_group(x, &x->of_name, pair(x->p->arena, t->type->id, t->name), t);
    }
    for (uint32_t n = 0; n < tasks->len; n++) {
        const char *id = json_text(json_at(&tasks->members[n].value, "zou", "id", NULL));
        if (id)
            lookup_add(&x->linked, id, id);
    }
}

static void free_tasks(item_tasks *x)
{
    lookup_free(&x->ids);
    lookup_free(&x->of_type);
    lookup_free(&x->of_name);
    lookup_free(&x->linked);
    lookup_free(&x->planned);
}

/* The oldest of a group that no entry has; NULL: none. One that an entry has keeps it. */
static const task *free_task(const item_tasks *x, group *g)
{
    while (g && g->first && lookup_find(&x->linked, g->first->task->id))
        g->first = g->first->next;
    return g && g->first ? g->first->task : NULL;
}

/* Kitsu's task for an entry that is not linked: the one of its name; failing that, for
 * the type's own entry, the oldest. */
static const task *find_task(const item_tasks *x, const push_task *wanted)
{
    const char *type = wanted->type->id;
    if (!type)
        return NULL;
    const task *t = free_task(x, lookup_find(&x->of_name, pair(x->p->arena, type, wanted->name)));
    if (!t && strcmp(wanted->name, "main") == 0)
        t = free_task(x, lookup_find(&x->of_type, type));
    return t;
}

static void skip_entry(push_plan *p, const push_item *i, const char *entry, const char *why)
{
    push_item_note(p, i, "task", arena_printf(p->arena, "its task \"%s\": %s", entry, why));
}

static const char *planned_key(const item_tasks *x, const push_task *t)
{
    return pair(x->p->arena, t->type->name, t->name);
}

/* Whether it would be the entity's second task of this type and name. Kitsu refuses it, and
 * with it all tasks of the same request. */
static bool is_second(const item_tasks *x, const push_task *wanted)
{
    const char *type = wanted->type->id;
    return lookup_find(&x->planned, planned_key(x, wanted)) ||
           (type && lookup_find(&x->of_name, pair(x->p->arena, type, wanted->name)));
}

static void append(item_tasks *x, push_task *t)
{
    lookup_add(&x->planned, planned_key(x, t), t);
    if (t->id)
        lookup_add(&x->linked, t->id, t);
    *(x->last ? &x->last->next : &x->item->tasks) = t;
    x->last = t;
}

static void plan_entry(item_tasks *x, const json_member *entry)
{
    push_plan *p = x->p;
    push_item *i = x->item;
    const char *type = json_text(json_get(&entry->value, "type"));
    if (lookup_find(&x->ids, json_text(json_at(&entry->value, "zou", "id", NULL))))
        return;
    type = type && *type ? type : entry->key;
    push_type *t = type_of(p, x->types, type, i->kind);
    if (t->failed) {
        skip_entry(p, i, entry->key, t->failed);
        return;
    }
    push_task *wanted = arena_alloc(p->arena, sizeof *wanted);
    *wanted = (push_task){.item = i,
                          .entry = entry->key,
                          .name = name_in_kitsu(entry->key, type),
                          .type = t,
                          .is_first = !lookup_find(&x->of_type, t->id),
                          .record = json_null()};
    const task *found = find_task(x, wanted);
    if (found) {
        wanted->id = found->id;
        wanted->record = found->record;
    } else if (is_second(x, wanted)) {
        skip_entry(p, i, entry->key,
                   arena_printf(p->arena, "in Kitsu it would be a second task \"%s\" of its type",
                                wanted->name));
        return;
    }
    append(x, wanted);
}

static void plan_item(push_plan *p, type_index *types, push_item *i)
{
    const json *tasks = json_at(&i->document->document, "data", "tasks", NULL);
    if (!json_is_plain(tasks) || i->kind == KIND_NONE)
        return;
    item_tasks x = {.p = p, .types = types, .item = i};
    index_tasks(&x, tasks);
    for (uint32_t n = 0; n < tasks->len; n++) {
        const json_member *entry = &tasks->members[n];
        if (!json_is_plain(&entry->value))
            skip_entry(p, i, entry->key, "it is not a task");
        else if (i->kind == KIND_ASSET_TYPE)
            skip_entry(p, i, entry->key, "an asset type has no tasks in Kitsu");
        else
            plan_entry(&x, entry);
    }
    free_tasks(&x);
}

void push_tasks_plan(push_plan *p)
{
    type_index types = {0};
    index_types(p, &types);
    for (size_t n = 0; n < p->n; n++)
        if (p->items[n]->document && !p->items[n]->ignored && !p->items[n]->skip_code)
            plan_item(p, &types, p->items[n]);
    free_types(&types);
}
