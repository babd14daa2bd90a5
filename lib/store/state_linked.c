#include "store/state_linked.h"

#include "base/digest.h"
#include "base/limits.h"
#include "store/state_write.h"

#include <stdlib.h>
#include <string.h>

#define CHUNKS    256
#define MAX_TRIES 10 /* of a change that another program was faster than */

static store_ns linked_ns(const store *s)
{
    return (store_ns){store_openpype(s), "opkitsu_linked"};
}

/* A project's documents there. */
typedef struct memory {
    arena *a; /* borrowed */
    store *s; /* borrowed */
    const char *coll;
    json head, old[CHUNKS]; /* as they are; null: they are not */
    json ids[CHUNKS];       /* arrays: as they are to be */
} memory;

static json head_key(const memory *m)
{
    return json_string(m->a, arena_printf(m->a, ":%s", m->coll));
}

static json chunk_key(const memory *m, unsigned chunk)
{
    return json_string(m->a, arena_printf(m->a, "%02x:%s", chunk, m->coll));
}

/* What is too long for an id of Kitsu's never was one; some of these would be more than a
 * chunk can hold. */
static bool is_id(const char *text)
{
    return text && strlen(text) <= MAX_ID;
}

static unsigned chunk_of(const char *id)
{
    char hex[3];
    digest_hex(id, strlen(id), 1, hex);
    return (unsigned)strtoul(hex, NULL, 16);
}

static bool take_document(void *context, store_ns ns, const json *document)
{
    memory *m = context;
    const char *key = json_text(json_get(document, "_id"));
    const json *ids = json_get(document, "ids");
    (void)ns;
    if (key && *key == ':') {
        m->head = *document;
    } else if (key) {
        unsigned chunk = (unsigned)strtoul(key, NULL, 16) % CHUNKS;
        m->old[chunk] = *document;
        for (uint32_t i = 0; json_is(ids, JSON_ARRAY) && i < ids->len; i++)
            if (json_text(&ids->items[i]))
                json_push(m->a, &m->ids[chunk], ids->items[i]);
    }
    return true;
}

/* Read the head, and the chunks that are `wanted`. */
static bool read_memory(memory *m, const bool wanted[CHUNKS], error *e)
{
    json *keys = arena_alloc(m->a, (CHUNKS + 1) * sizeof *keys);
    const json **list = arena_alloc(m->a, (CHUNKS + 1) * sizeof *list);
    size_t n = 0;
    keys[n++] = head_key(m);
    m->head = json_null();
    for (unsigned i = 0; i < CHUNKS; i++) {
        m->old[i] = json_null();
        m->ids[i] = json_array();
        if (wanted[i])
            keys[n++] = chunk_key(m, i);
    }
    for (size_t i = 0; i < n; i++)
        list[i] = &keys[i];
    return store_get_many(m->s, linked_ns(m->s), (store_ids){list, n},
                          &(store_sink){m->a, take_document, m}, e);
}

static json document_of(const memory *m, json key, const json *project_id)
{
    json out = json_object();
    json_add(m->a, &out, "_id", key);
    json_add(m->a, &out, "type", json_string(m->a, "linked"));
    json_add(m->a, &out, "project_id", *project_id);
    return out;
}

/* ---- reading -------------------------------------------------------------------- */

static void all_chunks(bool wanted[CHUNKS])
{
    memset(wanted, true, CHUNKS * sizeof *wanted);
}

bool state_linked_read(store *s, const char *coll, arena *a, state_linked *out, error *e)
{
    memory m = {.a = a, .s = s, .coll = coll};
    bool wanted[CHUNKS];
    *out = (state_linked){.ids = idset_new()};
    all_chunks(wanted);
    if (!read_memory(&m, wanted, e))
        return false;
    const json *document = json_get(&m.head, "document");
    out->found = !json_is_null(&m.head);
    out->document = document ? *document : json_null();
    for (unsigned c = 0; c < CHUNKS; c++)
        for (uint32_t i = 0; i < m.ids[c].len; i++)
            idset_add(out->ids, m.ids[c].items[i].text, m.ids[c].items[i].len);
    return true;
}

bool state_linked_has_project(store *s, const char *coll, const char *project_id, arena *a,
                              bool *has, error *e)
{
    memory m = {.a = a, .s = s, .coll = coll};
    static const bool none[CHUNKS];
    if (!read_memory(&m, none, e))
        return false;
    *has = json_text_is(json_get(&m.head, "project_id"), project_id);
    return true;
}

/* ---- changing --------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(((const json *)a)->text, ((const json *)b)->text);
}

/* Write the chunks of `wanted` whose ids are others now. `*missed`: another program was
 * faster with one. */
static bool write_chunks(memory *m, const json *project_id, const bool wanted[CHUNKS], bool *missed,
                         error *e)
{
    static const char *paths[] = {"ids"};
    store_write *writes = arena_alloc(m->a, CHUNKS * sizeof *writes);
    size_t n = 0;
    for (unsigned i = 0; i < CHUNKS; i++) {
        bool there = !json_is_null(&m->old[i]);
        if (m->ids[i].len)
            qsort(m->ids[i].items, m->ids[i].len, sizeof *m->ids[i].items, by_text);
        if (!wanted[i] || (there ? json_equal(json_get(&m->old[i], "ids"), &m->ids[i], NULL)
                                 : m->ids[i].len == 0))
            continue;
        json *after = arena_alloc(m->a, sizeof *after);
        *after = document_of(m, chunk_key(m, i), project_id);
        json_add(m->a, after, "ids", m->ids[i]);
        writes[n++] = (store_write){.op = there ? STORE_UPDATE : STORE_INSERT,
                                    .id = json_get(after, "_id"),
                                    .before = there ? &m->old[i] : NULL,
                                    .after = after,
                                    .paths = paths,
                                    .n_paths = there};
    }
    return state_write_all(m->s, linked_ns(m->s), writes, n, m->a, missed, e);
}

static void remove_ids(json *ids, const idset *removed)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ids->len; i++)
        if (!idset_has_text(removed, ids->items[i].text))
            ids->items[kept++] = ids->items[i];
    ids->len = kept;
}

/* In the chunks that were read. */
static void change_ids(memory *m, store_texts linked, store_texts unlinked)
{
    idset *removed = idset_new(), *there = idset_new();
    for (size_t i = 0; i < unlinked.n; i++)
        idset_add_text(removed, unlinked.items[i]);
    for (unsigned c = 0; c < CHUNKS; c++) {
        remove_ids(&m->ids[c], removed);
        for (uint32_t i = 0; i < m->ids[c].len; i++)
            idset_add_text(there, m->ids[c].items[i].text);
    }
    for (size_t i = 0; i < linked.n; i++)
        if (is_id(linked.items[i]) && idset_add_text(there, linked.items[i]))
            json_push(m->a, &m->ids[chunk_of(linked.items[i])], json_string(m->a, linked.items[i]));
    idset_free(removed);
    idset_free(there);
}

static void mark_chunks(bool wanted[CHUNKS], store_texts ids)
{
    for (size_t i = 0; i < ids.n; i++)
        wanted[chunk_of(ids.items[i])] = true;
}

bool state_linked_change(store *s, const char *coll, store_texts linked, store_texts unlinked,
                         arena *a, error *e)
{
    memory m = {.a = a, .s = s, .coll = coll};
    bool wanted[CHUNKS] = {false}, missed = true;
    mark_chunks(wanted, linked);
    mark_chunks(wanted, unlinked);
    for (int tries = 0; missed && tries < MAX_TRIES; tries++) {
        if (!read_memory(&m, wanted, e))
            return false;
        const json *project_id = json_get(&m.head, "project_id");
        if (!project_id)
            return true;
        change_ids(&m, linked, unlinked);
        if (!write_chunks(&m, project_id, wanted, &missed, e))
            return false;
    }
    return !missed || state_missed(s, e);
}

/* ---- all of a project's ------------------------------------------------------------- */

/* A scan of a project's documents. */
typedef struct scan {
    memory *m;
    arena *scratch; /* of the documents */
} scan;

static bool take_link(void *context, store_ns ns, const json *document)
{
    scan *x = context;
    memory *m = x->m;
    const char *id = json_text(json_at(document, "data", "zou", "id", NULL));
    (void)ns;
    if (is_id(id))
        json_push(m->a, &m->ids[chunk_of(id)], json_string(m->a, id));
    arena_reset(x->scratch);
    return true;
}

bool state_linked_make(store *s, const char *coll, const char *project_id, const json *document,
                       arena *a, error *e)
{
    memory m = {.a = a, .s = s, .coll = coll};
    json project = json_string(a, project_id);
    bool wanted[CHUNKS], missed = false;
    all_chunks(wanted);
    if (!read_memory(&m, wanted, e))
        return false;
    for (unsigned i = 0; i < CHUNKS; i++)
        m.ids[i] = json_array();
    scan x = {&m, arena_new()};
    bool ok = store_documents(s, (store_ns){store_avalon(s), coll}, STORE_LINKS, NULL,
                              &(store_sink){x.scratch, take_link, &x}, e) &&
              write_chunks(&m, &project, wanted, &missed, e);
    arena_free(x.scratch);
    json head = document_of(&m, head_key(&m), &project);
    json_add(a, &head, "document", *document);
    return ok && (!missed || state_missed(s, e)) &&
           (json_equal(&head, &m.head, NULL) || store_put(s, linked_ns(s), &head, a, e));
}

bool state_linked_forget(store *s, const char *coll, arena *a, error *e)
{
    memory m = {.a = a, .s = s, .coll = coll};
    bool wanted[CHUNKS], missed;
    store_write *writes = arena_alloc(a, (CHUNKS + 1) * sizeof *writes);
    size_t n = 0;
    all_chunks(wanted);
    if (!read_memory(&m, wanted, e))
        return false;
    for (unsigned i = 0; i <= CHUNKS; i++) {
        json *old = i < CHUNKS ? &m.old[i] : &m.head;
        if (!json_is_null(old))
            writes[n++] =
                (store_write){.op = STORE_DELETE, .id = json_get(old, "_id"), .before = old};
    }
    return state_write_all(s, linked_ns(s), writes, n, a, &missed, e);
}
