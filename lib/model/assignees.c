#include "model/assignees.h"

#include "base/lookup.h"

#include <string.h>

static int by_id(const void *x, const void *y)
{
    return strcmp(json_text(json_get(x, "id")), json_text(json_get(y, "id")));
}

/* What an entry has of each person. */
static lookup by_person(const json *assignees)
{
    lookup l = {0};
    for (uint32_t i = 0; json_is(assignees, JSON_ARRAY) && i < assignees->len; i++) {
        const char *id = json_text(json_get(&assignees->items[i], "id"));
        if (id)
            lookup_add(&l, id, &assignees->items[i]);
    }
    return l;
}

const json *assignees_of(const production *p, const task *t, const json *there)
{
    const json *ids = json_get(&t->record, "assignees");
    if (!p->read[KIND_PERSON] || !json_is(ids, JSON_ARRAY))
        return NULL;
    if (p->partial && ids->len == 0) /* Kitsu shows a client nobody */
        return NULL;
    lookup stored = by_person(there);
    json *list = arena_alloc(p->arena, sizeof *list);
    *list = json_array();
    for (uint32_t i = 0; i < ids->len; i++) {
        const char *id = json_text(&ids->items[i]);
        const person *known = production_person(p, id);
        const json *assignee = known && known->tells_login ? NULL : lookup_find(&stored, id);
        if (!assignee && known)
            assignee = &known->assignee;
        if (assignee)
            json_push(p->arena, list, *assignee);
    }
    json_sort_once(list, by_id);
    lookup_free(&stored);
    return list;
}
