#include "zou/lists.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const char *keep_text(arena *a, const char *text)
{
    return text ? arena_text(a, text, strlen(text)) : NULL;
}

bool fetch_list_keep(void *context, const json_element *e)
{
    fetch_list *l = context;
    if (!l->arena)
        l->arena = arena_new();
    l->items = xgrow(l->items, l->len, &l->cap, sizeof *l->items);
    json_element *kept = &l->items[l->len++];
    *kept = *e;
    kept->text = e->text && !l->names_only ? arena_text(l->arena, e->text, e->len) : NULL;
    kept->id = keep_text(l->arena, e->id);
    kept->name = keep_text(l->arena, e->name);
    kept->type = keep_text(l->arena, e->type);
    return true;
}

const json_element *fetch_list_find(const fetch_list *l, const char *id)
{
    for (size_t i = 0; id && i < l->len; i++)
        if (l->items[i].id && strcmp(l->items[i].id, id) == 0)
            return &l->items[i];
    return NULL;
}

void fetch_list_clear(fetch_list *l)
{
    free(l->items);
    arena_free(l->arena);
    *l = (fetch_list){.names_only = l->names_only};
}

void fetch_shared_init(fetch_shared *s, zou *z, const bool wanted[KINDS])
{
    *s = (fetch_shared){.zou = z, .arena = arena_new()};
    s->project_statuses.names_only = true;
    memcpy(s->wanted, wanted, sizeof s->wanted);
}

void fetch_shared_forget(fetch_shared *s)
{
    fetch_list_clear(&s->project_statuses);
    fetch_list_clear(&s->task_types);
    fetch_list_clear(&s->task_statuses);
    s->me = s->role = NULL;
}

void fetch_shared_free(fetch_shared *s)
{
    fetch_shared_forget(s);
    arena_free(s->arena);
    s->arena = NULL;
}

zou_result fetch_shared_me(fetch_shared *s, error *e)
{
    json v;
    if (s->me)
        return ZOU_OK;
    arena_reset(s->arena);
    zou_result result = zou_get(s->zou, "/auth/authenticated", s->arena, &v, e);
    if (result != ZOU_OK)
        return result;
    const char *me = json_text(json_at(&v, "user", "id", NULL));
    s->role = json_text(json_at(&v, "user", "role", NULL));
    if (!me || !s->role) {
        error_set(e, EX_PROTOCOL, "%s/auth/authenticated: no user in the answer",
                  zou_server(s->zou));
        return ZOU_FAILED;
    }
    s->me = me;
    return ZOU_OK;
}

zou_result fetch_shared_need(fetch_shared *s, fetch_list *list, error *e)
{
    const char *path = list == &s->task_types      ? "/data/task-types"
                       : list == &s->task_statuses ? "/data/task-status"
                                                   : "/data/project-status";
    if (list->read)
        return ZOU_OK;
    fetch_list_clear(list);
    zou_result result = zou_list(s->zou, path, fetch_list_keep, list, e);
    list->read = result == ZOU_OK;
    return result;
}

zou_result fetch_shared_need_all(fetch_shared *s, error *e)
{
    zou_result result = fetch_shared_me(s, e);
    if (result == ZOU_OK)
        result = fetch_shared_need(s, &s->project_statuses, e);
    if (result == ZOU_OK && s->wanted[KIND_TASK_TYPE])
        result = fetch_shared_need(s, &s->task_types, e);
    if (result == ZOU_OK && s->wanted[KIND_TASK_STATUS])
        result = fetch_shared_need(s, &s->task_statuses, e);
    return result;
}

bool fetch_shared_sees_all(const fetch_shared *s)
{
    return s->role && strcmp(s->role, "admin") == 0;
}
