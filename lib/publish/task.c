#include "publish/task.h"

#include "base/mem.h"
#include "base/msg.h"
#include "model/naming.h"
#include "publish/entity.h"
#include "zou/bulk.h"
#include "zou/id.h"
#include "zou/project.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

struct publish_tasks {
    zou *zou;         /* borrowed */
    store *store;     /* borrowed */
    zou_lists shared; /* types, statuses, who the user is */
};

/* One search. All in the arena. */
typedef struct search {
    publish_tasks *t;
    arena *a;
    const publish_place *place;
    json document; /* the asset's; null: none */
    int documents; /* of that name */
    error *e;
} search;

/* ---- what goes wrong ------------------------------------------------------- */

static publish_found not_read(zou_result result)
{
    return result == ZOU_OK ? PUBLISH_FOUND : result == ZOU_LOST ? PUBLISH_LOST : PUBLISH_NOT_FOUND;
}

/* ---- statuses ---------------------------------------------------------------- */

static const char *short_name_of(publish_tasks *t, arena *a, const char *status_id)
{
    const json_element *status = element_list_find(&t->shared.task_statuses, status_id);
    const char *name = status && status->text ? zou_member(a, status, "short_name") : NULL;
    return name ? name : "";
}

/* What the rule wants to know of a task: its present status, in words, too. */
static publish_found complete(search *s, const json *record, json *out)
{
    const char *status = json_text(json_get(record, "task_status_id"));
    json own = json_object();
    zou_result result = zou_lists_need(&s->t->shared, &s->t->shared.task_statuses, s->e);
    if (result != ZOU_OK)
        return not_read(result);
    *out = s->place->task ? json_copy_shallow(s->a, s->place->task) : json_object();
    json_set(s->a, out, "id", *json_get(record, "id"));
    json_set(s->a, out, "task_status_id", status ? json_string(s->a, status) : json_null());
    json_add(s->a, &own, "short_name",
             json_string(s->a, short_name_of(s->t, s->a, status ? status : "")));
    json_set(s->a, out, "task_status", own);
    return PUBLISH_FOUND;
}

/* Whether Kitsu keeps some status from the artist that the user is here. */
static publish_found find_artist(publish_tasks *t, zou_project *r, bool *artist, error *e)
{
    const element_list *all = &t->shared.task_statuses;
    bool kept = false;
    *artist = false;
    for (size_t i = 0; i < all->len && !kept; i++) {
        json v;
        kept = all->items[i].text &&
               json_parse(r->arena, all->items[i].text, all->items[i].len, &v, NULL, NULL) &&
               json_is(json_get(&v, "is_artist_allowed"), JSON_FALSE);
    }
    if (!kept)
        return PUBLISH_FOUND;
    zou_result result = zou_project_find_role(r, e);
    *artist = result == ZOU_OK && strcmp(r->role, "user") == 0;
    return not_read(result);
}

static void add_status(arena *a, json *list, const json *status)
{
    json entry = json_object();
    json_add(a, &entry, "id", json_copy(a, json_get(status, "id")));
    json_add(a, &entry, "short_name", json_copy(a, json_get(status, "short_name")));
    json_push(a, list, entry);
}

static publish_found choose_statuses(publish_tasks *t, zou_project *r, arena *a, json *list,
                                     error *e)
{
    const element_list *all = &t->shared.task_statuses;
    const json *own = json_get(&r->record, "task_statuses");
    bool artist, some = json_is(own, JSON_ARRAY) && own->len > 0;
    publish_found found = find_artist(t, r, &artist, e);
    for (size_t i = 0; i < all->len && found == PUBLISH_FOUND; i++) {
        const json_element *status = &all->items[i];
        json v;
        if (!status->text || !json_parse(a, status->text, status->len, &v, NULL, NULL) ||
            !json_text(json_get(&v, "short_name")) || json_true(json_get(&v, "archived")) ||
            (some && (!status->id || !json_has_text(own, status->id))))
            continue;
        if (artist && json_is(json_get(&v, "is_artist_allowed"), JSON_FALSE))
            msg_info("%s: in Kitsu an artist may not set the status \"%s\"", r->name,
                     json_text(json_get(&v, "short_name")));
        else
            add_status(a, list, &v);
    }
    return found;
}

publish_found publish_tasks_statuses(publish_tasks *t, const char *project_id, arena *a, json *list,
                                     error *e)
{
    zou_project r;
    *list = json_array();
    zou_project_start(&r, &t->shared, project_id, project_id);
    zou_result result = zou_project_read(&r, e);
    if (result == ZOU_OK)
        result = zou_lists_need(&t->shared, &t->shared.task_statuses, e);
    publish_found found = not_read(result);
    if (found == PUBLISH_FOUND)
        found = choose_statuses(t, &r, a, list, e);
    zou_project_end(&r);
    return found;
}

/* ---- the store ----------------------------------------------------------------- */

static bool note_document(void *context, store_ns ns, const json *document)
{
    search *s = context;
    (void)ns;
    if (json_text_is(json_get(document, "type"), "asset")) {
        s->document = *document;
        s->documents++;
    }
    return true;
}

/* A name that OpenPype cannot have is in no store. */
static publish_found find_document(search *s)
{
    const publish_place *p = s->place;
    store_ns ns = {store_avalon(s->t->store), p->project};
    s->document = json_null();
    if (naming_fault(s->a, p->project, true) || naming_fault(s->a, p->asset, false))
        return PUBLISH_FOUND;
    if (!store_find(s->t->store, ns, STORE_NAME, &p->asset, 1, s->a, note_document, s, s->e))
        return PUBLISH_LOST;
    if (s->documents <= 1)
        return PUBLISH_FOUND;
    error_set(s->e, 1, "OpenPype has %d assets \"%s\" in %s", s->documents, p->asset, p->project);
    return PUBLISH_NOT_FOUND;
}

/* The document's task of this name: as it is, else whatever its case if that is one. */
static const json_member *find_entry(const search *s)
{
    const json *tasks = json_at(&s->document, "data", "tasks", NULL);
    const json_member *alike = NULL;
    int n = 0;
    if (!json_is_plain(tasks))
        return NULL;
    for (uint32_t i = 0; i < tasks->len; i++) {
        if (strcmp(tasks->members[i].key, s->place->task_name) == 0)
            return &tasks->members[i];
        if (strcasecmp(tasks->members[i].key, s->place->task_name) == 0) {
            alike = &tasks->members[i];
            n++;
        }
    }
    return n == 1 ? alike : NULL;
}

/* ---- Kitsu's task ------------------------------------------------------------------ */

static publish_found ask(search *s, const char *id, json *record)
{
    const char *path = arena_printf(s->a, "/data/tasks/%s", id);
    zou_result result = zou_get(s->t->zou, path, s->a, record, s->e);
    if (result == ZOU_OK && !json_text(json_get(record, "id"))) {
        error_set(s->e, EX_PROTOCOL, "GET %s: the answer has no id", path);
        return PUBLISH_LOST;
    }
    if (result == ZOU_MISSING)
        *record = json_null();
    return result == ZOU_MISSING ? PUBLISH_FOUND : not_read(result);
}

typedef struct candidate {
    const char *id, *name, *type, *created_at;
    json record;
} candidate;

typedef struct candidates {
    search *s;
    candidate *list; /* in the arena */
    size_t n, cap;
} candidates;

static const char *text_or(const json *v, const char *other)
{
    return json_text(v) ? json_text(v) : other;
}

static bool keep_task(void *context, const json_element *element)
{
    candidates *c = context;
    arena *a = c->s->a;
    json v;
    if (!element->text || !json_parse(a, element->text, element->len, &v, NULL, NULL) ||
        !element->id)
        return true;
    if (c->n == c->cap) {
        candidate *more = arena_alloc(a, (c->cap = c->cap * 2 + 8) * sizeof *more);
        if (c->n)
            memcpy(more, c->list, c->n * sizeof *more);
        c->list = more;
    }
    const json_element *type =
        element_list_find(&c->s->t->shared.task_types, json_text(json_get(&v, "task_type_id")));
    c->list[c->n++] = (candidate){.id = json_text(json_get(&v, "id")),
                                  .name = text_or(json_get(&v, "name"), ""),
                                  .type = type && type->name ? type->name : "",
                                  .created_at = text_or(json_get(&v, "created_at"), ""),
                                  .record = v};
    return true;
}

static bool older(const candidate *a, const candidate *b)
{
    int order = strcmp(a->created_at, b->created_at);
    return (order ? order : strcmp(a->id, b->id)) < 0;
}

typedef int compare_fn(const char *, const char *);

/* The task of a type and a name; `main` is what the type's own is called, else that
 * is the oldest one. NULL: none. */
static const candidate *of_type(const candidates *c, const char *type, const char *name,
                                compare_fn *compare)
{
    const candidate *oldest = NULL;
    for (size_t i = 0; i < c->n; i++) {
        const candidate *t = &c->list[i];
        if (compare(t->type, type) != 0)
            continue;
        if (compare(t->name, name) == 0)
            return t;
        if (strcmp(name, "main") == 0 && (!oldest || older(t, oldest)))
            oldest = t;
    }
    return oldest;
}

/* TYPE_NAME: what a second task of a type is called in OpenPype. */
static const candidate *of_both(const candidates *c, const char *wanted, compare_fn *compare)
{
    for (size_t i = 0; i < c->n; i++) {
        const candidate *t = &c->list[i];
        size_t len = strlen(t->type);
        if (len == 0 || strlen(wanted) <= len + 1 || wanted[len] != '_')
            continue;
        char *type = xstrdup(wanted);
        type[len] = '\0';
        bool same = compare(type, t->type) == 0 && compare(wanted + len + 1, t->name) == 0;
        free(type);
        if (same)
            return t;
    }
    return NULL;
}

/* By its own name. `*n`: how many have it. */
static const candidate *of_name(const candidates *c, const char *wanted, compare_fn *compare,
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

static const candidate *pick(const search *s, const candidates *c, const json_member *entry, int *n)
{
    const char *wanted = entry ? entry->key : s->place->task_name;
    const char *type = entry ? json_text(json_get(&entry->value, "type")) : NULL;
    compare_fn *const compares[] = {strcmp, strcasecmp};
    const candidate *found = NULL;
    *n = 0;
    for (int i = 0; i < 2 && !found && *n == 0; i++) {
        if (type && *type)
            found = of_type(c, type, strcmp(wanted, type) == 0 ? "main" : wanted, compares[i]);
        if (!found)
            found = of_type(c, wanted, "main", compares[i]);
        if (!found)
            found = of_both(c, wanted, compares[i]);
        if (!found)
            found = of_name(c, wanted, compares[i], n);
    }
    return found;
}

static const char *names_of(search *s, const candidates *c)
{
    buf names = {0};
    for (size_t i = 0; i < c->n && names.len < 200; i++)
        buf_addf(&names, "%s%s%s%s", names.len ? ", " : "", c->list[i].type,
                 strcmp(c->list[i].name, "main") == 0 ? "" : "_",
                 strcmp(c->list[i].name, "main") == 0 ? "" : c->list[i].name);
    const char *text = arena_printf(s->a, "%s", names.len ? names.data : "none");
    buf_free(&names);
    return text;
}

/* An entity's task, of all that it has. */
static publish_found choose(search *s, const publish_entity *of, const json_member *entry,
                            json *record)
{
    candidates c = {.s = s};
    int n;
    zou_result result = zou_lists_need(&s->t->shared, &s->t->shared.task_types, s->e);
    if (result == ZOU_OK)
        result = zou_list(s->t->zou, arena_printf(s->a, "/data/tasks?entity_id=%s", of->id),
                          keep_task, &c, s->e);
    if (result != ZOU_OK)
        return not_read(result);
    const candidate *found = pick(s, &c, entry, &n);
    if (found) {
        *record = found->record;
        return PUBLISH_FOUND;
    }
    if (n > 1)
        error_set(s->e, 1, "%s has %d tasks \"%.100s\" in Kitsu: name one by its type (%s)",
                  of->text, n, s->place->task_name, names_of(s, &c));
    else
        error_set(s->e, 1, "%s has no task \"%.100s\" in Kitsu that this user sees (it has: %s)",
                  of->text, s->place->task_name, names_of(s, &c));
    return PUBLISH_NOT_FOUND;
}

/* ---- a place --------------------------------------------------------------------------- */

static publish_found find_by_name(search *s, json *record)
{
    const publish_place *p = s->place;
    publish_entity of;
    if (!p->project || !p->asset || !p->task_name) {
        error_set(s->e, 1, "it has neither a task nor %s to find it by",
                  !p->project ? "a \"project\""
                  : !p->asset ? "an \"asset\""
                              : "a \"task_name\"");
        return PUBLISH_NOT_FOUND;
    }
    publish_found found = find_document(s);
    if (found != PUBLISH_FOUND)
        return found;
    const json_member *entry = find_entry(s);
    const char *link = json_text(json_at(entry ? &entry->value : NULL, "zou", "id", NULL));
    if (zou_is_id(link)) {
        found = ask(s, link, record);
        if (found != PUBLISH_FOUND || !json_is_null(record))
            return found;
        msg_info("%s/%s/%s: Kitsu no longer has the task that OpenPype's is linked to; looking "
                 "for another",
                 p->project, p->asset, p->task_name);
    }
    found = publish_entity_find(s->t->zou, s->t->store, p, &s->document, s->a, &of, s->e);
    return found == PUBLISH_FOUND ? choose(s, &of, entry, record) : found;
}

/* A task that came with all that the rule wants is taken for what it is. */
static bool is_complete(const json *given)
{
    return json_text(json_get(given, "task_status_id")) &&
           json_text(json_at(given, "task_status", "short_name", NULL));
}

publish_found publish_tasks_find(publish_tasks *t, const publish_place *place, arena *a, json *out,
                                 const char **project_id, error *e)
{
    search s = {.t = t, .a = a, .place = place, .e = e};
    const char *id = json_text(json_get(place->task, "id"));
    json record = json_null();
    publish_found found;
    *project_id = NULL;
    if (is_complete(place->task)) {
        *out = *place->task;
        return PUBLISH_FOUND;
    }
    if (id && !zou_is_id(id)) {
        error_set(e, 1, "\"%.60s\" is no id of a task in Kitsu", id);
        return PUBLISH_NOT_FOUND;
    }
    found = id ? ask(&s, id, &record) : find_by_name(&s, &record);
    if (found != PUBLISH_FOUND)
        return found;
    if (json_is_null(&record)) {
        error_set(e, 1, "Kitsu has no task %s", id);
        return PUBLISH_NOT_FOUND;
    }
    *project_id = json_text(json_get(&record, "project_id"));
    return complete(&s, &record, out);
}

publish_tasks *publish_tasks_new(zou *z, store *s)
{
    static const bool none[KINDS] = {false};
    publish_tasks *t = xmalloc(sizeof *t);
    *t = (publish_tasks){.zou = z, .store = s};
    zou_lists_init(&t->shared, z, none);
    return t;
}

void publish_tasks_free(publish_tasks *t)
{
    if (!t)
        return;
    zou_lists_free(&t->shared);
    free(t);
}
