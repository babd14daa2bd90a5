#include "model/task_types.h"

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

/* Whether a document keeps an entry of this type that does not come from Kitsu's
 * tasks of now: one that OpenPype's own tools made, or any of an entity that is
 * skipped. */
static bool keeps_type(const production *p, const asset *d, const bool chosen[KINDS],
                       const char *type)
{
    json skips = json_array();
    const json *tasks = json_at(&d->document, "data", "tasks", NULL);
    bool is_live = d->entity && d->entity->state == ENTITY_LIVE;
    for (uint32_t k = 0; json_is(tasks, JSON_OBJECT) && k < tasks->len && !d->removed; k++) {
        const json_member *entry = &tasks->members[k];
        const char *of = json_text(json_get(&entry->value, "type"));
        bool linked = json_get(&entry->value, "zou");
        if (!of || strcmp(of, type) != 0 || (linked && (is_live || is_hidden(p, d, chosen))))
            continue;
        json after = is_live ? task_entries(p, d->entity, tasks, &skips) : *tasks;
        if (linked || !json_at(&after, entry->key, "zou", NULL))
            return true;
    }
    return false;
}

static bool kept_by_documents(const production *p, const collection *c, const bool chosen[KINDS],
                              const char *type)
{
    for (size_t i = 0; i < c->n; i++)
        if (keeps_type(p, c->assets[i], chosen, type))
            return true;
    return false;
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

/* Whether the plan removes an entry of a type that, by what is loaded, is no longer
 * wanted. */
static bool loses_type(const production *p, const asset *d, const bool chosen[KINDS],
                       const char *type)
{
    const json *tasks = json_at(&d->document, "data", "tasks", NULL);
    bool is_live = d->entity && d->entity->state == ENTITY_LIVE;
    for (uint32_t i = 0; json_is_plain(tasks) && i < tasks->len; i++) {
        const json *entry = &tasks->members[i].value;
        const char *of = json_text(json_get(entry, "type"));
        if (of && strcmp(of, type) == 0 &&
            (is_hidden(p, d, chosen) || (is_live && json_get(entry, "zou"))))
            return true;
    }
    return false;
}

/* Whether a wanted type of this name is another one than the project document
 * has, which one of the same name could be that is used elsewhere. */
static bool is_unclear(const production *p, const char *name, const json *there)
{
    size_t n = 0;
    bool differs = false;
    for (const task_type *t = p->types; t; t = t->hh.next) {
        if (strcmp(t->name, name) != 0)
            continue;
        n++;
        json short_name = short_name_of(p, t, there, NULL);
        differs |=
            is_wanted_type(p, t) && !json_equal(&short_name, json_get(there, "short_name"), NULL);
    }
    return n > 1 && differs;
}

bool task_types_need_whole(const production *p, const collection *c, const bool chosen[KINDS])
{
    const json *there = json_at(&c->project, "config", "tasks", NULL);
    mark_used_types(p);
    for (uint32_t i = 0; json_is_plain(there) && i < there->len; i++) {
        const json_member *entry = &there->members[i];
        bool wanted = false;
        for (const task_type *t = p->types; t && !wanted; t = t->hh.next)
            wanted = strcmp(t->name, entry->key) == 0 && is_wanted_type(p, t);
        if (wanted && is_unclear(p, entry->key, &entry->value))
            return true;
        for (size_t k = 0; k < c->n && !wanted; k++)
            if (loses_type(p, c->assets[k], chosen, entry->key))
                return true;
    }
    return false;
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
    for (uint32_t i = 0; json_is(there, JSON_OBJECT) && i < there->len; i++) {
        const json_member *type = &there->members[i];
        if (!json_get(&wanted, type->key) &&
            (p->partial || c->some || kept_by_documents(p, c, chosen, type->key)))
            json_add(p->arena, &wanted, type->key, type->value);
    }
    return wanted;
}
