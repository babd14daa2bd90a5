#include "report/push_tree.h"

#include "base/mem.h"
#include "base/output.h"
#include "record/display.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define MAX_BELOW 16 /* names above one that are shown; Kitsu has two */

typedef struct node node;

struct node {
    const char *path;        /* all names, outermost first; the key */
    const char *name, *type; /* type is NULL where nothing tells */
    const char *document;    /* its `_id` as text, or NULL */
    const char *message;     /* or NULL */
    char sign;
    buf fields, tasks; /* lists for people */
    node *children, *last, *next;
    node *same; /* another one of this path, of another type */
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

/* Of its children, too. Nodes are in the arena, their lists are not. */
static void free_lists(node *n)
{
    buf_free(&n->fields);
    buf_free(&n->tasks);
    for (node *c = n->children; c; c = c->next)
        free_lists(c);
}

static void forget(tree *t)
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
    forget(t);
    arena_free(t->arena);
    free(t);
}

static const char *kept(tree *t, const char *text)
{
    return text ? arena_text(t->arena, text, strlen(text)) : NULL;
}

/* ---- places ---------------------------------------------------------------- */

static const char *const above_of[][2] = {
    {"Shot", "Sequence"}, {"Sequence", "Episode"}, {"Asset", "AssetType"}};
enum { ABOVES = sizeof above_of / sizeof *above_of };

/* The type of what lies above one of this type, or below it; NULL: unknown. */
static const char *type_above(const char *type)
{
    for (int i = 0; type && i < ABOVES; i++)
        if (strcmp(above_of[i][0], type) == 0)
            return above_of[i][1];
    return NULL;
}

static const char *type_below(const char *type)
{
    for (int i = 0; type && i < ABOVES; i++)
        if (strcmp(above_of[i][1], type) == 0)
            return above_of[i][0];
    return NULL;
}

static node *add_node(tree *t, node *parent, const char *path, const char *name, const char *type)
{
    node *n = arena_alloc(t->arena, sizeof *n), *first;
    *n = (node){.path = path, .name = name, .type = type, .sign = ' '};
    *(parent->last ? &parent->last->next : &parent->children) = n;
    parent->last = n;
    HASH_FIND_STR(t->by_path, path, first);
    if (first) {
        n->same = first->same;
        first->same = n;
    } else {
        HASH_ADD_KEYPTR(hh, t->by_path, n->path, strlen(n->path), n);
    }
    return n;
}

/* The child of this name, made where it is missing. A type of NULL fits all;
 * `document` (or NULL) tells which of several is meant. */
static node *child(tree *t, node *parent, const char *name, const char *type, const char *document)
{
    char *path = parent->path ? arena_printf(t->arena, "%s\n%s", parent->path, name)
                              : arena_text(t->arena, name, strlen(name));
    node *n, *found = NULL;
    HASH_FIND_STR(t->by_path, path, n);
    for (; n; n = n->same) {
        if (type && n->type && strcmp(type, n->type) != 0)
            continue;
        bool meant = document && n->document && strcmp(document, n->document) == 0;
        if (!found || meant)
            found = n;
    }
    if (!found)
        found = add_node(t, parent, path, arena_text(t->arena, name, strlen(name)),
                         type ? type : type_below(parent->type));
    if (!found->type)
        found->type = type ? kept(t, type) : NULL;
    return found;
}

/* Where a Result belongs: `below` and, of an entity, its own name. */
static node *place(tree *t, const json *result, const char *type, const char *name,
                   const char *document)
{
    const json *below = json_get(result, "below");
    const char *names[MAX_BELOW + 1], *types[MAX_BELOW + 1];
    size_t n = 0;
    for (uint32_t i = 0; json_is(below, JSON_ARRAY) && i < below->len && n < MAX_BELOW; i++)
        if (json_text(&below->items[i]))
            names[n++] = below->items[i].text;
    if (name)
        names[n++] = name;
    for (size_t i = n; i-- > 0; type = type_above(type))
        types[i] = type;
    node *at = &t->root;
    for (size_t i = 0; i < n; i++)
        at = child(t, at, names[i], types[i], i + 1 == n ? document : NULL);
    return at;
}

/* ---- what is done ----------------------------------------------------------- */

/* `frame_in 1001`; of an update `frame_in: 1001`. Those of `data` as its own. */
static void add_fields(buf *b, const json *fields, const char *between)
{
    for (uint32_t i = 0; json_is(fields, JSON_OBJECT) && i < fields->len; i++) {
        const json_member *m = &fields->members[i];
        if (strcmp(m->key, "data") == 0 && json_is(&m->value, JSON_OBJECT)) {
            add_fields(b, &m->value, between);
            continue;
        }
        buf_adds(b, b->len ? ", " : "");
        display_sanitized(b, m->key, strlen(m->key));
        buf_adds(b, between);
        display_value(b, &m->value);
    }
}

static const char *document_of(tree *t, const json *result)
{
    const json *id = json_at(result, "documentKey", "_id", NULL);
    return id ? kept(t, json_id(t->arena, id)) : NULL;
}

/* A task has its place below the entity. */
static void add_task(tree *t, const json *result)
{
    const json *below = json_get(result, "below");
    /* Above a shot there are two, and nothing else lies so deep. */
    const char *type = json_is(below, JSON_ARRAY) && below->len == 3 ? "Shot" : NULL;
    node *n = place(t, result, type, NULL, document_of(t, result));
    buf_adds(&n->tasks, n->tasks.len ? ", " : "");
    display_text(&n->tasks, json_at(result, "entity", "name", NULL), "?");
}

static void add_entity(tree *t, const json *result, const char *type, const char *name, char sign)
{
    const char *operation = json_text(json_get(result, "operationType"));
    const char *document = document_of(t, result);
    bool update = operation && strcmp(operation, "update") == 0;
    node *n = place(t, result, kept(t, type), name, document);
    n->document = document;
    if (n->sign == ' ') /* what is linked may get other fields, too */
        n->sign = sign;
    if (!n->message)
        n->message = kept(t, json_text(json_get(result, "message")));
    if (sign == '=' && !n->message)
        n->message = "will be linked";
    add_fields(&n->fields, json_get(result, "fields"), update ? ": " : " ");
}

/* A type of task: `Rigging (Asset)`, for there may be one of that name for each
 * type of entity. */
static void add_task_type(tree *t, const json *result, const char *name, char sign)
{
    const char *entity = json_text(json_at(result, "fields", "for_entity", NULL));
    name = entity ? arena_printf(t->arena, "%s (%s)", name, entity) : name;
    node *n = child(t, &t->root, name, "TaskType", NULL);
    n->sign = sign;
    n->message = kept(t, json_text(json_get(result, "message")));
}

void tree_add(tree *t, const json *result, char sign)
{
    const char *type = json_text(json_at(result, "entity", "type", NULL));
    const char *name = json_text(json_at(result, "entity", "name", NULL));
    type = type ? type : "?";
    name = name ? name : "?";
    if (strcmp(type, "Task") == 0)
        add_task(t, result);
    else if (strcmp(type, "TaskType") == 0)
        add_task_type(t, result, name, sign);
    else
        add_entity(t, result, type, name, sign);
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

/* In what order those come that nothing lies above; others last. */
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
    forget(t);
}
