#include "record/checkpoint.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct checkpoint_scope {
    arena *arena; /* owned: the ids */
    json done, left;
};

checkpoint_scope *checkpoint_scope_new(void)
{
    checkpoint_scope *c = xmalloc(sizeof *c);
    *c = (checkpoint_scope){arena_new(), json_array(), json_array()};
    return c;
}

void checkpoint_scope_free(checkpoint_scope *c)
{
    if (!c)
        return;
    arena_free(c->arena);
    free(c);
}

void checkpoint_scope_clear(checkpoint_scope *c)
{
    arena_reset(c->arena);
    c->done = c->left = json_array();
}

void checkpoint_scope_done(checkpoint_scope *c, const char *id)
{
    json_push(c->arena, &c->done, json_string(c->arena, id));
}

void checkpoint_scope_abandoned(checkpoint_scope *c, const char *id)
{
    json_push(c->arena, &c->left, json_string(c->arena, id));
}

bool checkpoint_scope_is_whole(const checkpoint_scope *c)
{
    return c->left.len == 0;
}

/* Also those that kitsu-fetch has said. */
static json wanting(const checkpoint_scope *c, arena *a, const json *checkpoint)
{
    const json *said = json_get(checkpoint, "full_sync");
    json all = json_array();
    for (uint32_t i = 0; json_is(said, JSON_ARRAY) && i < said->len; i++)
        json_push(a, &all, said->items[i]);
    for (uint32_t i = 0; i < c->left.len; i++)
        if (!json_has_text(&all, c->left.items[i].text))
            json_push(a, &all, json_string(a, c->left.items[i].text));
    return all;
}

static json without_left(const checkpoint_scope *c, arena *a, const json *projects)
{
    const json *from = json_is(projects, JSON_ARRAY) ? projects : &c->done;
    json covered = json_array();
    for (uint32_t i = 0; i < from->len; i++) {
        const char *id = json_text(&from->items[i]);
        if (id && !json_has_text(&c->left, id))
            json_push(a, &covered, json_string(a, id));
    }
    return covered;
}

json checkpoint_scope_checkpoint(const checkpoint_scope *c, arena *a, const json *checkpoint)
{
    bool events = json_get(checkpoint, "events");
    json out = json_copy_shallow(a, checkpoint);
    if (!events)
        json_set(a, &out, "projects", without_left(c, a, json_get(checkpoint, "projects")));
    if (events || json_true(json_get(checkpoint, "all")))
        json_set(a, &out, "full_sync", wanting(c, a, checkpoint));
    return out;
}
