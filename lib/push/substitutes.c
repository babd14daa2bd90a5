#include "push/substitutes.h"

#include "push/pattern.h"
#include "push/places.h"

#include <string.h>

/* numbers; how many names of substitutes are tried. */
#define MAX_SUBSTITUTES 1000

bool push_substitute_is(const entity *e)
{
    return json_true(json_at(&e->record, "data", "is_substitute", NULL));
}

/* Whether Kitsu's sequence is a live substitute for this parent. One without
 * `substitute_of` is for any. */
static bool is_for(const entity *e, const char *stands_for)
{
    const char *of = json_text(json_at(&e->record, "data", "substitute_of", NULL));
    return push_substitute_is(e) && (!of || strcmp(of, stands_for) == 0) && e->state != ENTITY_GONE;
}

static const char *substitute_name(const push_plan *p, const push_item *episode, unsigned number)
{
    const char *name = push_pattern_name(p->arena, p->naming->sequence, number);
    if (episode)
        return name;
    return arena_printf(p->arena, "%s_%s", push_pattern_name(p->arena, p->naming->episode, 1),
                        name);
}

static json substitute_fields(arena *a, const char *stands_for)
{
    json fields = json_object(), data = json_object();
    json_set(a, &data, "is_substitute", json_bool(true));
    json_set(a, &data, "substitute_of", json_string(a, stands_for));
    json_set(a, &fields, "data", data);
    return fields;
}

/* A new item for a place; `e` is what Kitsu has there, or NULL. */
static push_item *new_substitute(push_plan *p, const char *place, const entity *e)
{
    push_item *i = push_item_new(p, NULL);
    i->kind = KIND_SEQUENCE;
    i->substitute = i->resolved = true;
    if (e)
        push_item_take_entity(i, e);
    push_place_occupy(p, i, place);
    return i;
}

/* Each parent has one. A name that is in use, in Kitsu or in this plan, is left alone, and
 * the next number tried. */
push_item *push_substitute_for(push_plan *p, const push_item *shot)
{
    const push_item *parent = push_item_container(p, shot);
    push_item *episode = push_item_ancestor(p, shot, KIND_EPISODE);
    const char *stands_for = parent ? parent->document->key : "";
    for (unsigned number = 1; number < MAX_SUBSTITUTES; number++) {
        const char *name = substitute_name(p, episode, number);
        const char *place = push_place(p, KIND_SEQUENCE, push_place_as_parent(episode), name);
        push_item *other = push_place_item(p, place);
        const entity *e = push_place_entity(p, place);
        if (other && other->substitute && strcmp(other->stands_for, stands_for) == 0)
            return other;
        if (other || (e && !is_for(e, stands_for)))
            continue;
        push_item *i = new_substitute(p, place, e);
        i->name = name;
        i->parent = episode;
        i->stands_for = stands_for;
        if (!e)
            i->fields = substitute_fields(p->arena, stands_for);
        return i;
    }
    return NULL;
}
