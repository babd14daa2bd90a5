/* production_links.c - how the entities and tasks of a production belong together. */
#include "model/production.h"

#include <stdlib.h>
#include <string.h>

/* ---- order ---------------------------------------------------------------- */

/* The order in which those of one kind are taken: `created_at`, then id. */
static int by_age(const char *created_a, const char *id_a, const char *created_b, const char *id_b)
{
    int order = strcmp(created_a, created_b);
    return order ? order : strcmp(id_a, id_b);
}

static int by_kind_and_age(const void *x, const void *y)
{
    const entity *a = *(entity *const *)x, *b = *(entity *const *)y;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return by_age(a->created_at, a->id, b->created_at, b->id);
}

static int tasks_by_age(const void *x, const void *y)
{
    const task *a = *(task *const *)x, *b = *(task *const *)y;
    return by_age(a->created_at, a->id, b->created_at, b->id);
}

static int types_by_age(task_type *a, task_type *b)
{
    return by_age(a->created_at, a->id, b->created_at, b->id);
}

/* ---- skipping --------------------------------------------------------------- */

/* Assets go right below the root then. Below what was skipped before, nothing is new. */
static void skip_below(production *p, const entity *e)
{
    const char *why =
        arena_printf(p->arena, "its %s \"%s\" is skipped", kind_name(e->kind), e->name);
    for (entity *c = e->first_child; c; c = c->next_sibling) {
        if (c->kind == KIND_ASSET)
            continue;
        c->passed_on |= e->recalled && e->passed_on && c->recalled;
        production_skip(p, c, "parent", why);
    }
}

void production_skip(production *p, entity *e, const char *code, const char *reason)
{
    if (e->state != ENTITY_LIVE)
        return;
    e->state = ENTITY_SKIPPED;
    e->skip_code = code;
    e->skip_reason = reason;
    skip_below(p, e);
}

/* ---- places --------------------------------------------------------------- */

json production_path(arena *a, const entity *e)
{
    json path = json_array();
    if (e->parent) /* of a higher kind: this ends */
        path = production_path(a, e->parent);
    json_push(a, &path, json_string(a, e->name));
    return path;
}

const char *production_place(arena *a, const entity *e)
{
    return e->parent ? arena_printf(a, "%s/%s", production_place(a, e->parent), e->name) : e->name;
}

/* ---- linking ---------------------------------------------------------------- */

static void mark_gone(entity *e)
{
    e->state = ENTITY_GONE;
    for (entity *c = e->first_child; c; c = c->next_sibling)
        if (c->kind != KIND_ASSET)
            mark_gone(c);
}

/* What followed from an earlier linking and naming. */
static void forget_links(production *p)
{
    for (size_t i = 0; i < p->n; i++) {
        entity *e = p->entities[i];
        e->state = e->given;
        e->parent = e->first_child = e->next_sibling = e->doc_parent = NULL;
        e->tasks = NULL;
        e->doc_name = NULL;
        e->no_document = false;
        e->passed_on = e->given == ENTITY_SKIPPED && (e->recalled || json_is_null(&e->record));
    }
}

static void link_entities(production *p)
{
    qsort(p->entities, p->n, sizeof *p->entities, by_kind_and_age);
    for (size_t i = p->n; i-- > 0;) { /* backwards: children in order */
        entity *e = p->entities[i];
        entity *parent = production_find(p, e->parent_id);
        if (!parent || parent->kind >= e->kind)
            continue;
        e->parent = parent;
        e->next_sibling = parent->first_child;
        parent->first_child = e;
    }
    for (size_t i = 0; i < p->n; i++)
        if (p->entities[i]->state == ENTITY_GONE)
            mark_gone(p->entities[i]);
    /* Below something that could not be read. */
    for (size_t i = 0; i < p->n; i++)
        if (p->entities[i]->state == ENTITY_SKIPPED)
            skip_below(p, p->entities[i]);
}

static void link_tasks(production *p)
{
    if (p->n_tasks)
        qsort(p->tasks, p->n_tasks, sizeof *p->tasks, tasks_by_age);
    for (size_t i = p->n_tasks; i-- > 0;) {
        task *t = p->tasks[i];
        const char *type_id = json_text(json_get(&t->record, "task_type_id"));
        t->type = NULL;
        if (type_id)
            HASH_FIND_STR(p->types, type_id, t->type);
        t->entity = production_find(p, json_text(json_get(&t->record, "entity_id")));
        if (!t->entity)
            continue; /* its entity came or went while Kitsu was read */
        t->next = t->entity->tasks;
        t->entity->tasks = t;
    }
}

void production_link(production *p)
{
    forget_links(p);
    if (p->n)
        link_entities(p);
    link_tasks(p);
    HASH_SORT(p->types, types_by_age);
}
