#include "store/state_skipped.h"

#include "base/hash.h"
#include "record/skipped.h"
#include "store/state_write.h"

#include <string.h>

static store_ns skipped_ns(const store *s)
{
    return (store_ns){store_openpype(s), "opkitsu_skipped"};
}

/* Where earlier versions kept them (store/state.h). */
static store_ns old_ns(const store *s)
{
    return (store_ns){store_openpype(s), "opkitsu"};
}

static json key_of(arena *a, const char *project_id, const char *entity_id)
{
    return json_string(a, arena_printf(a, "%s:%s", project_id, entity_id));
}

/* The `_id`s of the documents of these entities, in `a`. */
static store_ids keys_of(arena *a, const char *project_id, store_texts entity_ids)
{
    json *keys = arena_alloc(a, (entity_ids.n + 1) * sizeof *keys);
    const json **items = arena_alloc(a, (entity_ids.n + 1) * sizeof *items);
    for (size_t i = 0; i < entity_ids.n; i++) {
        keys[i] = key_of(a, project_id, entity_ids.items[i]);
        items[i] = &keys[i];
    }
    return (store_ids){items, entity_ids.n};
}

/* The entity of this project that a document is of; NULL: none. */
static const char *entity_in(const json *document, const char *project_id)
{
    const char *key = json_text(json_get(document, "_id"));
    size_t len = strlen(project_id);
    return key && strncmp(key, project_id, len) == 0 && key[len] == ':' ? key + len + 1 : NULL;
}

static json old_id(arena *a, const char *project_id)
{
    return json_string(a, arena_printf(a, "skipped:%s", project_id));
}

/* The entity that a record is about: a task's own. */
static const char *entity_of(const json *record, const char *project_id)
{
    skipped_record s;
    skipped_read(record, &s);
    const char *of_task = json_text(json_get(s.entity, "entity_id"));
    return of_task ? of_task : s.id ? s.id : project_id;
}

/* ---- documents, by their entities -------------------------------------------- */

typedef struct entry {
    UT_hash_handle hh; /* by id */
    const char *id;    /* the entity's */
    json records;      /* an array: what is to be remembered */
    json document;     /* what is; null: nothing */
} entry;

typedef struct entries {
    const char *project_id; /* borrowed */
    entry *table;           /* hash table, in the arena */
    arena *a;               /* borrowed */
} entries;

static entry *entry_of(entries *x, const char *id)
{
    entry *found = NULL;
    HASH_FIND_STR(x->table, id, found);
    if (found)
        return found;
    found = arena_alloc(x->a, sizeof *found);
    *found = (entry){
        .id = arena_text(x->a, id, strlen(id)), .records = json_array(), .document = json_null()};
    HASH_ADD_KEYPTR(hh, x->table, found->id, strlen(found->id), found);
    return found;
}

static void add_records(entries *x, const json *records)
{
    for (uint32_t i = 0; i < records->len; i++) {
        entry *to = entry_of(x, entity_of(&records->items[i], x->project_id));
        json_push(x->a, &to->records, records->items[i]);
    }
}

static bool take_document(void *context, store_ns ns, const json *document)
{
    entries *x = context;
    const char *id = entity_in(document, x->project_id);
    (void)ns;
    if (id)
        entry_of(x, id)->document = *document;
    return true;
}

/* ---- the form of earlier versions ----------------------------------------------- */

static bool read_old(store *s, const char *project_id, arena *a, json *document, json *records,
                     error *e)
{
    json id = old_id(a, project_id);
    bool found;
    *document = json_null();
    *records = json_array();
    if (!store_get(s, old_ns(s), &id, a, document, &found, e))
        return false;
    const json *there = found ? json_get(document, "entities") : NULL;
    if (json_is(there, JSON_ARRAY))
        *records = *there;
    if (!found)
        *document = json_null();
    return true;
}

static bool delete_old(store *s, const json *document, arena *a, error *e)
{
    store_write w = {.op = STORE_DELETE, .id = json_get(document, "_id"), .before = document};
    return json_is_null(document) || store_write_all(s, old_ns(s), &w, 1, a, e);
}

/* ---- finding ---------------------------------------------------------------- */

typedef struct finding {
    const char *project_id; /* borrowed */
    state_skipped_fn *fn;
    void *context;
} finding;

static bool hand_out(void *context, store_ns ns, const json *document)
{
    finding *f = context;
    const char *id = entity_in(document, f->project_id);
    const json *records = json_get(document, "entities");
    (void)ns;
    if (id && json_is(records, JSON_ARRAY))
        f->fn(f->context, id, records);
    return true;
}

static bool find_old(store *s, const char *project_id, arena *a, state_skipped_fn *fn,
                     void *context, error *e)
{
    json document, records;
    entries old = {.project_id = project_id, .a = a};
    if (!read_old(s, project_id, a, &document, &records, e))
        return false;
    add_records(&old, &records);
    for (const entry *x = old.table; x; x = x->hh.next)
        fn(context, x->id, &x->records);
    HASH_CLEAR(hh, old.table);
    return true;
}

bool state_skipped_touched(store *s, const char *project_id, const state_touched *t, arena *a,
                           state_skipped_fn *fn, void *context, error *e)
{
    finding f = {project_id, fn, context};
    store_sink sink = {a, hand_out, &f};
    store_ns ns = skipped_ns(s);
    if (t->ids.n && !store_get_many(s, ns, keys_of(a, project_id, t->ids), &sink, e))
        return false;
    if (t->near.n && (!store_select(s, ns, "parent_id", t->near, &sink, e) ||
                      !store_select(s, ns, "taken_by", t->near, &sink, e)))
        return false;
    if ((t->all || t->rivals) && !store_select(s, ns, t->all ? "project_id" : "rivals",
                                               (store_texts){&project_id, 1}, &sink, e))
        return false;
    return find_old(s, project_id, a, fn, context, e);
}

typedef struct sought {
    const char *id;
    bool found;
} sought;

static void note_sought(void *context, const char *entity_id, const json *records)
{
    sought *w = context;
    (void)records;
    w->found |= strcmp(entity_id, w->id) == 0;
}

bool state_skipped_has(store *s, const char *project_id, const char *entity_id, arena *a, bool *has,
                       error *e)
{
    sought w = {.id = entity_id};
    bool ok = state_skipped_touched(s, project_id, &(state_touched){.ids = {&entity_id, 1}}, a,
                                    note_sought, &w, e);
    *has = w.found;
    return ok;
}

typedef struct counting {
    arena *a; /* borrowed */
    int64_t n;
} counting;

static bool count_document(void *context, store_ns ns, const json *document)
{
    counting *c = context;
    const json *records = json_get(document, "entities");
    (void)ns;
    if (json_text_is(json_get(document, "type"), "skipped") && json_is(records, JSON_ARRAY))
        c->n += records->len;
    return true;
}

static bool count_and_drop(void *context, store_ns ns, const json *document)
{
    counting *c = context;
    count_document(context, ns, document);
    arena_reset(c->a);
    return true;
}

bool state_skipped_count(store *s, arena *a, int64_t *n, error *e)
{
    static const char *const type = "skipped";
    static const char *const counted[] = {"type", "entities.type", NULL};
    counting c = {.a = arena_new()};
    bool ok = store_select(s, old_ns(s), "type", (store_texts){&type, 1},
                           &(store_sink){a, count_document, &c}, e) &&
              store_documents(s, skipped_ns(s), STORE_ALL, counted,
                              &(store_sink){c.a, count_and_drop, &c}, e);
    arena_free(c.a);
    *n = c.n;
    return ok;
}

/* ---- remembering ------------------------------------------------------------ */

static const char *const fields[] = {"parent_id", "taken_by", "rivals", "entities"};

static json document_of(arena *a, const char *project_id, const entry *x)
{
    json out = json_object();
    json_add(a, &out, "_id", key_of(a, project_id, x->id));
    json_add(a, &out, "type", json_string(a, "skipped"));
    json_add(a, &out, "project_id", json_string(a, project_id));
    for (uint32_t i = 0; i < x->records.len; i++) {
        skipped_record s;
        skipped_read(&x->records.items[i], &s);
        if (s.parent_id && !json_get(&out, "parent_id"))
            json_add(a, &out, "parent_id", json_string(a, s.parent_id));
        if (s.taken_by && !json_get(&out, "taken_by")) {
            json_add(a, &out, "taken_by", json_string(a, s.taken_by));
            json_add(a, &out, "rivals", json_string(a, project_id));
        }
    }
    json_add(a, &out, "entities", x->records);
    return out;
}

/* What makes the store's document of an entry what it should be; false: it is so. */
static bool plan_write(arena *a, const char *project_id, const entry *x, store_write *w)
{
    bool there = !json_is_null(&x->document);
    if (x->records.len == 0) {
        *w = (store_write){
            .op = STORE_DELETE, .id = json_get(&x->document, "_id"), .before = &x->document};
        return there;
    }
    json *after = arena_alloc(a, sizeof *after);
    *after = document_of(a, project_id, x);
    *w = (store_write){.op = there ? STORE_UPDATE : STORE_INSERT,
                       .id = json_get(after, "_id"),
                       .before = there ? &x->document : NULL,
                       .after = after,
                       .paths = (const char **)fields,
                       .n_paths = there ? sizeof fields / sizeof *fields : 0};
    return !there || !json_equal(&x->document, after, NULL);
}

static bool write_entries(store *s, const char *project_id, const entries *x, error *e)
{
    static const char *const indexed[] = {"project_id", "parent_id", "taken_by", "rivals"};
    size_t n = 0;
    bool first = false;
    store_write *writes = arena_alloc(x->a, (HASH_COUNT(x->table) + 1) * sizeof *writes);
    for (const entry *i = x->table; i; i = i->hh.next)
        if (plan_write(x->a, project_id, i, &writes[n]))
            first |= writes[n++].op == STORE_INSERT;
    if (n == 0)
        return true;
    /* Without an insert there are indexes already. */
    if (first && !store_index(s, skipped_ns(s), (store_texts){indexed, 4}, e))
        return false;
    bool missed;
    return state_write_all(s, skipped_ns(s), writes, n, x->a, &missed, e) &&
           (!missed || state_missed(s, e));
}

/* What is remembered of these entities, or (null) of all of the project's. */
static bool read_remembered(store *s, const char *project_id, const json *judged, entries *x,
                            error *e)
{
    store_sink sink = {x->a, take_document, x};
    if (json_is_null(judged))
        return store_select(s, skipped_ns(s), "project_id", (store_texts){&project_id, 1}, &sink,
                            e);
    for (uint32_t i = 0; i < judged->len; i++)
        if (json_text(&judged->items[i]))
            entry_of(x, judged->items[i].text);
    size_t n = 0;
    const char **ids = arena_alloc(x->a, (HASH_COUNT(x->table) + 1) * sizeof *ids);
    for (const entry *k = x->table; k; k = k->hh.next)
        ids[n++] = k->id;
    return n == 0 || store_get_many(s, skipped_ns(s),
                                    keys_of(x->a, project_id, (store_texts){ids, n}), &sink, e);
}

bool state_skipped_put(store *s, const char *project_id, const json *judged, const json *records,
                       arena *a, error *e)
{
    entries x = {.project_id = project_id, .a = a};
    json old, old_records;
    add_records(&x, records);
    bool ok = read_old(s, project_id, a, &old, &old_records, e) &&
              read_remembered(s, project_id, judged, &x, e) &&
              write_entries(s, project_id, &x, e) && delete_old(s, &old, a, e);
    HASH_CLEAR(hh, x.table);
    return ok;
}

bool state_skipped_forget(store *s, const char *project_id, arena *a, error *e)
{
    json all = json_null(), none = json_array();
    return state_skipped_put(s, project_id, &all, &none, a, e);
}
