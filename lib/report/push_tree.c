#include "report/push_tree.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/output.h"
#include "record/display.h"
#include "record/result.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ANCESTORS 16 /* of an entity, that are shown; Kitsu has two */

typedef struct node node;

struct node {
    const char *path;        /* all names, outermost first; the key */
    const char *name, *type; /* type is NULL if it is not known */
    const char *document;    /* its `_id` as text, or NULL */
    const char *message;     /* or NULL */
    char sign;
    buf fields, tasks; /* lists for people */
    node *children, *last_child, *next;
    node *same_path; /* another node of this path, of another type */
    UT_hash_handle hh;
};

struct tree {
    arena *arena;
    node root;
    node *by_path; /* hash; the first of each path */
};

tree *tree_new(void)
{
    tree *t = xmalloc(sizeof *t);
    *t = (tree){.arena = arena_new()};
    return t;
}

/* Of the node and all below it: nodes are in the arena, their lists are not. */
static void free_lists(node *n)
{
    buf_free(&n->fields);
    buf_free(&n->tasks);
    for (node *c = n->children; c; c = c->next)
        free_lists(c);
}

static void tree_clear(tree *t)
{
    free_lists(&t->root);
    HASH_CLEAR(hh, t->by_path);
    arena_reset(t->arena);
    t->root = (node){0};
}

void tree_free(tree *t)
{
    if (!t)
        return;
    tree_clear(t);
    arena_free(t->arena);
    free(t);
}

static const char *tree_text(tree *t, const char *text)
{
    return text ? arena_text(t->arena, text, strlen(text)) : NULL;
}

/* ---- places ---------------------------------------------------------------- */

static const struct {
    const char *child, *parent;
} types[] = {{"Shot", "Sequence"}, {"Sequence", "Episode"}, {"Asset", "AssetType"}};
enum { TYPES = sizeof types / sizeof *types };

/* The type of the parent of an entity of this type, or of its children; NULL: unknown. */
static const char *parent_type(const char *type)
{
    for (int i = 0; type && i < TYPES; i++)
        if (strcmp(types[i].child, type) == 0)
            return types[i].parent;
    return NULL;
}

static const char *child_type(const char *type)
{
    for (int i = 0; type && i < TYPES; i++)
        if (strcmp(types[i].parent, type) == 0)
            return types[i].child;
    return NULL;
}

static node *add_node(tree *t, node *parent, const char *path, const char *name, const char *type)
{
    node *n = arena_alloc(t->arena, sizeof *n), *first;
    *n = (node){.path = path, .name = name, .type = type, .sign = ' '};
    *(parent->last_child ? &parent->last_child->next : &parent->children) = n;
    parent->last_child = n;
    HASH_FIND_STR(t->by_path, path, first);
    if (first) {
        n->same_path = first->same_path;
        first->same_path = n;
    } else {
        HASH_ADD_KEYPTR(hh, t->by_path, n->path, strlen(n->path), n);
    }
    return n;
}

/* The child of this name, made if there is none. A NULL type fits all; `document` (or
 * NULL) says which of several is meant. */
static node *find_child(tree *t, node *parent, const char *name, const char *type,
                        const char *document)
{
    char *path = parent->path ? arena_printf(t->arena, "%s\n%s", parent->path, name)
                              : arena_text(t->arena, name, strlen(name));
    node *n, *found = NULL;
    HASH_FIND_STR(t->by_path, path, n);
    for (; n; n = n->same_path) {
        if (type && n->type && strcmp(type, n->type) != 0)
            continue;
        bool meant = document && n->document && strcmp(document, n->document) == 0;
        if (!found || meant)
            found = n;
    }
    if (!found)
        found = add_node(t, parent, path, arena_text(t->arena, name, strlen(name)),
                         type ? type : child_type(parent->type));
    if (!found->type)
        found->type = tree_text(t, type);
    return found;
}

/* The node of a Result: `below` names its ancestors, `name` (NULL: of a task) itself. */
static node *find_node(tree *t, const result_record *r, const char *type, const char *name,
                       const char *document)
{
    const char *names[MAX_ANCESTORS + 1], *path_types[MAX_ANCESTORS + 1];
    size_t n = 0;
    for (uint32_t i = 0; json_is(r->below, JSON_ARRAY) && i < r->below->len && n < MAX_ANCESTORS;
         i++)
        if (json_text(&r->below->items[i]))
            names[n++] = r->below->items[i].text;
    if (name)
        names[n++] = name;
    for (size_t i = n; i-- > 0; type = parent_type(type))
        path_types[i] = type;
    node *at = &t->root;
    for (size_t i = 0; i < n; i++)
        at = find_child(t, at, names[i], path_types[i], i + 1 == n ? document : NULL);
    return at;
}

/* ---- what is done ----------------------------------------------------------- */

/* `frame_in 1001`; of an update `frame_in: 990 -> 1001`. Fields of `data` like the others,
 * but for those that stay. */
static void add_fields(buf *b, const json *before, const json *fields, bool update)
{
    for (uint32_t i = 0; json_is(fields, JSON_OBJECT) && i < fields->len; i++) {
        const json_member *m = &fields->members[i];
        const json *old = json_get(before, m->key);
        if (strcmp(m->key, "data") == 0 && json_is(&m->value, JSON_OBJECT)) {
            add_fields(b, old, &m->value, update);
            continue;
        }
        if (old && json_equal(old, &m->value, NULL))
            continue;
        buf_adds(b, b->len ? ", " : "");
        display_sanitized(b, m->key, strlen(m->key));
        buf_adds(b, update ? ": " : " ");
        if (old && old->type != JSON_NULL) {
            display_value(b, old);
            buf_adds(b, " -> ");
        }
        display_value(b, &m->value);
    }
}

static const char *document_of(tree *t, const result_record *r)
{
    const json *id = json_get(r->key, "_id");
    return id ? tree_text(t, json_id(t->arena, id)) : NULL;
}

/* A task is listed with its entity. */
static void add_task(tree *t, const result_record *r)
{
    /* Only a shot has two ancestors. */
    const char *type = json_is(r->below, JSON_ARRAY) && r->below->len == 3 ? "Shot" : NULL;
    node *n = find_node(t, r, type, NULL, document_of(t, r));
    buf_adds(&n->tasks, n->tasks.len ? ", " : "");
    display_text(&n->tasks, json_get(r->entity, "name"), "?");
}

static void add_entity(tree *t, const result_record *r, const char *type, const char *name,
                       char sign)
{
    const char *document = document_of(t, r);
    node *n = find_node(t, r, tree_text(t, type), name, document);
    n->document = document;
    if (n->sign == ' ') /* an entity that is linked may get other fields, too */
        n->sign = sign;
    if (!n->message)
        n->message = tree_text(t, json_text(r->message));
    if (sign == '=' && !n->message)
        n->message = "will be linked";
    add_fields(&n->fields, r->before, r->fields, r->operation == RESULT_UPDATE);
}

/* A task type: `Rigging (Asset)`, as each type of entity may have one of that name. */
static void add_task_type(tree *t, const result_record *r, const char *name, char sign)
{
    const char *entity = json_text(json_get(r->fields, "for_entity"));
    name = entity ? arena_printf(t->arena, "%s (%s)", name, entity) : name;
    node *n = find_child(t, &t->root, name, "TaskType", NULL);
    n->sign = sign;
    n->message = tree_text(t, json_text(r->message));
}

void tree_add(tree *t, const result_record *r, char sign)
{
    const char *type = json_text(json_get(r->entity, "type"));
    const char *name = json_text(json_get(r->entity, "name"));
    type = type ? type : "?";
    name = name ? name : "?";
    if (strcmp(type, "Task") == 0)
        add_task(t, r);
    else if (strcmp(type, "TaskType") == 0)
        add_task_type(t, r, name, sign);
    else
        add_entity(t, r, type, name, sign);
}

/* ---- printing --------------------------------------------------------------- */

static void print_node(const node *n, int depth)
{
    buf line = {0};
    const char *between = "   ";
    buf_addf(&line, "%*s%c ", 2 + 2 * depth, "", n->sign);
    if (n->type)
        display_sanitized(&line, n->type, strlen(n->type));
    buf_adds(&line, n->type ? " " : "");
    display_sanitized(&line, n->name, strlen(n->name));
    if (n->fields.len) {
        buf_addf(&line, "%s%s", between, n->fields.data);
        between = "; ";
    }
    if (n->tasks.len) {
        buf_addf(&line, "%stasks: %s", between, n->tasks.data);
        between = "; ";
    }
    if (n->message) {
        buf_adds(&line, between);
        display_sanitized(&line, n->message, strlen(n->message));
    }
    buf_addc(&line, '\n');
    output_write(line.data, line.len);
    buf_free(&line);
    for (const node *c = n->children; c; c = c->next)
        print_node(c, depth + 1);
}

/* The order of the nodes without a parent; all others come last. */
static const char *const order[] = {"Project", "TaskType",  "Episode", "Sequence",
                                    "Shot",    "AssetType", "Asset"};
enum { RANKS = sizeof order / sizeof *order };

static int rank(const node *n)
{
    int i = 0;
    while (i < RANKS && !(n->type && strcmp(n->type, order[i]) == 0))
        i++;
    return i;
}

void tree_print(tree *t)
{
    for (int i = 0; i <= RANKS; i++)
        for (const node *n = t->root.children; n; n = n->next)
            if (rank(n) == i)
                print_node(n, 0);
    tree_clear(t);
}
