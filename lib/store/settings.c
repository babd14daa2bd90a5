#include "store/settings.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/program.h"
#include "json/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* One document of OpenPype's `settings` collection. */
typedef struct override {
    const char *kind;    /* its type without `_versioned` */
    const char *project; /* NULL: of the studio */
    const char *version; /* "" where the document has none: older than all */
    size_t order;        /* place in versions_order, from 1; 0 when not in it */
    json data;
} override;

/* What has a say, in words, and what it says. */
typedef struct layer {
    const char *name; /* NULL: it is not there */
    json data;        /* an object */
} layer;

struct settings {
    arena *arena;
    layer shipped, etc, user, given; /* the files; `given` one is alone but for `shipped` */
    const char *store;               /* its name; NULL: none was read */
    json anatomy;
    json versions;       /* versions_order.all_versions, oldest first */
    override *overrides; /* owned; sorted, oldest first */
    size_t n;
};

json settings_merge(arena *a, const json *under, const json *over)
{
    if (!json_is(under, JSON_OBJECT) || !json_is(over, JSON_OBJECT))
        return *over;
    json merged = json_copy_shallow(a, under);
    for (uint32_t i = 0; i < over->len; i++) {
        const char *key = over->members[i].key;
        const json *below = json_get(under, key);
        const json *value = &over->members[i].value;
        json_set(a, &merged, key, below ? settings_merge(a, below, value) : *value);
    }
    return merged;
}

/* ---- files -------------------------------------------------------------- */

/* An absent file is `{}`, unless it is `required`. */
static bool read_json(arena *a, const char *path, bool required, json *out, error *e)
{
    *out = json_object();
    FILE *f = fopen(path, "r");
    if (!f) {
        if (!required && (errno == ENOENT || errno == ENOTDIR))
            return true;
        e->status = EX_CONFIG;
        snprintf(e->what, sizeof e->what, "%s: %s", path, strerror(errno));
        return false;
    }
    buf text = {0};
    size_t got;
    do {
        buf_reserve(&text, 4096);
        got = fread(text.data + text.len, 1, 4096, f);
        text.len += got;
    } while (got > 0 && text.len <= MAX_ANSWER);
    int failed = ferror(f) ? errno : text.len > MAX_ANSWER ? EFBIG : 0; /* a folder: EISDIR */
    json_error je = {0, "not an object"};
    bool ok = !failed && json_parse(a, text.data ? text.data : "", text.len, out, &je, NULL) &&
              out->type == JSON_OBJECT;
    if (!ok)
        e->status = EX_CONFIG;
    if (failed)
        snprintf(e->what, sizeof e->what, "%s: %s", path, strerror(failed));
    else if (!ok)
        snprintf(e->what, sizeof e->what, "%s: %s (byte %zu)", path, je.what, je.offset + 1);
    fclose(f);
    buf_free(&text);
    return ok;
}

static bool read_file(arena *a, const char *path, bool required, layer *out, error *e)
{
    out->name = arena_text(a, path, strlen(path));
    return read_json(a, out->name, required, &out->data, e);
}

static bool read_user_file(arena *a, layer *out, error *e)
{
    const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
    if (config && *config)
        return read_file(a, arena_printf(a, "%s/opkitsu/settings.json", config), false, out, e);
    if (home && *home)
        return read_file(a, arena_printf(a, "%s/.config/opkitsu/settings.json", home), false, out,
                         e);
    return true;
}

/* ---- OpenPype's documents ------------------------------------------------ */

static bool take_document(void *context, store_ns ns, const json *document)
{
    settings *s = context;
    (void)ns;
    const char *type = json_text(json_get(document, "type"));
    if (!type)
        return true;
    if (strcmp(type, "versions_order") == 0) {
        const json *all = json_get(document, "all_versions");
        if (json_is(all, JSON_ARRAY))
            s->versions = json_copy(s->arena, all);
        return true;
    }
    static const char *const kinds[] = {"system_settings", "project_settings", "project_anatomy"};
    const json *data = json_get(document, "data");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t len = strlen(kinds[i]);
        if (strncmp(type, kinds[i], len) != 0 ||
            (type[len] && strcmp(type + len, "_versioned") != 0))
            continue;
        const char *project = json_text(json_get(document, "project_name"));
        const char *version = json_text(json_get(document, "version"));
        bool versioned = type[len] != '\0';
        if (!json_is(data, JSON_OBJECT)) {
            if (!json_is_null(data))
                msg_warn("%s of %s: its \"data\" is no object, and not used", type,
                         project ? project : "the studio");
            continue;
        }
        s->overrides = xrealloc(s->overrides, (s->n + 1) * sizeof *s->overrides);
        s->overrides[s->n++] = (override){
            .kind = kinds[i],
            .project = project ? arena_text(s->arena, project, strlen(project)) : NULL,
            .version = versioned && version ? arena_text(s->arena, version, strlen(version)) : "",
            .data = json_copy(s->arena, data),
        };
    }
    return true;
}

static int oldest_first(const void *x, const void *y)
{
    const override *a = x, *b = y;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return strverscmp(a->version, b->version);
}

static bool is_of(const override *o, const char *kind, const char *project)
{
    bool same = project ? o->project && strcmp(o->project, project) == 0 : !o->project;
    return same && strcmp(o->kind, kind) == 0;
}

/* Every override of this kind and project over `under`, oldest first: the
 * newest version that has a key gives it. */
static json overlay(settings *s, json under, const char *kind, const char *project)
{
    for (size_t i = 0; i < s->n; i++)
        if (is_of(&s->overrides[i], kind, project))
            under = settings_merge(s->arena, &under, &s->overrides[i].data);
    return under;
}

/* OpenPype's anatomy has `attributes` beside what a project document keeps in
 * `config`; its applications are names there and objects in `config.apps`. */
static json anatomy_as_ours(arena *a, const json *theirs)
{
    json ours = json_object(), config = json_object();
    for (uint32_t i = 0; i < theirs->len; i++) {
        const char *key = theirs->members[i].key;
        const json *value = &theirs->members[i].value;
        if (strcmp(key, "attributes") != 0) {
            json_set(a, &config, key, *value);
            continue;
        }
        json attributes = json_copy_shallow(a, value);
        const json *names = json_get(value, "applications");
        if (json_is(names, JSON_ARRAY)) {
            json apps = json_array();
            for (uint32_t k = 0; k < names->len; k++) {
                json app = json_object();
                if (!json_text(&names->items[k]))
                    continue;
                json_set(a, &app, "name", names->items[k]);
                json_push(a, &apps, app);
            }
            json_set(a, &config, "apps", apps);
        }
        if (attributes.type == JSON_OBJECT) {
            json_unset(&attributes, "applications");
            json_set(a, &ours, "attributes", attributes);
        }
    }
    json_set(a, &ours, "config", config);
    return ours;
}

/* ---- all of it ----------------------------------------------------------- */

static bool read_store(settings *s, store *db, error *e)
{
    arena *scratch = arena_new();
    store_ns ns = {store_openpype(db), "settings"};
    bool ok = store_documents(db, ns, STORE_ALL, &(store_sink){scratch, take_document, s}, e);
    arena_free(scratch);
    for (size_t i = 0; i < s->n; i++)
        for (uint32_t k = 0; k < s->versions.len; k++) {
            const char *version = json_text(&s->versions.items[k]);
            if (version && strcmp(version, s->overrides[i].version) == 0)
                s->overrides[i].order = k + 1;
        }
    if (s->n)
        qsort(s->overrides, s->n, sizeof *s->overrides, oldest_first);
    return ok;
}

static settings *load(const char *file, bool usual, store *db, error *e)
{
    settings *s = xmalloc(sizeof *s);
    *s = (settings){.arena = arena_new(), .versions = json_array()};
    bool ok = read_file(s->arena, program_share("settings.json"), true, &s->shipped, e) &&
              read_json(s->arena, program_share("anatomy.json"), true, &s->anatomy, e);
    if (ok && usual)
        ok = read_file(s->arena, "/etc/opkitsu/settings.json", false, &s->etc, e) &&
             read_user_file(s->arena, &s->user, e);
    if (ok && file)
        ok = read_file(s->arena, file, true, &s->given, e);
    if (ok && db) {
        s->store = arena_printf(s->arena, "%s", store_name(db));
        ok = read_store(s, db, e);
    }
    if (!ok) {
        settings_free(s);
        return NULL;
    }
    json theirs = overlay(s, json_object(), "project_anatomy", NULL);
    json ours = anatomy_as_ours(s->arena, &theirs);
    s->anatomy = settings_merge(s->arena, &s->anatomy, &ours);
    return s;
}

settings *settings_load(store *db, error *e)
{
    return load(NULL, true, db, e);
}

settings *settings_load_one(const char *file, store *db, error *e)
{
    return load(file, false, file ? NULL : db, e);
}

void settings_free(settings *s)
{
    if (!s)
        return;
    arena_free(s->arena);
    free(s->overrides);
    free(s);
}

/* In plain words, to find it in OpenPype. */
static const char *name_of(settings *s, const override *o)
{
    return arena_printf(s->arena, "%s, %s%s%s%s%s", s->store, o->kind,
                        o->project ? " of project " : " of the studio",
                        o->project ? o->project : "", *o->version ? ", version " : "", o->version);
}

/* All that has a say, the least first: `layers` has room for s->n + 4. */
static size_t find_layers(settings *s, const char *project, layer *layers)
{
    size_t n = 0;
    const struct {
        const char *kind, *project;
    } passes[] = {
        {"system_settings", NULL}, {"project_settings", NULL}, {"project_settings", project}};
    layers[n++] = s->shipped;
    for (size_t k = 0; k < (project ? 3 : 2); k++)
        for (size_t i = 0; i < s->n; i++)
            if (is_of(&s->overrides[i], passes[k].kind, passes[k].project))
                layers[n++] = (layer){name_of(s, &s->overrides[i]), s->overrides[i].data};
    const layer files[] = {s->etc, s->user, s->given};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].name)
            layers[n++] = files[i];
    return n;
}

const json *settings_for(settings *s, const char *project)
{
    layer *layers = arena_alloc(s->arena, (s->n + 4) * sizeof *layers);
    size_t n = find_layers(s, project, layers);
    json *merged = arena_alloc(s->arena, sizeof *merged);
    *merged = layers[0].data;
    for (size_t i = 1; i < n; i++)
        *merged = settings_merge(s->arena, merged, &layers[i].data);
    return merged;
}

const char *settings_source(settings *s, const char *project, const char *path)
{
    layer *layers = arena_alloc(s->arena, (s->n + 4) * sizeof *layers);
    for (size_t n = find_layers(s, project, layers); n > 0; n--)
        if (path_get(&layers[n - 1].data, path) || path_blocked(&layers[n - 1].data, path))
            return layers[n - 1].name;
    return NULL;
}

const char *settings_server(settings *s)
{
    const char *url = json_text(json_at(settings_for(s, NULL), "modules", "kitsu", "server", NULL));
    return url && *url ? url : NULL;
}

const json *settings_anatomy(const settings *s)
{
    return &s->anatomy;
}
