#include "record/checkpoint.h"

#include "base/mem.h"
#include "record/record.h"

#include <stdlib.h>
#include <string.h>

json checkpoint_make(arena *a, const checkpoint_record *c)
{
    json out = record_new(a, RECORD_CHECKPOINT);
    json_add(a, &out, "server", json_string(a, c->server));
    json_add(a, &out, "projects", c->projects);
    json_add(a, &out, "created_at", c->created_at);
    json_add(a, &out, "ids", c->ids);
    if (c->events >= 0)
        json_add(a, &out, "events", json_integer(a, c->events));
    if (c->all)
        json_add(a, &out, "all", json_bool(true));
    if (c->full_sync.len > 0)
        json_add(a, &out, "full_sync", c->full_sync);
    if (c->missing.len > 0)
        json_add(a, &out, "missing", c->missing);
    return out;
}

bool checkpoint_read(const json *record, checkpoint_record *c)
{
    const json *projects = json_get(record, "projects"), *ids = json_get(record, "ids");
    const json *created_at = json_get(record, "created_at");
    const json *full_sync = json_get(record, "full_sync"), *events = json_get(record, "events");
    const json *missing = json_get(record, "missing");
    *c = (checkpoint_record){.server = json_text(json_get(record, "server")),
                             .projects = projects ? *projects : json_null(),
                             .created_at = created_at ? *created_at : json_null(),
                             .ids = ids ? *ids : json_null(),
                             .events = -1,
                             .all = json_true(json_get(record, "all")),
                             .full_sync = full_sync ? *full_sync : json_null(),
                             .missing = missing ? *missing : json_null()};
    if (events && !json_count(events, &c->events))
        c->events = 0;
    return c->server && json_is(ids, JSON_ARRAY) && created_at &&
           (json_text(created_at) || json_is_null(created_at)) &&
           (!full_sync || record_is_texts(full_sync)) && (!missing || record_is_texts(missing)) &&
           (json_is(projects, JSON_NULL) || record_is_texts(projects));
}

json checkpoint_unite(arena *a, const json *some, const json *more)
{
    const json *const lists[] = {some, more};
    json all = json_array();
    idset *there = idset_new();
    for (int l = 0; l < 2; l++)
        for (uint32_t i = 0; json_is(lists[l], JSON_ARRAY) && i < lists[l]->len; i++) {
            const json *item = &lists[l]->items[i];
            if (!json_text(item) || idset_add_text(there, item->text))
                json_push(a, &all, json_copy(a, item));
        }
    idset_free(there);
    return all;
}

/* ---- the projects of a batch --------------------------------------------- */

struct checkpoint_scope {
    arena *arena; /* owned: the ids */
    json done, abandoned, held;
};

checkpoint_scope *checkpoint_scope_new(void)
{
    checkpoint_scope *c = xmalloc(sizeof *c);
    *c = (checkpoint_scope){arena_new(), json_array(), json_array(), json_array()};
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
    c->done = c->abandoned = c->held = json_array();
}

void checkpoint_scope_done(checkpoint_scope *c, const char *id)
{
    json_push(c->arena, &c->done, json_string(c->arena, id));
}

void checkpoint_scope_abandoned(checkpoint_scope *c, const char *id)
{
    json_push(c->arena, &c->abandoned, json_string(c->arena, id));
}

void checkpoint_scope_held(checkpoint_scope *c, const char *id)
{
    checkpoint_scope_done(c, id);
    json_push(c->arena, &c->held, json_string(c->arena, id));
}

bool checkpoint_scope_is_whole(const checkpoint_scope *c)
{
    return c->abandoned.len == 0 && c->held.len == 0;
}

static json without_abandoned(const checkpoint_scope *c, arena *a, const json *projects)
{
    const json *from = json_is(projects, JSON_ARRAY) ? projects : &c->done;
    idset *abandoned = json_text_set(&c->abandoned);
    json covered = json_array();
    for (uint32_t i = 0; i < from->len; i++) {
        const char *id = json_text(&from->items[i]);
        if (id && !idset_has_text(abandoned, id))
            json_push(a, &covered, json_string(a, id));
    }
    idset_free(abandoned);
    return covered;
}

json checkpoint_scope_checkpoint(const checkpoint_scope *c, arena *a, const json *checkpoint)
{
    bool events = json_get(checkpoint, "events");
    json out = json_copy_shallow(a, checkpoint);
    if (!events)
        json_set(a, &out, "projects", without_abandoned(c, a, json_get(checkpoint, "projects")));
    json full_sync = checkpoint_unite(a, json_get(checkpoint, "full_sync"), &c->held);
    if (events || json_true(json_get(checkpoint, "all")))
        full_sync = checkpoint_unite(a, &full_sync, &c->abandoned);
    if (full_sync.len > 0)
        json_set(a, &out, "full_sync", full_sync);
    return out;
}
