#include "store/links.h"

#include "base/mem.h"
#include "store/state.h"

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

bool project_links_read(project_links *l, store *s, const char *server, error *e)
{
    project_links_free(l);
    l->arena = arena_new();
    arena *a = arena_new();
    bool ok = store_projects(s, &(store_sink){a, add_link, l}, e);
    for (size_t i = 0; server && ok && i < l->len; i++)
        ok = state_has_checkpoint(s, server, l->items[i].id, a, &l->items[i].known, e);
    arena_free(a);
    return ok;
}

void project_links_free(project_links *l)
{
    free(l->items);
    arena_free(l->arena);
    *l = (project_links){0};
}

const project_link *project_links_find(const project_links *l, const char *id, const char *name)
{
    const project_link *first = NULL;
    for (size_t i = 0; i < l->len; i++) {
        if (strcmp(l->items[i].id, id) != 0)
            continue;
        if (name && strcmp(l->items[i].name, name) == 0)
            return &l->items[i];
        first = first ? first : &l->items[i];
    }
    return first;
}
