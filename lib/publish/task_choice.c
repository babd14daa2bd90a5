#include "publish/task_choice.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_NAMES 200 /* bytes; the tasks that a message lists */

/* A task of the entity. */
typedef struct candidate {
    const char *name, *type, *id, *created_at;
    json task; /* as task_outline */
} candidate;

typedef struct candidates {
    element_list *types;
    arena *a;        /* owned */
    candidate *list; /* owned; what it points to is in the arena */
    size_t n, cap;
} candidates;

/* strcmp or strcasecmp */
typedef int compare_fn(const char *, const char *);

static const char *text_or(const json *v, const char *otherwise)
{
    return json_text(v) ? json_text(v) : otherwise;
}

json task_outline(arena *a, const json *zou_task)
{
    static const char *const keys[] = {"id", "project_id", "entity_id", "task_type_id",
                                       "task_status_id"};
    json out = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json *v = json_get(zou_task, keys[i]);
        if (json_text(v) && v->len <= MAX_ID)
            json_add(a, &out, keys[i], json_copy(a, v));
    }
    return out;
}

static const char *copy(arena *a, const char *text)
{
    return arena_text(a, text, strlen(text));
}

/* False: they are too many to be kept. */
static bool add_candidate(void *context, const json_element *element, const json *tree)
{
    candidates *c = context;
    (void)element;
    json task = task_outline(c->a, tree);
    const char *id = json_text(json_get(&task, "id"));
    if (!id)
        return true;
    c->list = xgrow(c->list, c->n, &c->cap, sizeof *c->list);
    const json_element *type =
        element_list_find(c->types, json_text(json_get(&task, "task_type_id")));
    c->list[c->n++] =
        (candidate){.id = id,
                    .name = copy(c->a, text_or(json_get(tree, "name"), "")),
                    .type = type && type->name ? type->name : "",
                    .created_at = copy(c->a, text_or(json_get(tree, "created_at"), "")),
                    .task = task};
    return arena_size(c->a) + c->cap * sizeof *c->list <= MAX_HELD;
}

static bool is_older(const candidate *a, const candidate *b)
{
    int order = strcmp(a->created_at, b->created_at);
    return (order ? order : strcmp(a->id, b->id)) < 0;
}

/* The task NAME of a type. Where none is named `main`, the oldest stands for it.
 * NULL: none. */
static const candidate *find_of_type(const candidates *c, const char *type, const char *name,
                                     compare_fn *compare)
{
    const candidate *oldest = NULL;
    for (size_t i = 0; i < c->n; i++) {
        const candidate *t = &c->list[i];
        if (compare(t->type, type) != 0)
            continue;
        if (compare(t->name, name) == 0)
            return t;
        if (strcmp(name, "main") == 0 && (!oldest || is_older(t, oldest)))
            oldest = t;
    }
    return oldest;
}

/* The task called TYPE_NAME: the second task of a type in OpenPype. */
static const candidate *find_of_type_and_name(const candidates *c, const char *wanted,
                                              compare_fn *compare)
{
    for (size_t i = 0; i < c->n; i++) {
        const candidate *t = &c->list[i];
        size_t len = strlen(t->type);
        if (len == 0 || strlen(wanted) <= len + 1 || wanted[len] != '_')
            continue;
        const char *type = arena_text(c->a, wanted, len);
        if (compare(type, t->type) == 0 && compare(wanted + len + 1, t->name) == 0)
            return t;
    }
    return NULL;
}

/* The only task of this name, whatever its type. `*n`: how many there are. */
static const candidate *find_of_name(const candidates *c, const char *wanted, compare_fn *compare,
                                     int *n)
{
    const candidate *found = NULL;
    *n = 0;
    for (size_t i = 0; i < c->n; i++)
        if (compare(c->list[i].name, wanted) == 0) {
            found = &c->list[i];
            ++*n;
        }
    return *n == 1 ? found : NULL;
}

static const candidate *find_by(const candidates *c, const task_name *wanted, compare_fn *compare,
                                int *n)
{
    const char *key = wanted->key, *type = wanted->type;
    const candidate *found = NULL;
    if (type && *type)
        found = find_of_type(c, type, strcmp(key, type) == 0 ? "main" : key, compare);
    if (!found)
        found = find_of_type(c, key, "main", compare);
    if (!found)
        found = find_of_type_and_name(c, key, compare);
    return found ? found : find_of_name(c, key, compare, n);
}

/* `*n`: how many the name fits, where it fits several. */
static const candidate *choose_candidate(const candidates *c, const task_name *wanted, int *n)
{
    *n = 0;
    const candidate *found = find_by(c, wanted, strcmp, n);
    return found || *n ? found : find_by(c, wanted, strcasecmp, n);
}

static const char *names_of(const candidates *c)
{
    buf names = {0};
    for (size_t i = 0; i < c->n && names.len < MAX_NAMES; i++) {
        const candidate *t = &c->list[i];
        bool is_main = strcmp(t->name, "main") == 0;
        buf_addf(&names, "%s%s%s%s", names.len ? ", " : "", t->type, is_main ? "" : "_",
                 is_main ? "" : t->name);
    }
    const char *text = arena_printf(c->a, "%s", names.len ? names.data : "none");
    buf_free(&names);
    return text;
}

publish_found task_choose(zou_lists *lists, const publish_entity *entity, const task_name *wanted,
                          arena *a, json *task, error *e)
{
    candidates c = {.types = &lists->task_types, .a = arena_new()};
    publish_found outcome = PUBLISH_NOT_FOUND;
    int n;
    zou_result result = zou_lists_need(lists, &lists->task_types, e);
    if (result == ZOU_OK)
        result =
            zou_list_trees(lists->zou, arena_printf(c.a, "/data/tasks?entity_id=%s", entity->id),
                           NULL, add_candidate, &c, e);
    const candidate *found = result == ZOU_OK ? choose_candidate(&c, wanted, &n) : NULL;
    if (result == ZOU_STOPPED) {
        error_set(e, 1, "Kitsu gives more than %zu MiB of tasks of %s", MAX_HELD / 1024 / 1024,
                  entity->text);
    } else if (result != ZOU_OK) {
        outcome = publish_found_of(result);
    } else if (found) {
        *task = json_copy(a, &found->task);
        outcome = PUBLISH_FOUND;
    } else if (n > 1) {
        error_set(e, 1, "%s has %d tasks \"%.100s\" in Kitsu: give the type's name instead (%s)",
                  entity->text, n, wanted->name, names_of(&c));
    } else {
        error_set(e, 1, "%s has no task \"%.100s\" in Kitsu that this user can see (it has: %s)",
                  entity->text, wanted->name, names_of(&c));
    }
    free(c.list);
    arena_free(c.a);
    return outcome;
}
