#include "model/task_entries.h"

#include "base/lookup.h"
#include "model/assignees.h"
#include "record/record.h"
#include "record/skipped.h"

#include <string.h>

json task_entries_base(arena *a, const json *theirs)
{
    return json_is_plain(theirs) ? json_copy_shallow(a, theirs) : json_object();
}

/* ---- what becomes of a task -------------------------------------------------- */

typedef struct entries {
    const production *p;
    const entity *e;
    const json *there; /* as they are */
    json wanted;       /* as they should be */
    json *skips;
    lookup by_id; /* the entity's tasks: the first of each id */
} entries;

static void put_entry(entries *x, const char *key, const task *t)
{
    arena *a = x->p->arena;
    json entry = task_entries_base(a, json_get(x->there, key));
    const json *assignees = assignees_of(x->p, t, json_get(&entry, "assignees"));
    const task_status *status =
        production_status(x->p, json_text(json_get(&t->record, "task_status_id")));
    json_set(a, &entry, "type", json_string(a, t->type->name));
    if (status)
        json_set(a, &entry, "status", status->short_name);
    if (assignees)
        json_set(a, &entry, "assignees", *assignees);
    json_set(a, &entry, "zou", t->record);
    json_add(a, &x->wanted, key, entry);
}

static void place_task(entries *x, const char *key, const task *t)
{
    put_entry(x, key, t);
    t->same->placed = true;
}

static void skip_task(entries *x, const task *t, const char *code, const char *reason)
{
    arena *a = x->p->arena;
    json what = record_entity(a, kind_name(KIND_TASK), t->id, t->name);
    json_add(a, &what, "entity_id", json_string(a, x->e->id));
    json path = production_path(a, x->e);
    json_push(a, &path, json_string(a, t->name));
    json_add(a, &what, "path", path);
    json_push(a, x->skips, skipped_make(a, what, x->p->id, code, reason));
    t->same->skipped = true;
}

/* ---- the three ways to a name -------------------------------------------------- */

/* Whether an entry that OpenPype made under a name of its own, and push-to-zou
 * linked to a task that it gave that name, keeps it. */
static bool keeps_entry(const json *there, const task *t)
{
    const char *id = json_text(json_at(there, t->name, "zou", "id", NULL));
    return id && strcmp(id, t->id) == 0 && t->type && strcmp(t->name, t->type->name) != 0 &&
           *t->name && *t->name != '$';
}

static void place_kept(entries *x)
{
    for (const task *t = x->e->tasks; t; t = t->next)
        if (keeps_entry(x->there, t) && !json_get(&x->wanted, t->name))
            place_task(x, t->name, t);
}

/* The first of each type has the type's name. */
static void place_by_type(entries *x)
{
    for (const task *t = x->e->tasks; t; t = t->next) {
        const char *name = t->type ? t->type->name : NULL;
        if (t->same->placed)
            continue;
        if (!name)
            skip_task(x, t, "task", "its task type is not among Kitsu's task types");
        else if (!*name || *name == '$')
            skip_task(
                x, t, "name",
                arena_printf(x->p->arena, "its task type's name \"%s\" can't be a key", name));
        else if (!json_get(&x->wanted, name))
            place_task(x, name, t);
    }
}

/* The others have one made of both names, where that is free. */
static void place_by_both_names(entries *x)
{
    arena *a = x->p->arena;
    for (const task *t = x->e->tasks; t; t = t->next) {
        if (t->same->placed || t->same->skipped)
            continue;
        const char *key = arena_printf(a, "%s_%s", t->type->name, t->name);
        if (!json_get(&x->wanted, key))
            put_entry(x, key, t);
        else
            skip_task(x, t, "task",
                      arena_printf(a, "%s \"%s\" has a task \"%s\" already", kind_name(x->e->kind),
                                   x->e->name, key));
    }
}

/* ---- what stays ----------------------------------------------------------------- */

/* OpenPype's own entries, and those of tasks that were skipped; in a partial view
 * also those that it does not show. */
static bool entry_stays(const entries *x, const json *entry)
{
    const char *id = json_text(json_at(entry, "zou", "id", NULL));
    const task *t = lookup_find(&x->by_id, id); /* NULL: the production no longer has it */
    skipped_id *unread = NULL;
    if (id)
        HASH_FIND_STR(x->p->skipped_tasks, id, unread);
    return !json_get(entry, "zou") || unread || (t && t->skipped) || (x->p->partial && !t);
}

static void keep_entries(entries *x)
{
    for (uint32_t i = 0; json_is_plain(x->there) && i < x->there->len; i++) {
        const json_member *m = &x->there->members[i];
        if (entry_stays(x, &m->value) && !json_get(&x->wanted, m->key))
            json_add(x->p->arena, &x->wanted, m->key, m->value);
    }
}

json task_entries(const production *p, const entity *e, const json *there, json *skips)
{
    entries x = {.p = p, .e = e, .there = there, .wanted = json_object(), .skips = skips};
    for (task *t = e->tasks; t; t = t->next) {
        t->placed = t->skipped = false;
        t->same = lookup_add(&x.by_id, t->id, t);
    }
    place_kept(&x);
    place_by_type(&x);
    place_by_both_names(&x);
    keep_entries(&x);
    lookup_free(&x.by_id);
    return x.wanted;
}
