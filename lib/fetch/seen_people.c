#include "fetch/seen_people.h"

#include "model/person.h"

#include <string.h>

void seen_people_free(seen_people *s)
{
    HASH_CLEAR(hh, s->table);
    arena_free(s->arena);
    *s = (seen_people){0};
}

static seen_person *find(const seen_people *s, const char *id)
{
    seen_person *p = NULL;
    if (id)
        HASH_FIND_STR(s->table, id, p);
    return p;
}

static void add(seen_people *s, const char *id, const json *record)
{
    seen_person *p = arena_alloc(s->arena, sizeof *p);
    json assignee = person_assignee(s->arena, record);
    *p = (seen_person){.id = arena_text(s->arena, id, strlen(id)),
                       .assignee = json_copy(s->arena, &assignee)};
    HASH_ADD_KEYPTR(hh, s->table, p->id, strlen(p->id), p);
}

idset *seen_people_look(seen_people *s, element_list *people)
{
    seen_people now = {.arena = arena_new()};
    idset *changed = idset_new();
    for (size_t i = 0; i < people->len; i++) {
        const char *id = people->items[i].id;
        const json *record = element_list_tree(people, i);
        if (!record || !person_tells_login(record) || find(&now, id))
            continue;
        add(&now, id, record);
        const seen_person *before = find(s, id);
        if (!before || !json_equal(&before->assignee, &find(&now, id)->assignee, NULL))
            idset_add_text(changed, id);
    }
    seen_people_free(s);
    *s = now;
    return changed;
}

/* ---- the documents ------------------------------------------------------------- */

typedef struct search {
    const seen_people *people;
    const idset *ids;
    arena *arena; /* of one document */
    bool differs;
} search;

static bool is_changed(const search *s, const json *assignee)
{
    const char *id = json_text(json_get(assignee, "id"));
    const seen_person *p = find(s->people, id);
    return p && idset_has_text(s->ids, id) && !json_equal(assignee, &p->assignee, NULL);
}

static bool look_into(void *context, store_ns ns, const json *document)
{
    search *s = context;
    (void)ns;
    const json *tasks = json_at(document, "data", "tasks", NULL);
    for (uint32_t i = 0; json_is(tasks, JSON_OBJECT) && i < tasks->len; i++) {
        const json *assignees = json_get(&tasks->members[i].value, "assignees");
        for (uint32_t k = 0; json_is(assignees, JSON_ARRAY) && k < assignees->len; k++)
            s->differs |= is_changed(s, &assignees->items[k]);
    }
    arena_reset(s->arena);
    return !s->differs;
}

bool seen_people_differ(const seen_people *s, const idset *ids, store *st, store_ns ns,
                        bool *differs, error *e)
{
    static const char *const fields[] = {"data.tasks", NULL};
    search all = {.people = s, .ids = ids, .arena = arena_new()};
    bool ok =
        store_documents(st, ns, STORE_ASSETS, fields, &(store_sink){all.arena, look_into, &all}, e);
    arena_free(all.arena);
    *differs = all.differs;
    return ok;
}
