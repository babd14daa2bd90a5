#include "model/task_types.h"

#include "base/lookup.h"
#include "base/msg.h"
#include "model/naming.h"
#include "model/task_entries.h"

#include <string.h>

/* A short name that something has; NULL: an empty one is none, as it is part of paths. */
static const json *short_name_in(const json *entry)
{
    const json *name = json_get(entry, "short_name");
    return json_text(name) && name->len ? name : NULL;
}

/* Kitsu's, else what the project document has, the anatomy's, the type's name. */
static json short_name_of(const production *p, const task_type *t, const json *there,
                          const json *anatomy)
{
    const json *name = json_text(&t->short_name) && t->short_name.len ? &t->short_name : NULL;
    if (!name)
        name = short_name_in(there);
    if (!name)
        name = short_name_in(json_get(anatomy, t->name));
    return name ? *name : json_string(p->arena, t->name);
}

/* Whether the plan takes the document out of what OpenPype shows. */
static bool is_hidden(const production *p, const asset *d, const bool chosen[KINDS])
{
    return d->archived || naming_is_obsolete(p, d, chosen);
}

/* Note the types of the entries that a document keeps and that do not come from Kitsu's
 * tasks of now: those that OpenPype's own tools made, or any of an entity that is
 * skipped. */
static void note_kept(const production *p, const asset *d, const bool chosen[KINDS], lookup *kept)
{
    json skips = json_array();
    const json *tasks = json_at(&d->document, "data", "tasks", NULL);
    bool is_live = d->entity && d->entity->state == ENTITY_LIVE;
    if (!json_is(tasks, JSON_OBJECT) || d->removed)
        return;
    bool linked_go = is_live || is_hidden(p, d, chosen);
    json after = is_live ? task_entries(p, d->entity, tasks, &skips) : *tasks;
    for (uint32_t k = 0; k < tasks->len; k++) {
        const json_member *entry = &tasks->members[k];
        const char *of = json_text(json_get(&entry->value, "type"));
        bool linked = json_get(&entry->value, "zou");
        if (of && (linked ? !linked_go : !json_at(&after, entry->key, "zou", NULL)))
            lookup_add(kept, of, of);
    }
}

static lookup kept_by_documents(const production *p, const collection *c, const bool chosen[KINDS])
{
    lookup kept = {0};
    for (size_t i = 0; i < c->n; i++)
        note_kept(p, c->assets[i], chosen, &kept);
    return kept;
}

/* The types of Kitsu's tasks that will be in documents. */
static void mark_used_types(const production *p)
{
    for (task_type *t = p->types; t; t = t->hh.next)
        t->used = false;
    for (size_t i = 0; i < p->n; i++) {
        const entity *e = p->entities[i];
        if (e->state != ENTITY_LIVE || e->no_document)
            continue;
        for (const task *t = e->tasks; t; t = t->next)
            if (t->type)
                t->type->used = true;
    }
}

static bool is_wanted_type(const production *p, const task_type *t)
{
    return !p->any_type_listed || t->in_project || t->used;
}

/* Note the types of the entries that the plan removes from a document. */
static void note_lost(const production *p, const asset *d, const bool chosen[KINDS], lookup *lost)
{
    const json *tasks = json_at(&d->document, "data", "tasks", NULL);
    bool is_live = d->entity && d->entity->state == ENTITY_LIVE;
    bool goes = json_is_plain(tasks) && is_hidden(p, d, chosen);
    for (uint32_t i = 0; json_is_plain(tasks) && i < tasks->len; i++) {
        const json *entry = &tasks->members[i].value;
        const char *of = json_text(json_get(entry, "type"));
        if (of && (goes || (is_live && json_get(entry, "zou"))))
            lookup_add(lost, of, of);
    }
}

/* The first type of each name, from which `next_of_name` leads to the others. */
static lookup types_by_name(const production *p)
{
    lookup names = {0};
    for (task_type *t = p->types; t; t = t->hh.next) {
        task_type *first = lookup_add(&names, t->name, t);
        t->next_of_name = NULL;
        if (first == t)
            continue;
        t->next_of_name = first->next_of_name;
        first->next_of_name = t;
    }
    return names;
}

/* Whether a wanted type of a name, of which `types` are all, is another one than the project
 * document has, which one of the same name could be that is used elsewhere. */
static bool is_unclear(const production *p, const task_type *types, const json *there)
{
    size_t n = 0;
    bool differs = false;
    for (const task_type *t = types; t; t = t->next_of_name) {
        n++;
        json short_name = short_name_of(p, t, there, NULL);
        differs |=
            is_wanted_type(p, t) && !json_equal(&short_name, json_get(there, "short_name"), NULL);
    }
    return n > 1 && differs;
}

/* Whether all types of the project document are told by what is loaded. */
static bool types_are_clear(const production *p, const json *there, const lookup *names,
                            const lookup *lost)
{
    for (uint32_t i = 0; json_is_plain(there) && i < there->len; i++) {
        const json_member *entry = &there->members[i];
        const task_type *types = lookup_find(names, entry->key);
        bool wanted = false;
        for (const task_type *t = types; t && !wanted; t = t->next_of_name)
            wanted = is_wanted_type(p, t);
        if (wanted ? is_unclear(p, types, &entry->value) : lookup_find(lost, entry->key) != NULL)
            return false;
    }
    return true;
}

bool task_types_need_whole(const production *p, const collection *c, const bool chosen[KINDS])
{
    mark_used_types(p);
    lookup names = types_by_name(p), lost = {0};
    for (size_t k = 0; k < c->n; k++)
        note_lost(p, c->assets[k], chosen, &lost);
    bool clear = types_are_clear(p, json_at(&c->project, "config", "tasks", NULL), &names, &lost);
    lookup_free(&names);
    lookup_free(&lost);
    return !clear;
}

/* The task type as an entry; what else the project document has in it stays. */
static json entry_of(const production *p, const json *there, const task_type *t,
                     const json *anatomy)
{
    const json *was = json_get(there, t->name);
    json entry = task_entries_base(p->arena, was);
    json_set(p->arena, &entry, "short_name", short_name_of(p, t, was, anatomy));
    return entry;
}

json task_types_wanted(const production *p, const collection *c, const bool chosen[KINDS],
                       const json *there, const json *anatomy)
{
    json wanted = json_object();
    mark_used_types(p);
    for (const task_type *t = p->types; t; t = t->hh.next) {
        if (!is_wanted_type(p, t))
            continue;
        if (!*t->name || *t->name == '$')
            msg_warn("%s: task type \"%s\" (%s) left out: its name can't be a key", p->name,
                     t->name, t->id);
        else if (!json_get(&wanted, t->name)) /* the first of a name, by age */
            json_add(p->arena, &wanted, t->name, entry_of(p, there, t, anatomy));
    }
    bool all_stay = p->partial || c->some;
    lookup kept = {0};
    bool asked = false;
    for (uint32_t i = 0; json_is(there, JSON_OBJECT) && i < there->len; i++) {
        const json_member *type = &there->members[i];
        if (json_get(&wanted, type->key))
            continue;
        if (!all_stay && !asked) /* of few projects */
            kept = kept_by_documents(p, c, chosen);
        asked = true;
        if (all_stay || lookup_find(&kept, type->key))
            json_add(p->arena, &wanted, type->key, type->value);
    }
    lookup_free(&kept);
    return wanted;
}
