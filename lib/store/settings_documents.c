#include "store/settings_documents.h"

#include "base/mem.h"
#include "base/msg.h"
#include "store/settings_version.h"

#include <stdlib.h>
#include <string.h>

#define COLLECTION "settings"

/* The first reading: all but the settings themselves. */
typedef struct catalogue {
    arena *arena;
    settings_document *all; /* the last comes first */
    size_t n;
    json global, versions; /* global_settings; versions_order.all_versions */
} catalogue;

static const char *kept(arena *a, const json *text)
{
    return json_text(text) ? arena_text(a, text->text, strlen(text->text)) : NULL;
}

/* The type without `_versioned`; NULL: it is none of ours. */
static const char *type_of(const char *text, bool *versioned)
{
    static const char *const types[] = {"system_settings", "project_settings", "project_anatomy"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t len = strlen(types[i]);
        if (strncmp(text, types[i], len) != 0)
            continue;
        *versioned = strcmp(text + len, "_versioned") == 0;
        if (*versioned || !text[len])
            return types[i];
    }
    return NULL;
}

/* OpenPype finds the studio's project settings and anatomy by `is_default`, a project's by
 * `project_name`. System settings are the studio's. */
static bool is_read(const char *type, const json *document)
{
    return strcmp(type, "system_settings") == 0 || json_text(json_get(document, "project_name")) ||
           json_true(json_get(document, "is_default"));
}

static void add_document(catalogue *c, const char *type, bool versioned, const json *document)
{
    bool system = strcmp(type, "system_settings") == 0;
    const char *version = versioned ? kept(c->arena, json_get(document, "version")) : NULL;
    if (!is_read(type, document) || (versioned && !version))
        return;
    settings_document *d = arena_alloc(c->arena, sizeof *d);
    *d = (settings_document){.type = type,
                             .project =
                                 system ? NULL : kept(c->arena, json_get(document, "project_name")),
                             .version = version,
                             .id = json_copy(c->arena, json_get(document, "_id")),
                             .data = json_object(),
                             .next = c->all};
    c->all = d;
    c->n++;
}

static bool catalogue_document(void *context, store_ns ns, const json *document)
{
    catalogue *c = context;
    const char *text = json_text(json_get(document, "type"));
    (void)ns;
    if (!text)
        return true;
    const json *all = json_get(document, "all_versions");
    if (strcmp(text, "global_settings") == 0)
        c->global = json_copy(c->arena, document);
    else if (strcmp(text, "versions_order") == 0 && json_is(all, JSON_ARRAY))
        c->versions = json_copy(c->arena, all);
    bool versioned;
    const char *type = type_of(text, &versioned);
    if (type)
        add_document(c, type, versioned, document);
    return true;
}

/* ---- the running version ---------------------------------------------------- */

static int older_first(const void *x, const void *y)
{
    return settings_version_compare(*(const char *const *)x, *(const char *const *)y);
}

/* Without versions_order nothing tells which version runs, if nobody says it: the
 * documents' own versions stand in for it. */
static size_t versions_of_documents(const catalogue *c, const char **list)
{
    size_t n = 0;
    for (const settings_document *d = c->all; d; d = d->next)
        if (d->version)
            list[n++] = d->version;
    if (n)
        qsort(list, n, sizeof *list, older_first);
    return n;
}

static settings_order order_of(const catalogue *c)
{
    const char *staging = getenv("OPENPYPE_USE_STAGING");
    const char *running = settings_version_wanted(getenv("OPENPYPE_VERSION"), &c->global,
                                                  staging && strcmp(staging, "1") == 0);
    const char **listed = arena_alloc(c->arena, (c->versions.len + c->n + 1) * sizeof *listed);
    size_t n = 0;
    for (uint32_t i = 0; i < c->versions.len; i++)
        if (json_text(&c->versions.items[i]))
            listed[n++] = c->versions.items[i].text;
    if (!n && !running)
        n = versions_of_documents(c, listed);
    return settings_order_make(c->arena, listed, n, running);
}

/* ---- the documents that count ------------------------------------------------- */

static bool same_text(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

static settings_document *find(settings_document *list, const char *type, const char *project)
{
    while (list && (strcmp(list->type, type) != 0 || !same_text(list->project, project)))
        list = list->next;
    return list;
}

const settings_document *settings_documents_find(const settings_document *list, const char *type,
                                                 const char *project)
{
    while (list && (strcmp(list->type, type) != 0 || !same_text(list->project, project)))
        list = list->next;
    return list;
}

static settings_document *choose(const catalogue *c, const settings_order *order)
{
    settings_document *chosen = NULL;
    for (settings_document *d = c->all, *next; d; d = next) {
        next = d->next;
        d->rank = settings_order_rank(order, d->version);
        settings_document *rival = find(chosen, d->type, d->project);
        if (rival && d->rank > rival->rank) {
            d->next = rival->next;
            *rival = *d;
        } else if (!rival && d->rank) {
            d->next = chosen;
            chosen = d;
        }
    }
    return chosen;
}

/* ---- their settings ------------------------------------------------------------- */

typedef struct loader {
    arena *arena;
    settings_document *list;
} loader;

/* `data`; an old legacy document has it as a text of JSON, `value`. */
static json data_of(arena *a, const json *document)
{
    const json *data = json_get(document, "data"), *value = json_get(document, "value");
    json parsed = json_null();
    if (!data && json_text(value) && json_parse(a, value->text, value->len, &parsed, NULL, NULL))
        data = &parsed;
    return data ? json_copy(a, data) : json_null();
}

static bool load_document(void *context, store_ns ns, const json *document)
{
    loader *l = context;
    (void)ns;
    for (settings_document *d = l->list; d; d = d->next) {
        if (!json_equal(&d->id, json_get(document, "_id"), NULL))
            continue;
        json data = data_of(l->arena, document);
        if (data.type == JSON_OBJECT)
            d->data = data;
        else if (data.type != JSON_NULL)
            msg_warn("%s of %s: its \"data\" is no object, and not used", d->type,
                     d->project ? d->project : "the studio");
    }
    return true;
}

static bool load_all(store *s, arena *a, arena *scratch, settings_document *list, error *e)
{
    size_t n = 0;
    for (const settings_document *d = list; d; d = d->next)
        n++;
    const json **ids = arena_alloc(scratch, (n + 1) * sizeof *ids);
    n = 0;
    for (const settings_document *d = list; d; d = d->next)
        ids[n++] = &d->id;
    loader l = {a, list};
    store_ns ns = {store_openpype(s), COLLECTION};
    return !n ||
           store_get_many(s, ns, (store_ids){ids, n}, &(store_sink){scratch, load_document, &l}, e);
}

bool settings_documents_read(store *s, arena *a, settings_document **out, const char **running,
                             error *e)
{
    static const char *const fields[] = {"type",
                                         "project_name",
                                         "is_default",
                                         "version",
                                         "all_versions",
                                         "data.production_version",
                                         "data.staging_version",
                                         NULL};
    catalogue c = {.arena = a, .global = json_null(), .versions = json_array()};
    arena *scratch = arena_new();
    store_ns ns = {store_openpype(s), COLLECTION};
    bool ok = store_documents(s, ns, STORE_ALL, fields,
                              &(store_sink){scratch, catalogue_document, &c}, e);
    settings_order order = order_of(&c);
    *running = order.n ? order.list[order.running] : NULL;
    *out = choose(&c, &order);
    ok = ok && load_all(s, a, scratch, *out, e);
    arena_free(scratch);
    return ok;
}
