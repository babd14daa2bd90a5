#include "store/links.h"

#include "base/mem.h"
#include "store/state.h"
#include "store/state_linked.h"

#include <stdlib.h>
#include <string.h>

static const char *keep(project_links *l, const char *text)
{
    return arena_text(l->arena, text, strlen(text));
}

static bool add_link(void *context, store_ns ns, const json *document)
{
    project_links *l = context;
    const char *id = json_text(json_at(document, "data", "zou_id", NULL));
    const char *name = json_text(json_get(document, "name"));
    const json *active = json_at(document, "data", "active", NULL);
    if (!id || !*id)
        return true;
    l->items = xgrow(l->items, l->len, &l->cap, sizeof *l->items);
    l->items[l->len++] = (project_link){.id = keep(l, id),
                                        .name = keep(l, name ? name : ns.coll),
                                        .coll = keep(l, ns.coll),
                                        .active = !json_is(active, JSON_FALSE)};
    return true;
}

/* ---- what is known of a link ------------------------------------------------------ */

typedef struct search {
    const char *project_id; /* borrowed */
    arena *arena;           /* borrowed: of the documents */
    bool found;
} search;

/* Stops at the first document of an entity of the project. */
static bool look_at(void *context, store_ns ns, const json *document)
{
    search *f = context;
    (void)ns;
    f->found = json_text_is(json_at(document, "data", "zou", "project_id", NULL), f->project_id);
    arena_reset(f->arena);
    return !f->found;
}

static bool has_entity(store *s, const project_link *l, arena *a, bool *has, error *e)
{
    static const char *const fields[] = {"data.zou.project_id", NULL};
    search f = {l->id, a, false};
    bool ok = store_documents(s, (store_ns){store_avalon(s), l->coll}, STORE_ASSETS, fields,
                              &(store_sink){a, look_at, &f}, e);
    *has = f.found;
    return ok;
}

bool project_link_look_up(project_link *l, store *s, const char *server, error *e)
{
    arena *a = arena_new();
    state_checkpoint checkpoint;
    bool found;
    bool ok = state_checkpoint_of(s, server, l->id, a, &checkpoint, &found, e) &&
              state_linked_has_project(s, l->coll, l->id, a, &l->synced, e);
    /* one that only wants a full read may be of a server that never had the project */
    l->known = ok && found && !checkpoint.full_sync;
    arena_reset(a);
    ok = ok && (l->synced || has_entity(s, l, a, &l->synced, e));
    arena_free(a);
    return ok;
}

/* ---- all of them ------------------------------------------------------------------ */

/* Copies of a project have one id. */
static void index_links(project_links *l)
{
    size_t *last = xcalloc(l->len + 1, sizeof *last); /* by the first one: the last of its id */
    for (size_t i = 0; i < l->len; i++) {
        project_link *first = lookup_add(&l->by_id, l->items[i].id, &l->items[i]);
        size_t place = (size_t)(first - l->items);
        if (place != i)
            l->items[last[place]].next = i;
        last[place] = i;
    }
    free(last);
}

bool project_links_read(project_links *l, store *s, const char *server, error *e)
{
    project_links_free(l);
    l->arena = arena_new();
    arena *a = arena_new();
    bool ok = store_projects(s, &(store_sink){a, add_link, l}, e);
    index_links(l);
    for (size_t i = 0; server && ok && i < l->len; i++)
        ok = project_link_look_up(&l->items[i], s, server, e);
    arena_free(a);
    return ok;
}

void project_links_free(project_links *l)
{
    free(l->items);
    arena_free(l->arena);
    lookup_free(&l->by_id);
    *l = (project_links){0};
}

const project_link *project_links_find(const project_links *l, const char *id, const char *name)
{
    const project_link *first = lookup_find(&l->by_id, id), *link = first;
    while (link && name && strcmp(link->name, name) != 0)
        link = link->next ? &l->items[link->next] : NULL;
    return link ? link : first;
}
