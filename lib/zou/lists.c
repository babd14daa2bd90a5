#include "zou/lists.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const char *copy_text(arena *a, const char *text)
{
    return text ? arena_text(a, text, strlen(text)) : NULL;
}

/* With its tree, which is many times as large as a text of numbers. */
static size_t size_of(const element_list *l, const json_element *e)
{
    return sizeof *e + (e->text && !l->names_only ? e->len + e->values * sizeof(json_member) : 0) +
           (e->id ? strlen(e->id) : 0) + (e->name ? strlen(e->name) : 0);
}

bool element_list_keep(void *context, const json_element *e)
{
    element_list *l = context;
    if (!l->arena)
        l->arena = arena_new();
    free(l->trees); /* they are for a list that is complete */
    l->trees = NULL;
    l->held += size_of(l, e);
    if (l->held > MAX_HELD)
        return false;
    l->items = xgrow(l->items, l->len, &l->cap, sizeof *l->items);
    json_element *kept = &l->items[l->len++];
    *kept = *e;
    kept->text = e->text && !l->names_only ? arena_text(l->arena, e->text, e->len) : NULL;
    kept->id = copy_text(l->arena, e->id);
    kept->name = copy_text(l->arena, e->name);
    kept->type = copy_text(l->arena, e->type);
    return true;
}

static bool keep_with_id(void *context, const json_element *e)
{
    return !e->id || element_list_keep(context, e);
}

zou_result element_list_read(element_list *l, zou *z, const char *path, error *e)
{
    zou_result result = zou_list(z, path, keep_with_id, l, e);
    if (result != ZOU_STOPPED)
        return result;
    error_set(e, EX_PROTOCOL, "GET %s: the list is larger than %zu MiB", path,
              MAX_HELD / 1024 / 1024);
    return ZOU_FAILED;
}

const json_element *element_list_find(element_list *l, const char *id)
{
    for (; l->looked_up < l->len; l->looked_up++)
        if (l->items[l->looked_up].id)
            lookup_add(&l->by_id, l->items[l->looked_up].id, (void *)(l->looked_up + 1));
    uintptr_t place = (uintptr_t)lookup_find(&l->by_id, id);
    return place ? &l->items[place - 1] : NULL;
}

const json *element_list_tree(element_list *l, size_t i)
{
    json tree;
    const json_element *e = &l->items[i];
    if (!l->trees) {
        l->trees = xmalloc(l->len * sizeof *l->trees);
        for (size_t k = 0; k < l->len; k++)
            l->trees[k] = json_null();
    }
    if (json_is_null(&l->trees[i]) && e->text &&
        json_parse(l->arena, e->text, e->len, &tree, NULL, NULL))
        l->trees[i] = tree;
    return json_is_null(&l->trees[i]) ? NULL : &l->trees[i];
}

void element_list_clear(element_list *l)
{
    free(l->items);
    free(l->trees);
    lookup_free(&l->by_id);
    arena_free(l->arena);
    *l = (element_list){.names_only = l->names_only};
}

void zou_lists_init(zou_lists *s, zou *z)
{
    *s = (zou_lists){.zou = z, .arena = arena_new()};
    s->project_statuses.names_only = true;
}

void zou_lists_forget(zou_lists *s)
{
    element_list_clear(&s->project_statuses);
    element_list_clear(&s->task_types);
    element_list_clear(&s->task_statuses);
    element_list_clear(&s->people);
    s->me = s->role = NULL;
}

void zou_lists_free(zou_lists *s)
{
    zou_lists_forget(s);
    arena_free(s->arena);
    s->arena = NULL;
}

zou_result zou_lists_user(zou_lists *s, error *e)
{
    json v;
    if (s->me)
        return ZOU_OK;
    arena_reset(s->arena);
    zou_result result = zou_get(s->zou, "/auth/authenticated", JSON_OBJECT, s->arena, &v, e);
    if (result != ZOU_OK)
        return result;
    const char *me = json_text(json_at(&v, "user", "id", NULL));
    s->role = json_text(json_at(&v, "user", "role", NULL));
    if (!me || !s->role) {
        error_set(e, EX_PROTOCOL, "GET %s/auth/authenticated: unexpected reply: no user",
                  zou_server(s->zou));
        return ZOU_FAILED;
    }
    s->me = me;
    return ZOU_OK;
}

zou_result zou_lists_need(zou_lists *s, element_list *list, error *e)
{
    const char *path = list == &s->task_types      ? "/data/task-types"
                       : list == &s->task_statuses ? "/data/task-status"
                       : list == &s->people        ? "/data/persons"
                                                   : "/data/project-status";
    if (list->read)
        return ZOU_OK;
    element_list_clear(list);
    zou_result result = element_list_read(list, s->zou, path, e);
    list->read = result == ZOU_OK;
    return result;
}

zou_result zou_lists_need_all(zou_lists *s, const bool wanted[KINDS], error *e)
{
    zou_result result = zou_lists_user(s, e);
    if (result == ZOU_OK)
        result = zou_lists_need(s, &s->project_statuses, e);
    if (result == ZOU_OK && wanted[KIND_TASK_TYPE])
        result = zou_lists_need(s, &s->task_types, e);
    if (result == ZOU_OK && wanted[KIND_TASK_STATUS])
        result = zou_lists_need(s, &s->task_statuses, e);
    if (result != ZOU_OK || !wanted[KIND_PERSON])
        return result;
    result = zou_lists_need(s, &s->people, e);
    return result == ZOU_FORBIDDEN ? ZOU_OK : result;
}

bool zou_lists_sees_all(const zou_lists *s)
{
    return s->role && strcmp(s->role, "admin") == 0;
}
