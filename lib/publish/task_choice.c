#include "publish/task_choice.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_NAMES 200 /* bytes; the tasks that a message lists */

/* A task of the entity. */
typedef struct candidate {
    const char *id, *name, *type, *created_at;
    json task;
} candidate;

typedef struct candidates {
    const element_list *types;
    arena *a;
    candidate *list; /* owned; what it points to is in the arena */
    size_t n, cap;
} candidates;

/* strcmp or strcasecmp */
typedef int compare_fn(const char *, const char *);

static const char *text_or(const json *v, const char *otherwise)
{
    return json_text(v) ? json_text(v) : otherwise;
}

static bool add_candidate(void *context, const json_element *element, const json *tree)
{
    candidates *c = context;
    if (!element->id || !tree)
        return true;
    c->list = xgrow(c->list, c->n, &c->cap, sizeof *c->list);
    const json_element *type =
        element_list_find(c->types, json_text(json_get(tree, "task_type_id")));
    c->list[c->n++] = (candidate){.id = json_text(json_get(tree, "id")),
                                  .name = text_or(json_get(tree, "name"), ""),
                                  .type = type && type->name ? type->name : "",
                                  .created_at = text_or(json_get(tree, "created_at"), ""),
                                  .task = *tree};
    return true;
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
    candidates c = {.types = &lists->task_types, .a = a};
    publish_found outcome = PUBLISH_NOT_FOUND;
    int n;
    zou_result result = zou_lists_need(lists, &lists->task_types, e);
    if (result == ZOU_OK)
        result = zou_list_trees(lists->zou, arena_printf(a, "/data/tasks?entity_id=%s", entity->id),
                                a, add_candidate, &c, e);
    const candidate *found = result == ZOU_OK ? choose_candidate(&c, wanted, &n) : NULL;
    if (result != ZOU_OK) {
        outcome = publish_found_of(result);
    } else if (found) {
        *task = found->task;
        outcome = PUBLISH_FOUND;
    } else if (n > 1) {
        error_set(e, 1, "%s has %d tasks \"%.100s\" in Kitsu: give the type's name instead (%s)",
                  entity->text, n, wanted->name, names_of(&c));
    } else {
        error_set(e, 1, "%s has no task \"%.100s\" in Kitsu that this user can see (it has: %s)",
                  entity->text, wanted->name, names_of(&c));
    }
    free(c.list);
    return outcome;
}
