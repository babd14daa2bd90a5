#include "store/settings.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/program.h"
#include "store/anatomy.h"
#include "store/settings_check.h"
#include "store/settings_documents.h"
#include "store/settings_merge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define MACHINE_FILE "/etc/opkitsu/settings.json"

/* What has a say, in words, and what it says. */
typedef struct layer {
    const char *name; /* NULL: it is not there */
    json data;        /* an object */
} layer;

/* The merged settings of a project, made once. */
typedef struct merged {
    const char *project; /* NULL: the studio's */
    json settings;
    struct merged *next;
} merged;

struct settings {
    arena *arena;
    layer shipped, etc, user, given; /* the files; `given` one is alone but for `shipped` */
    const char *store;               /* its name; NULL: none was read */
    json anatomy;
    settings_document *documents;
    merged *merged;
    double read_at;
};

/* ---- files -------------------------------------------------------------- */

typedef enum file_kind {
    OPTIONAL, /* an absent one is `{}` */
    REQUIRED,
    NAMED /* by a user; it may be a pipe, as that of a process substitution */
} file_kind;

static bool read_json(arena *a, const char *path, file_kind kind, json *out, error *e)
{
    *out = json_object();
    bool odd = false;
    int fd = kind == NAMED ? fd_open_named(path) : fd_open_found(path, &odd);
    if (fd < 0) {
        if (kind == OPTIONAL && (errno == ENOENT || errno == ENOTDIR))
            return true;
        e->status = error_status(errno, EX_CONFIG);
        snprintf(e->what, sizeof e->what, "%s: %s", path, strerror(errno));
        return false;
    }
    if (odd) {
        close(fd);
        return error_set(e, EX_CONFIG, "%s: not a regular file", path);
    }
    buf text = {0};
    ssize_t got;
    do {
        buf_reserve(&text, 4096);
        got = fd_read(fd, text.data + text.len, 4096);
        text.len += got > 0 ? (size_t)got : 0;
    } while (got > 0 && text.len <= MAX_ANSWER);
    int failed = got < 0 ? errno : text.len > MAX_ANSWER ? EFBIG : 0; /* a folder: EISDIR */
    json_error je = {0, "not an object"};
    bool ok = !failed && json_parse(a, text.data ? text.data : "", text.len, out, &je, NULL) &&
              out->type == JSON_OBJECT;
    if (!ok)
        e->status = error_status(failed, EX_CONFIG);
    if (failed)
        snprintf(e->what, sizeof e->what, "%s: %s", path, strerror(failed));
    else if (!ok)
        snprintf(e->what, sizeof e->what, "%s: %s (byte %zu)", path, je.what, je.offset + 1);
    close(fd);
    buf_free(&text);
    return ok;
}

static bool read_file(arena *a, const char *path, file_kind kind, layer *out, error *e)
{
    out->name = arena_text(a, path, strlen(path));
    return read_json(a, out->name, kind, &out->data, e);
}

/* NULL: nothing tells where. */
static const char *user_file(arena *a)
{
    const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
    if (config && *config)
        return arena_printf(a, "%s/opkitsu/settings.json", config);
    if (home && *home)
        return arena_printf(a, "%s/.config/opkitsu/settings.json", home);
    return NULL;
}

/* ---- all of it ----------------------------------------------------------- */

static bool read_store(settings *s, store *db, error *e)
{
    const char *running;
    s->store = arena_printf(s->arena, "%s", store_name(db));
    bool ok = settings_documents_read(db, s->arena, &s->documents, &running, e);
    if (ok && running)
        msg_info("settings of OpenPype %s", running);
    return ok;
}

static settings *load(const char *file, bool usual, store *db, error *e)
{
    settings *s = xmalloc(sizeof *s);
    *s = (settings){.arena = arena_new(), .read_at = clock_now()};
    const char *user = user_file(s->arena);
    bool ok = read_file(s->arena, program_share("settings.json"), REQUIRED, &s->shipped, e) &&
              read_json(s->arena, program_share("anatomy.json"), REQUIRED, &s->anatomy, e);
    if (ok && usual)
        ok = read_file(s->arena, MACHINE_FILE, OPTIONAL, &s->etc, e) &&
             (!user || read_file(s->arena, user, OPTIONAL, &s->user, e));
    if (ok && file)
        ok = read_file(s->arena, file, NAMED, &s->given, e);
    if (ok && db)
        ok = read_store(s, db, e);
    if (!ok) {
        settings_free(s);
        return NULL;
    }
    const settings_document *d = settings_documents_find(s->documents, "project_anatomy", NULL);
    if (d) {
        json ours = anatomy_from_settings(s->arena, &d->data);
        s->anatomy = settings_merge(s->arena, &s->anatomy, &ours);
    }
    return s;
}

/* ---- mistakes ------------------------------------------------------------- */

/* In plain words, to find it in OpenPype. */
static const char *name_of(settings *s, const settings_document *d)
{
    return arena_printf(s->arena, "%s, %s%s%s%s%s", s->store, d->type,
                        d->project ? " of project " : " of the studio",
                        d->project ? d->project : "", d->version ? ", version " : "",
                        d->version ? d->version : "");
}

static void report_mistake(void *context, const char *path, const char *what)
{
    msg_warn("%s: %s: %s", (const char *)context, path, what);
}

void settings_warn(settings *s)
{
    const layer files[] = {s->etc, s->user, s->given};
    for (const settings_document *d = s->documents; d; d = d->next)
        if (strcmp(d->type, "system_settings") == 0 || strcmp(d->type, "project_settings") == 0)
            settings_check(s->arena, &d->data, report_mistake, (void *)name_of(s, d));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].name)
            settings_check(s->arena, &files[i].data, report_mistake, (void *)files[i].name);
}

/* ---- loading -------------------------------------------------------------- */

settings *settings_load(store *db, error *e)
{
    return load(NULL, true, db, e);
}

settings *settings_load_one(const char *file, store *db, error *e)
{
    return load(file, false, file ? NULL : db, e);
}

bool settings_renew(settings **s, store *db, error *e)
{
    double age = clock_setting("OPKITSU_SETTINGS_SECONDS", 30);
    if (clock_now() - (*s)->read_at < age)
        return true;
    settings *fresh = load(NULL, true, db, e);
    if (!fresh && e->status != EX_CONFIG)
        return false;
    if (!fresh) {
        msg_warn("%s: the settings stay what they were", e->what);
        (*s)->read_at = clock_now();
        return true;
    }
    settings_free(*s);
    *s = fresh;
    settings_warn(fresh);
    return true;
}

/* The folders, as an editor replaces a file by another, and what a file may be a link to.
 * A folder that is made later is not read: the one above it has more than settings. */
void settings_needs(program_needs *n)
{
    arena *a = arena_new();
    const char *const files[] = {program_share("settings.json"), MACHINE_FILE, user_file(a)};
    for (size_t i = 0; i < sizeof files / sizeof *files && files[i]; i++) {
        needs_read(n, files[i]);
        needs_read(n, arena_text(a, files[i], (size_t)(strrchr(files[i], '/') - files[i])));
    }
    arena_free(a);
}

void settings_free(settings *s)
{
    if (!s)
        return;
    arena_free(s->arena);
    free(s);
}

enum { LAYERS = 7 }; /* shipped, three documents, three files */

/* All that has a say, the least first. */
static size_t find_layers(settings *s, const char *project, layer layers[LAYERS])
{
    const struct {
        const char *type, *project;
    } passes[] = {
        {"system_settings", NULL}, {"project_settings", NULL}, {"project_settings", project}};
    size_t n = 0;
    layers[n++] = s->shipped;
    for (size_t k = 0; k < (project ? 3 : 2); k++) {
        const settings_document *d =
            settings_documents_find(s->documents, passes[k].type, passes[k].project);
        if (d)
            layers[n++] = (layer){name_of(s, d), d->data};
    }
    const layer files[] = {s->etc, s->user, s->given};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].name)
            layers[n++] = files[i];
    return n;
}

static bool is_of(const merged *m, const char *project)
{
    return project && m->project ? strcmp(m->project, project) == 0 : m->project == project;
}

const json *settings_for(settings *s, const char *project)
{
    layer layers[LAYERS];
    for (const merged *m = s->merged; m; m = m->next)
        if (is_of(m, project))
            return &m->settings;
    merged *m = arena_alloc(s->arena, sizeof *m);
    size_t n = find_layers(s, project, layers);
    *m = (merged){.project = project ? arena_text(s->arena, project, strlen(project)) : NULL,
                  .settings = layers[0].data,
                  .next = s->merged};
    for (size_t i = 1; i < n; i++)
        m->settings = settings_merge(s->arena, &m->settings, &layers[i].data);
    s->merged = m;
    return &m->settings;
}

const char *settings_source(settings *s, const char *project, const char *path)
{
    layer layers[LAYERS];
    for (size_t n = find_layers(s, project, layers); n > 0; n--)
        if (settings_decides(&layers[n - 1].data, path))
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
