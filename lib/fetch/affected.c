#include "fetch/affected.h"

#include "base/limits.h"
#include "base/mem.h"
#include "record/event.h"
#include "zou/id.h"

#include <ctype.h>
#include <string.h>

affected *affected_new(void)
{
    affected *a = xmalloc(sizeof *a);
    *a = (affected){.arena = arena_new()};
    return a;
}

void affected_clear(affected *a)
{
    affected_project *p, *next;
    HASH_ITER(hh, a->projects, p, next)
    {
        HASH_CLEAR(hh, p->entities);
        HASH_CLEAR(hh, p->tasks);
        HASH_CLEAR(hh, p->asset_types);
    }
    HASH_CLEAR(hh, a->projects);
    HASH_CLEAR(hh, a->asset_types);
    arena_reset(a->arena);
    *a = (affected){.arena = a->arena};
}

void affected_free(affected *a)
{
    if (!a)
        return;
    affected_clear(a);
    arena_free(a->arena);
    free(a);
}

/* ---- tables ------------------------------------------------------------- */

affected_project *affected_project_of(affected *a, const char *id)
{
    affected_project *p;
    HASH_FIND_STR(a->projects, id, p);
    if (p)
        return p;
    p = arena_alloc(a->arena, sizeof *p);
    *p = (affected_project){.id = arena_text(a->arena, id, strlen(id))};
    HASH_ADD_KEYPTR(hh, a->projects, p->id, strlen(p->id), p);
    return p;
}

/* With more ids than the limit everything is read anyway. */
static void overflow(affected *a, affected_project *p)
{
    if (!p || !*p->id)
        a->all = true;
    else
        p->full = true;
}

affected_id *affected_add(affected *a, affected_project *p, affected_id **table, const char *id,
                          kind k, const char *entity_id)
{
    affected_id *i;
    HASH_FIND_STR(*table, id, i);
    if (!i) {
        if (HASH_COUNT(*table) >= MAX_AFFECTED)
            overflow(a, p);
        i = arena_alloc(a->arena, sizeof *i);
        *i = (affected_id){.id = arena_text(a->arena, id, strlen(id)), .kind = KIND_NONE};
        HASH_ADD_KEYPTR(hh, *table, i->id, strlen(i->id), i);
    }
    if (i->kind == KIND_NONE)
        i->kind = k;
    if (!i->entity_id && entity_id)
        i->entity_id = arena_text(a->arena, entity_id, strlen(entity_id));
    return i;
}

/* ---- one event ---------------------------------------------------------- */

/* An event that is being taken in. */
typedef struct event {
    const char *name, *verb; /* `shot:update`: all of it, and what follows the colon */
    size_t noun;             /* bytes before the colon */
    const json *data;
    const char *project_id; /* or NULL */
    bool names_ids;         /* ids of anything but a project */
} event;

/* Zou writes `task-type:new`, but `task_type:new` where it makes one by its name. */
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

/* The word before `_id` or `_ids`, in lower case: `asset` of `added_asset_ids`. False
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

/* Whether the word names an entity or task: `*k` is its kind, KIND_NONE for an entity
 * of any kind. */
static bool word_affects(const char *word, const char *key, kind *k)
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

static void affect(affected *a, const event *e, const char *word, kind k, const char *id)
{
    affected_project *p = affected_project_of(a, e->project_id ? e->project_id : "");
    if (p->full && *p->id)
        return;
    const char *entity_id = json_text(json_get(e->data, "entity_id"));
    affected_id *i = affected_add(a, p, k == KIND_TASK ? &p->tasks : &p->entities, id, k,
                                  k == KIND_TASK && zou_is_id(entity_id) ? entity_id : NULL);
    i->made |= is_noun(e, word) && is_verb(e, "new");
    i->deleted |= is_noun(e, word) && is_verb(e, "delete");
    i->updated |= is_noun(e, word) && is_verb(e, "update");
    i->cast |= is_noun(e, "entity-link") || is_verb(e, "casting-update");
}

/* Take in one member of an event's data. Returns whether it affects anything. */
static bool take_member(affected *a, event *e, const json_member *m)
{
    char word[32];
    kind k;
    if (!word_of(m->key, word) || strcasecmp(m->key, "project_id") == 0 || json_is_null(&m->value))
        return false;
    e->names_ids = true;
    if (!word_affects(word, m->key, &k))
        return false;
    bool affects = false;
    const json *items = &m->value;
    uint32_t n = 1;
    if (json_is(items, JSON_ARRAY)) {
        n = items->len;
        items = items->items;
    }
    for (uint32_t i = 0; i < n; i++)
        if (zou_is_id(json_text(&items[i]))) {
            affect(a, e, word, k, json_text(&items[i]));
            affects = true;
        }
    return affects;
}

/* With a person Zou deletes the person's assignments, without an event, and all
 * events in the log that the person caused. */
static void take_person(affected *a, const event *e)
{
    a->people = true;
    a->all |= is_verb(e, "delete");
}

/* Events about what all projects share. */
static bool take_shared(affected *a, const event *e)
{
    const char *id = json_text(json_get(e->data, "asset_type_id"));
    id = id ? id : json_text(json_get(e->data, "entity_type_id"));
    if ((is_noun(e, "asset-type") || is_noun(e, "entity-type")) && zou_is_id(id))
        affected_add(a, NULL, &a->asset_types, id, KIND_ASSET_TYPE, NULL);
    else if (is_noun(e, "task-type"))
        a->task_types = true;
    else if (is_noun(e, "task-status"))
        a->task_statuses = true;
    else if (is_noun(e, "project-status"))
        a->project_statuses = true;
    else if (is_noun(e, "person"))
        take_person(a, e);
    else
        return false;
    return true;
}

static void take_project(affected_project *p, const event *e)
{
    p->named = p->whole = true;
    p->deleted |= is_verb(e, "delete");
}

/* Whether it is about entities or tasks. */
static bool is_of_entity(const event *e)
{
    static const char *const nouns[] = {"asset", "shot",    "sequence", "episode",
                                        "edit",  "concept", "task"};
    for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++)
        if (is_noun(e, nouns[i]))
            return true;
    return false;
}

/* Whether it is about what belongs to projects, and so has to name something. */
static bool has_to_name(const event *e)
{
    return is_of_entity(e) || is_noun(e, "project") || is_noun(e, "metadata-descriptor") ||
           is_noun(e, "asset-type") || is_noun(e, "entity-type");
}

/* Whether a link was made, changed or deleted by its id alone (zou: crud/base.py), so that
 * nothing tells whose it is. Where only the number of its occurrences changed, that is said. */
static bool is_unknown_link(const event *e)
{
    return is_noun(e, "entity-link") && !json_get(e->data, "nb_occurences");
}

void affected_event(affected *a, const json *record)
{
    event_record r;
    event_read(record, &r);
    event e = {.name = r.name, .data = r.data, .project_id = r.project_id};
    a->events++;
    e.noun = strcspn(e.name, ":");
    e.verb = e.name + e.noun + (e.name[e.noun] == ':');
    if (!zou_is_id(e.project_id))
        e.project_id = json_text(json_get(e.data, "project_id"));
    if (!zou_is_id(e.project_id))
        e.project_id = NULL;
    if (take_shared(a, &e))
        return;
    if (is_noun(&e, "project") && e.project_id) {
        take_project(affected_project_of(a, e.project_id), &e);
        return;
    }
    bool affects = false;
    for (uint32_t i = 0; json_is(e.data, JSON_OBJECT) && i < e.data->len; i++)
        affects |= take_member(a, &e, &e.data->members[i]);
    /* Zou renames or removes a custom field in every entity without an event. */
    bool all =
        is_noun(&e, "metadata-descriptor") || (!affects && (!e.names_ids || is_of_entity(&e)));
    bool unknown = !affects && is_unknown_link(&e);
    if ((all || unknown) && e.project_id)
        affected_project_of(a, e.project_id)->full = true;
    else if (unknown ||
             (has_to_name(&e) && !e.names_ids)) /* kitsu-listen could not read the rest */
        a->all = true;
}

void affected_sync(affected *a, const json *sync)
{
    const char *id = sync_read(sync);
    if (zou_is_id(id))
        affected_project_of(a, id)->synced = true;
    else
        a->all = true;
}
