#include "fetch/affected.h"

#include "base/mem.h"
#include "zou/id.h"

#include <ctype.h>
#include <string.h>

affected *affected_new(void)
{
    affected *t = xmalloc(sizeof *t);
    *t = (affected){.arena = arena_new()};
    return t;
}

void affected_clear(affected *t)
{
    affected_project *p, *next;
    HASH_ITER(hh, t->projects, p, next)
    {
        HASH_CLEAR(hh, p->entities);
        HASH_CLEAR(hh, p->tasks);
        HASH_CLEAR(hh, p->asset_types);
    }
    HASH_CLEAR(hh, t->projects);
    HASH_CLEAR(hh, t->asset_types);
    arena_reset(t->arena);
    *t = (affected){.arena = t->arena};
}

void affected_free(affected *t)
{
    if (!t)
        return;
    affected_clear(t);
    arena_free(t->arena);
    free(t);
}

/* ---- tables ------------------------------------------------------------- */

affected_project *affected_project_of(affected *t, const char *id)
{
    affected_project *p;
    HASH_FIND_STR(t->projects, id, p);
    if (p)
        return p;
    p = arena_alloc(t->arena, sizeof *p);
    *p = (affected_project){.id = arena_text(t->arena, id, strlen(id))};
    HASH_ADD_KEYPTR(hh, t->projects, p->id, strlen(p->id), p);
    return p;
}

/* Over the limit: then the ids do not matter any more. */
static void overflow(affected *t, affected_project *p)
{
    if (!p || !*p->id)
        t->all = true;
    else
        p->full = true;
}

affected_id *affected_add(affected *t, affected_project *p, affected_id **table, const char *id,
                          kind k, const char *entity_id)
{
    affected_id *i;
    HASH_FIND_STR(*table, id, i);
    if (!i) {
        if (HASH_COUNT(*table) >= MAX_AFFECTED)
            overflow(t, p);
        i = arena_alloc(t->arena, sizeof *i);
        *i = (affected_id){.id = arena_text(t->arena, id, strlen(id)), .kind = KIND_NONE};
        HASH_ADD_KEYPTR(hh, *table, i->id, strlen(i->id), i);
    }
    if (i->kind == KIND_NONE)
        i->kind = k;
    if (!i->entity_id && entity_id)
        i->entity_id = arena_text(t->arena, entity_id, strlen(entity_id));
    return i;
}

/* ---- one event ---------------------------------------------------------- */

/* An event while it is looked at. */
typedef struct event {
    const char *name, *verb; /* `shot:update`: all of it, and what follows the colon */
    size_t noun;             /* bytes before the colon */
    const json *data;
    const char *project_id; /* or NULL */
    bool has_ids;           /* of whatever */
} event;

/* Zou mostly writes `task-type:new`, but `task_type:new` where it makes one by
 * its name. */
static bool is_noun(const event *e, const char *noun)
{
    for (size_t i = 0; i < e->noun; i++)
        if ((e->name[i] == '_' ? '-' : tolower((unsigned char)e->name[i])) != noun[i])
            return false;
    return noun[e->noun] == '\0';
}

static bool is_verb(const event *e, const char *verb)
{
    return strcasecmp(e->verb, verb) == 0;
}

/* Of `added_asset_ids` the word before `_id` or `_ids`, in lower case; false
 * for a key of another form. */
static bool word_of(const char *key, char word[32])
{
    size_t len = strlen(key);
    if (len > 4 && strcasecmp(key + len - 4, "_ids") == 0)
        len -= 4;
    else if (len > 3 && strcasecmp(key + len - 3, "_id") == 0)
        len -= 3;
    else
        return false;
    size_t from = len;
    while (from > 0 && key[from - 1] != '_')
        from--;
    if (len - from >= 32)
        from = len - 31;
    for (size_t i = from; i < len; i++)
        word[i - from] = (char)tolower((unsigned char)key[i]);
    word[len - from] = '\0';
    return true;
}

/* What such a word names: a kind, KIND_NONE for an entity of any, or false. */
static bool names_touching(const char *word, const char *key, kind *k)
{
    static const struct {
        const char *word;
        kind kind;
    } words[] = {
        {"asset", KIND_ASSET},     {"shot", KIND_SHOT},   {"sequence", KIND_SEQUENCE},
        {"episode", KIND_EPISODE}, {"edit", KIND_EDIT},   {"concept", KIND_CONCEPT},
        {"task", KIND_TASK},       {"entity", KIND_NONE}, {"parent", KIND_NONE},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, word) == 0) {
            *k = words[i].kind;
            return true;
        }
    *k = KIND_NONE; /* `entity_in_id`, `entity_out_id` */
    return strncasecmp(key, "entity_in", 9) == 0 || strncasecmp(key, "entity_out", 10) == 0;
}

static void touch(affected *t, const event *e, const char *word, kind k, const char *id)
{
    affected_project *p = affected_project_of(t, e->project_id ? e->project_id : "");
    if (p->full && *p->id)
        return;
    const char *entity_id = json_text(json_get(e->data, "entity_id"));
    affected_id *i = affected_add(t, p, k == KIND_TASK ? &p->tasks : &p->entities, id, k,
                                  k == KIND_TASK && zou_is_id(entity_id) ? entity_id : NULL);
    i->made |= is_noun(e, word) && is_verb(e, "new");
    i->deleted |= is_noun(e, word) && is_verb(e, "delete");
    i->cast |= is_noun(e, "entity-link") || is_verb(e, "casting-update");
}

/* Take in one member of an event's data. Whether it touches. */
static bool take_member(affected *t, event *e, const json_member *m)
{
    char word[32];
    kind k;
    if (!word_of(m->key, word) || strcasecmp(m->key, "project_id") == 0 || json_is_null(&m->value))
        return false;
    e->has_ids = true;
    if (!names_touching(word, m->key, &k))
        return false;
    bool touches = false;
    const json *items = &m->value;
    uint32_t n = 1;
    if (json_is(items, JSON_ARRAY)) {
        n = items->len;
        items = items->items;
    }
    for (uint32_t i = 0; i < n; i++)
        if (zou_is_id(json_text(&items[i]))) {
            touch(t, e, word, k, json_text(&items[i]));
            touches = true;
        }
    return touches;
}

/* With a person go, without a word, the assignments, and all that the log had of
 * what that person did. */
static void take_person(affected *t, const event *e)
{
    t->people = true;
    t->all |= is_verb(e, "delete");
}

/* Events about what all projects share. */
static bool take_shared(affected *t, const event *e)
{
    const char *id = json_text(json_get(e->data, "asset_type_id"));
    id = id ? id : json_text(json_get(e->data, "entity_type_id"));
    if ((is_noun(e, "asset-type") || is_noun(e, "entity-type")) && zou_is_id(id))
        affected_add(t, NULL, &t->asset_types, id, KIND_ASSET_TYPE, NULL);
    else if (is_noun(e, "task-type"))
        t->task_types = true;
    else if (is_noun(e, "task-status"))
        t->task_statuses = true;
    else if (is_noun(e, "project-status"))
        t->project_statuses = true;
    else if (is_noun(e, "person"))
        take_person(t, e);
    else
        return false;
    return true;
}

static void take_project(affected_project *p, const event *e)
{
    p->named = p->whole = true;
    p->deleted |= is_verb(e, "delete");
}

/* Names of events that are nothing without an id of one of ours. */
static bool is_ours(const event *e)
{
    static const char *const nouns[] = {"asset", "shot",    "sequence", "episode",
                                        "edit",  "concept", "task"};
    for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++)
        if (is_noun(e, nouns[i]))
            return true;
    return false;
}

void affected_event(affected *t, const json *record)
{
    event e = {.name = json_text(json_get(record, "name")), .data = json_get(record, "data")};
    t->events++;
    e.name = e.name ? e.name : "";
    e.noun = strcspn(e.name, ":");
    e.verb = e.name + e.noun + (e.name[e.noun] == ':');
    e.project_id = json_text(json_get(record, "project_id"));
    if (!zou_is_id(e.project_id))
        e.project_id = json_text(json_get(e.data, "project_id"));
    if (!zou_is_id(e.project_id))
        e.project_id = NULL;
    if (take_shared(t, &e))
        return;
    if (is_noun(&e, "project") && e.project_id) {
        take_project(affected_project_of(t, e.project_id), &e);
        return;
    }
    bool touches = false;
    for (uint32_t i = 0; json_is(e.data, JSON_OBJECT) && i < e.data->len; i++)
        touches |= take_member(t, &e, &e.data->members[i]);
    /* Zou renames or strips a custom field in every entity without a word. */
    bool all = is_noun(&e, "metadata-descriptor") || (!touches && (!e.has_ids || is_ours(&e)));
    if (all && e.project_id)
        affected_project_of(t, e.project_id)->full = true;
    else if (is_ours(&e) && !e.has_ids) /* one of which kitsu-listen could read no more */
        t->all = true;
}

void affected_sync(affected *t, const json *sync)
{
    const char *id = json_text(json_get(sync, "project_id"));
    if (zou_is_id(id))
        affected_project_of(t, id)->synced = true;
    else
        t->all = true;
}
