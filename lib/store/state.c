#include "store/state.h"

#include "base/mem.h"
#include "store/state_skipped.h"

#include <stdlib.h>
#include <string.h>

store_ns state_ns(const store *s)
{
    return (store_ns){store_openpype(s), STATE_COLLECTION};
}

/* Store a document unless it is there, just so. */
static bool put(store *s, const json *document, arena *a, error *e)
{
    json old;
    bool found;
    if (!store_get(s, state_ns(s), json_get(document, "_id"), a, &old, &found, e))
        return false;
    if (found && json_equal(&old, document, NULL))
        return true;
    return store_put(s, state_ns(s), document, a, e);
}

typedef struct gathered {
    arena *arena;   /* borrowed */
    json documents; /* an array, in it */
} gathered;

/* ---- settings --------------------------------------------------------------- */

static json settings_id(arena *a, const char *project_id)
{
    return json_string(a, arena_printf(a, "settings:%s", project_id));
}

bool state_settings(store *s, const char *project_id, arena *a, json *settings, error *e)
{
    json id = settings_id(a, project_id), document;
    bool found;
    *settings = json_object();
    if (!store_get(s, state_ns(s), &id, a, &document, &found, e))
        return false;
    const json *there = found ? json_get(&document, "settings") : NULL;
    if (json_is(there, JSON_OBJECT))
        *settings = *there;
    return true;
}

bool state_put_settings(store *s, const char *project_id, const json *settings, arena *a, error *e)
{
    json old, document = json_object(), now = json_is_null(settings) ? json_object() : *settings;
    if (!state_settings(s, project_id, a, &old, e))
        return false;
    if (json_equal(&now, &old, NULL))
        return true;
    json_add(a, &document, "_id", settings_id(a, project_id));
    json_add(a, &document, "type", json_string(a, "settings"));
    json_add(a, &document, "settings", now);
    return put(s, &document, a, e);
}

/* ---- projects --------------------------------------------------------------- */

static const char *const project_values[] = {"fps", "resolution", "code"};
#define PROJECT_VALUES (sizeof project_values / sizeof *project_values)

static json project_key(arena *a, const char *project_id)
{
    return json_string(a, arena_printf(a, "project:%s", project_id));
}

bool state_project(store *s, const char *project_id, arena *a, json *values, error *e)
{
    json id = project_key(a, project_id), document;
    bool found;
    *values = json_null();
    if (!store_get(s, state_ns(s), &id, a, &document, &found, e))
        return false;
    if (!found)
        return true;
    *values = json_object();
    for (size_t i = 0; i < PROJECT_VALUES; i++) {
        const json *value = json_get(&document, project_values[i]);
        json_add(a, values, project_values[i], value ? *value : json_null());
    }
    return true;
}

bool state_put_project(store *s, const char *project_id, const json *values, arena *a, error *e)
{
    json document = json_object();
    json_add(a, &document, "_id", project_key(a, project_id));
    json_add(a, &document, "type", json_string(a, "project"));
    json_add(a, &document, "project_id", json_string(a, project_id));
    for (size_t i = 0; i < PROJECT_VALUES; i++) {
        const json *value = json_get(values, project_values[i]);
        json_add(a, &document, project_values[i], value ? *value : json_null());
    }
    return put(s, &document, a, e);
}

/* ---- checkpoints -------------------------------------------------------- */

static json checkpoint_id(arena *a, const char *server, const char *project_id)
{
    return json_string(a, arena_printf(a, "checkpoint:%s:%s", server, project_id));
}

/* From the document that keeps it. */
static state_checkpoint read_checkpoint(arena *a, const json *document)
{
    const char *project_id = json_text(json_get(document, "project_id"));
    const json *created_at = json_get(document, "created_at"), *ids = json_get(document, "ids");
    const char *why = json_text(json_get(document, "why"));
    int64_t conflicts = 0;
    if (json_int64(json_get(document, "conflicts"), &conflicts) && conflicts > 0)
        why = arena_printf(a, "%lld conflicts", (long long)conflicts);
    return (state_checkpoint){
        .project_id = project_id ? arena_text(a, project_id, strlen(project_id)) : NULL,
        .created_at = created_at ? json_copy(a, created_at) : json_null(),
        .ids = json_is(ids, JSON_ARRAY) ? json_copy(a, ids) : json_array(),
        .full_sync = json_true(json_get(document, "full_sync")),
        .why = why ? arena_text(a, why, strlen(why)) : NULL,
        .conflicts = conflicts,
    };
}

bool state_checkpoint_of(store *s, const char *server, const char *project_id, arena *a,
                         state_checkpoint *out, bool *found, error *e)
{
    json id = checkpoint_id(a, server, project_id ? project_id : "*"), document;
    if (!store_get(s, state_ns(s), &id, a, &document, found, e))
        return false;
    if (*found)
        *out = read_checkpoint(a, &document);
    return true;
}

/* Looking for checkpoints. */
typedef struct search {
    arena *kept;            /* borrowed */
    const char *server;     /* borrowed */
    state_checkpoint *list; /* owned */
    size_t n, cap;
} search;

static bool take_checkpoint(void *context, store_ns ns, const json *document)
{
    search *f = context;
    (void)ns;
    if (json_text_is(json_get(document, "server"), f->server)) {
        f->list = xgrow(f->list, f->n, &f->cap, sizeof *f->list);
        f->list[f->n++] = read_checkpoint(f->kept, document);
    }
    return true;
}

bool state_checkpoints(store *s, const char *server, arena *a, state_checkpoint **list, size_t *n,
                       error *e)
{
    search f = {.kept = a, .server = server};
    arena *all = arena_new();
    static const char *const type = "checkpoint";
    bool ok = store_select(s, state_ns(s), "type", (store_texts){&type, 1},
                           &(store_sink){all, take_checkpoint, &f}, e);
    *n = f.n;
    *list = arena_alloc(a, f.n * sizeof **list);
    if (f.n)
        memcpy(*list, f.list, f.n * sizeof **list);
    free(f.list);
    arena_free(all);
    return ok;
}

/* ---- remembering a checkpoint ------------------------------------------- */

/* `project_id`: NULL for all. `reason`: why its full read is wanted, if it is: a text or a
 * number of conflicts; or null. */
static bool put_one(store *s, const checkpoint_record *checkpoint, const char *project_id,
                    bool full_sync, const json *reason, arena *a, error *e)
{
    json document = json_object();
    json_add(a, &document, "_id",
             checkpoint_id(a, checkpoint->server, project_id ? project_id : "*"));
    json_add(a, &document, "type", json_string(a, "checkpoint"));
    json_add(a, &document, "server", json_string(a, checkpoint->server));
    json_add(a, &document, "project_id", project_id ? json_string(a, project_id) : json_null());
    json_add(a, &document, "created_at", checkpoint->created_at);
    json_add(a, &document, "ids", checkpoint->ids);
    if (full_sync)
        json_add(a, &document, "full_sync", json_bool(true));
    if (full_sync && reason && !json_is_null(reason))
        json_add(a, &document, json_text(reason) ? "why" : "conflicts", *reason);
    return put(s, &document, a, e);
}

/* One that is listed: what is wanted of it is so still. */
static bool put_listed(store *s, const checkpoint_record *checkpoint, const char *project_id,
                       arena *a, error *e)
{
    state_checkpoint old;
    bool found;
    if (!state_checkpoint_of(s, checkpoint->server, project_id, a, &old, &found, e))
        return false;
    json reason = json_null();
    if (found && old.conflicts)
        reason = json_integer(a, old.conflicts);
    else if (found && old.why)
        reason = json_string(a, old.why);
    return put_one(s, checkpoint, project_id, found && old.full_sync, &reason, a, e);
}

static bool take_link(void *context, store_ns ns, const json *document)
{
    gathered *f = context;
    const json *id = json_at(document, "data", "zou_id", NULL);
    (void)ns;
    if (id)
        json_push(f->arena, &f->documents, json_copy(f->arena, id));
    return true;
}

/* The ids of Kitsu's projects that OpenPype has. The caller frees them. */
static bool read_links(store *s, arena *a, idset **ids, error *e)
{
    gathered f = {a, json_array()};
    arena *scratch = arena_new();
    bool ok = store_projects(s, &(store_sink){scratch, take_link, &f}, e);
    arena_free(scratch);
    *ids = json_text_set(&f.documents);
    return ok;
}

/* Everything was read, so a project that did not come is deleted, or hidden from this user:
 * nothing is remembered of it if a full read of it is wanted, or OpenPype does not have it
 * (any more: its collection was dropped, or unlinked by hand, or its name was never good). */
static bool forget_absent(store *s, const checkpoint_record *checkpoint, arena *a, error *e)
{
    state_checkpoint *list;
    idset *came, *links = NULL;
    size_t n;
    bool ok = true;
    if (!state_checkpoints(s, checkpoint->server, a, &list, &n, e))
        return false;
    json all = checkpoint_unite(a, &checkpoint->projects, &checkpoint->full_sync);
    came = json_text_set(&all);
    for (size_t i = 0; ok && i < n; i++) {
        const char *id = list[i].project_id;
        if (!id || idset_has_text(came, id))
            continue;
        ok = links || read_links(s, a, &links, e);
        if (ok && (list[i].full_sync || !idset_has_text(links, id)))
            ok = state_forget_project(s, id, a, e);
    }
    idset_free(came);
    idset_free(links);
    return ok;
}

bool state_put_checkpoint(store *s, const checkpoint_record *checkpoint, const json *read,
                          const json *reasons, arena *a, error *e)
{
    const json *projects = &checkpoint->projects, *full_sync = &checkpoint->full_sync;
    idset *now = json_text_set(read), *wanted = json_text_set(full_sync);
    bool ok = true;
    if (checkpoint->all || json_is_null(projects))
        ok = put_one(s, checkpoint, NULL, false, NULL, a, e);
    for (uint32_t i = 0; ok && json_is(projects, JSON_ARRAY) && i < projects->len; i++) {
        const char *id = projects->items[i].text;
        if (!idset_has_text(now, id) && !idset_has_text(wanted, id))
            ok = put_listed(s, checkpoint, id, a, e);
    }
    for (uint32_t i = 0; ok && i < read->len; i++)
        if (!idset_has_text(wanted, read->items[i].text))
            ok = put_one(s, checkpoint, read->items[i].text, false, NULL, a, e);
    for (uint32_t i = 0; ok && json_is(full_sync, JSON_ARRAY) && i < full_sync->len; i++)
        ok = put_one(s, checkpoint, full_sync->items[i].text, true,
                     json_get(reasons, full_sync->items[i].text), a, e);
    idset_free(now);
    idset_free(wanted);
    return ok && (!checkpoint->all || forget_absent(s, checkpoint, a, e));
}

/* ---- when --------------------------------------------------------------- */

static json synced_id(arena *a, const char *server)
{
    return json_string(a, arena_printf(a, "synced:%s", server));
}

bool state_put_synced(store *s, const checkpoint_record *checkpoint, arena *a, error *e)
{
    bool events = checkpoint->events >= 0, found;
    double now;
    json id = synced_id(a, checkpoint->server), old, document;
    if (!store_get(s, state_ns(s), &id, a, &old, &found, e) || !store_now(s, &now, e))
        return false;
    document = found ? json_copy_shallow(a, &old) : json_object();
    json_set(a, &document, "_id", id);
    json_set(a, &document, "type", json_string(a, "synced"));
    if (checkpoint->all)
        json_set(a, &document, "full_sync_at", json_integer(a, (int64_t)now));
    json_set(a, &document, "read_at", json_integer(a, (int64_t)now));
    if (events && (checkpoint->missing.len > 0 || json_get(&document, "missing")))
        json_set(a, &document, "missing",
                 checkpoint->missing.len > 0 ? checkpoint->missing : json_array());
    if (checkpoint->events > 0) {
        int64_t total = 0;
        json_count(json_get(&document, "events"), &total);
        json_set(a, &document, "events", json_integer(a, total + checkpoint->events));
        json_set(a, &document, "events_at", json_integer(a, (int64_t)now));
    }
    return put(s, &document, a, e);
}

bool state_synced(store *s, const char *server, arena *a, json *document, bool *found, error *e)
{
    json id = synced_id(a, server);
    return store_get(s, state_ns(s), &id, a, document, found, e);
}

/* ---- forgetting --------------------------------------------------------- */

static bool take_project(void *context, store_ns ns, const json *document)
{
    gathered *f = context;
    (void)ns;
    json_push(f->arena, &f->documents, *document);
    return true;
}

bool state_forget_project(store *s, const char *project_id, arena *a, error *e)
{
    gathered f = {a, json_array()};
    json settings = settings_id(a, project_id);
    const json *ids[] = {&settings};
    store_sink sink = {a, take_project, &f};
    bool ok = store_select(s, state_ns(s), "project_id", (store_texts){&project_id, 1}, &sink, e) &&
              store_get_many(s, state_ns(s), (store_ids){ids, 1}, &sink, e);
    size_t n = f.documents.len;
    store_write *writes = arena_alloc(a, n * sizeof *writes);
    for (size_t i = 0; i < n; i++)
        writes[i] = (store_write){.op = STORE_DELETE,
                                  .id = json_get(&f.documents.items[i], "_id"),
                                  .before = &f.documents.items[i]};
    return ok && store_write_all(s, state_ns(s), writes, n, a, e) &&
           state_skipped_forget(s, project_id, a, e);
}
