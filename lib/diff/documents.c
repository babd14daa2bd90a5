#include "diff/documents.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/lookup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "record/document.h"
#include "record/end.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "record/skipped.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* A dump's documents of one collection. */
typedef struct dumped {
    const char *coll;
    json documents;  /* array */
    int64_t counted; /* by its End; -1: that did not come */
    UT_hash_handle hh;
} dumped;

struct documents {
    arena *arena;
    store *store; /* borrowed; NULL: a dump */
    const char *db;
    dumped *dump;                 /* hash by coll, in arena memory */
    json skipped;                 /* array: the Skipped records of a dump, in it, too */
    documents_project **projects; /* owned list, entries in the arena */
    size_t n;
    double read_at; /* by clock_now: when the list was read */
};

static documents *documents_new(store *s)
{
    documents *b = xmalloc(sizeof *b);
    *b = (documents){.arena = arena_new(), .store = s, .skipped = json_array()};
    return b;
}

static void forget_projects(documents *b)
{
    for (size_t i = 0; i < b->n; i++)
        arena_free(b->projects[i]->arena);
    b->n = 0;
}

void documents_free(documents *b)
{
    if (!b)
        return;
    HASH_CLEAR(hh, b->dump);
    forget_projects(b);
    free(b->projects);
    arena_free(b->arena);
    free(b);
}

const char *documents_db(const documents *b)
{
    return b->db;
}

static documents_project *add_project(documents *b, const char *coll, const json *document)
{
    documents_project *p = arena_alloc(b->arena, sizeof *p);
    *p = (documents_project){.coll = arena_text(b->arena, coll, strlen(coll)),
                             .document = json_copy(b->arena, document)};
    p->zou_id = json_text(json_at(&p->document, "data", "zou_id", NULL));
    b->projects = xrealloc(b->projects, (b->n + 1) * sizeof(documents_project *));
    b->projects[b->n++] = p;
    return p;
}

static bool take_project(void *context, store_ns ns, const json *document)
{
    add_project(context, ns.coll, document);
    return true;
}

static bool read_projects(documents *b, error *e)
{
    arena *scratch = arena_new();
    forget_projects(b);
    arena_reset(b->arena);
    b->read_at = clock_now();
    bool ok = store_project_documents(b->store, &(store_sink){scratch, take_project, b}, e);
    arena_free(scratch);
    return ok;
}

documents *documents_from_store(store *s, error *e)
{
    documents *b = documents_new(s);
    b->db = store_avalon(s);
    if (read_projects(b, e))
        return b;
    documents_free(b);
    return NULL;
}

bool documents_is_store(const documents *b)
{
    return b->store;
}

static bool take_one(void *context, store_ns ns, const json *document)
{
    (void)ns;
    documents_project *p = context;
    p->document = *document;
    p->zou_id = json_text(json_at(document, "data", "zou_id", NULL));
    const char *type = json_text(json_get(document, "type"));
    if (!type || strcmp(type, "project") != 0)
        p->zou_id = NULL;
    return false;
}

/* Most batches are of a project that is where it was: its document alone is
 * read again. The list, which costs MongoDB a request for each project, tells of
 * copies and of names that are taken; it may be LIST_SECONDS old. */
#define LIST_SECONDS 60

bool documents_renew(documents *b, const char *zou_id, error *e)
{
    bool several;
    if (!b->store)
        return true;
    documents_project *p = documents_by_id(b, zou_id, "", &several);
    if (!p || several || clock_now() - b->read_at >= LIST_SECONDS)
        return read_projects(b, e);
    const json *id = json_get(&p->document, "_id");
    documents_project again = {.document = json_null(), .arena = arena_new()};
    bool ok = store_get_many(b->store, (store_ns){b->db, p->coll}, (store_ids){&id, id != NULL},
                             &(store_sink){again.arena, take_one, &again}, e);
    if (!ok || !again.zou_id || strcmp(again.zou_id, zou_id) != 0) {
        arena_free(again.arena);
        return ok && read_projects(b, e);
    }
    arena_free(p->arena);
    p->arena = again.arena;
    p->document = again.document;
    return true;
}

/* ---- a dump -------------------------------------------------------------------- */

static dumped *dumped_of(documents *b, const char *coll)
{
    dumped *d = NULL;
    HASH_FIND_STR(b->dump, coll, d);
    if (!d) {
        d = arena_alloc(b->arena, sizeof *d);
        *d = (dumped){.coll = coll, .documents = json_array(), .counted = -1};
        HASH_ADD_KEYPTR(hh, b->dump, d->coll, strlen(d->coll), d);
    }
    return d;
}

static void take_dumped(documents *b, ndjson *in, const json *record)
{
    document_record d;
    if (!document_read(record, &d)) {
        ndjson_complain(in, "a Document without \"ns\" or \"document\" with an \"_id\"");
        return;
    }
    if (!b->db)
        b->db = d.db;
    json_push(b->arena, &dumped_of(b, d.coll)->documents, *d.document);
}

static void take_dumped_end(documents *b, ndjson *in, const json *record)
{
    end_record end;
    int64_t n;
    end_read(record, &end);
    if (!end.coll || !end_count(&end, "Document", &n)) {
        ndjson_complain(in, "an End without \"ns\" or \"counts\"");
        return;
    }
    dumped_of(b, end.coll)->counted = n;
}

static void take_record(documents *b, ndjson *in, const json *record)
{
    switch (record_type_of(record)) {
    case RECORD_DOCUMENT: take_dumped(b, in, record); break;
    case RECORD_END: take_dumped_end(b, in, record); break;
    case RECORD_SKIPPED: json_push(b->arena, &b->skipped, *record); break;
    default: break;
    }
}

/* Whether all of each project came. `*e` says what did not. */
static bool is_whole(const documents *b, const char *path, error *e)
{
    const dumped *d = b->dump;
    while (d && d->counted == d->documents.len)
        d = d->hh.next;
    if (d && d->counted < 0)
        snprintf(e->what, sizeof e->what,
                 "%s: of %s it has no End: it was cut, or is an older op-dump's: dump again", path,
                 d->coll);
    else if (d)
        snprintf(e->what, sizeof e->what, "%s: of %s it has %lu documents, not %lld: dump again",
                 path, d->coll, (unsigned long)d->documents.len, (long long)d->counted);
    return !d;
}

static bool is_asset(const json *document)
{
    const json *type = json_get(document, "type");
    return json_text_is(type, "asset") || json_text_is(type, "archived_asset");
}

static void find_dumped_project(documents *b, const dumped *d)
{
    const json *project = NULL;
    bool published = false;
    for (uint32_t i = 0; i < d->documents.len; i++) {
        const char *type = json_text(json_get(&d->documents.items[i], "type"));
        if (type && strcmp(type, "project") == 0)
            project = project ? project : &d->documents.items[i];
        else if (!is_asset(&d->documents.items[i]))
            published = true;
    }
    if (project)
        add_project(b, d->coll, project)->published = published;
}

documents *documents_from_dump(const char *path, error *e)
{
    int fd = fd_open_named(path);
    if (fd < 0) {
        e->status = error_status(errno, EX_DATAERR);
        snprintf(e->what, sizeof e->what, "%s: %s", path, strerror(errno));
        return NULL;
    }
    documents *b = documents_new(NULL);
    ndjson *in = ndjson_new(fd, path);
    json record;
    int got;
    while ((got = ndjson_next(in, b->arena, &record)) == 1)
        take_record(b, in, &record);
    bool ok = got == 0 && ndjson_bad(in) == 0;
    e->status = got < 0 ? EX_IOERR : EX_DATAERR;
    if (!ok)
        snprintf(e->what, sizeof e->what, "%s: not a whole op-dump: nothing is planned against it",
                 path);
    ok = ok && is_whole(b, path, e);
    ndjson_free(in);
    close(fd);
    if (!b->db) {
        const char *db = getenv("AVALON_DB");
        b->db = db && *db ? db : "avalon";
        if (ok && !utf8_is_whole(b->db))
            ok = error_set(e, EX_CONFIG, "AVALON_DB is not UTF-8");
    }
    for (const dumped *d = b->dump; d; d = d->hh.next)
        find_dumped_project(b, d);
    if (ok)
        return b;
    documents_free(b);
    return NULL;
}

/* ---- looking ------------------------------------------------------------------- */

documents_project *documents_by_id(const documents *b, const char *zou_id, const char *name,
                                   bool *several)
{
    documents_project *found = NULL;
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        documents_project *p = b->projects[i];
        if (p->dropped || !p->zou_id || strcmp(p->zou_id, zou_id) != 0)
            continue;
        if (n++ == 0 || strcmp(p->coll, name) == 0)
            found = p;
    }
    *several = n > 1 && strcmp(found->coll, name) != 0;
    return *several ? NULL : found;
}

documents_project *documents_by_name(const documents *b, const char *coll)
{
    for (size_t i = 0; i < b->n; i++)
        if (!b->projects[i]->dropped && strcmp(b->projects[i]->coll, coll) == 0)
            return b->projects[i];
    return NULL;
}

void documents_note(documents *b, const char *coll, const char *zou_id)
{
    documents_project *p = documents_by_name(b, coll);
    if (!p) {
        json none = json_object();
        p = add_project(b, coll, &none);
    }
    if (!p->zou_id || strcmp(p->zou_id, zou_id) != 0)
        p->zou_id = arena_text(b->arena, zou_id, strlen(zou_id));
}

bool documents_published(documents *b, const documents_project *p, bool *published, error *e)
{
    *published = p->published;
    return !b->store || store_published(b->store, (store_ns){b->db, p->coll}, published, e);
}

static bool take_document(void *context, store_ns ns, const json *document)
{
    (void)ns;
    collection_add(context, document);
    return true;
}

/* A collection that this plan drops is empty for the project that takes its
 * name afterwards. */
static bool was_dropped(const documents *b, const char *coll)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->projects[i]->dropped && strcmp(b->projects[i]->coll, coll) == 0)
            return true;
    return false;
}

bool documents_find(documents *b, collection *c, store_query q, error *e)
{
    return store_find(b->store, (store_ns){b->db, c->coll}, q,
                      &(store_sink){c->arena, take_document, c}, e);
}

bool documents_get(documents *b, collection *c, store_ids ids, error *e)
{
    return store_get_many(b->store, (store_ns){b->db, c->coll}, ids,
                          &(store_sink){c->arena, take_document, c}, e);
}

bool documents_linking(documents *b, collection *c, store_ids ids, error *e)
{
    return store_linking(b->store, (store_ns){b->db, c->coll}, ids,
                         &(store_sink){c->arena, take_document, c}, e);
}

/* One of a dump's Skipped records, and the next one of the same entity. */
typedef struct skipped_of {
    const json *record;
    struct skipped_of *next;
} skipped_of;

static lookup index_skipped(const documents *b, const char *project_id, arena *a)
{
    lookup by_id = {0};
    for (uint32_t i = b->skipped.len; i-- > 0;) { /* backwards: each list in order */
        const json *record = &b->skipped.items[i];
        skipped_record s;
        skipped_read(record, &s);
        if (!s.id || !json_text_is(json_get(record, "project_id"), project_id))
            continue;
        skipped_of **first = arena_alloc(a, sizeof *first), *x = arena_alloc(a, sizeof *x);
        *first = NULL;
        first = lookup_add(&by_id, s.id, first);
        *x = (skipped_of){record, *first};
        *first = x;
    }
    return by_id;
}

bool documents_skipped(documents *b, const char *project_id, store_texts entity_ids, arena *a,
                       state_skipped_fn *fn, void *context, error *e)
{
    if (b->store)
        return state_skipped_touched(b->store, project_id, &(state_touched){.ids = entity_ids}, a,
                                     fn, context, e);
    lookup by_id = index_skipped(b, project_id, a);
    for (size_t i = 0; i < entity_ids.n; i++) {
        skipped_of *const *first = lookup_find(&by_id, entity_ids.items[i]);
        for (const skipped_of *x = first ? *first : NULL; x; x = x->next) { /* each by itself */
            json one = json_array();
            json_push(a, &one, *x->record);
            fn(context, entity_ids.items[i], &one);
        }
    }
    lookup_free(&by_id);
    return true;
}

/* The ids of the assets among outlines; the others are added. */
typedef struct children {
    collection *c;
    const json **ids; /* owned list, in the arena */
    size_t n, cap;
} children;

static bool take_outline(void *context, store_ns ns, const json *document)
{
    (void)ns;
    children *l = context;
    if (!is_asset(document)) {
        collection_add(l->c, document);
        return true;
    }
    l->ids = xgrow(l->ids, l->n, &l->cap, sizeof *l->ids);
    json *id = arena_alloc(l->c->arena, sizeof *id);
    *id = *json_get(document, "_id");
    l->ids[l->n++] = id;
    return true;
}

bool documents_children(documents *b, collection *c, store_ids ids, error *e)
{
    children l = {.c = c};
    bool ok = store_children(b->store, (store_ns){b->db, c->coll}, ids,
                             &(store_sink){c->arena, take_outline, &l}, e) &&
              documents_get(b, c, (store_ids){l.ids, l.n}, e);
    free(l.ids);
    return ok;
}

static bool take_dependant(void *context, store_ns ns, const json *document)
{
    return is_asset(document) || take_document(context, ns, document);
}

bool documents_dependants(documents *b, collection *c, store_ids ids, error *e)
{
    return store_children(b->store, (store_ns){b->db, c->coll}, ids,
                          &(store_sink){c->arena, take_dependant, c}, e);
}

collection *documents_collection(documents *b, const char *coll, bool whole, arena *a, error *e)
{
    collection *c = collection_new(a, b->db, coll);
    bool ok = true;
    c->some = !whole;
    if (was_dropped(b, coll)) {
        /* nothing is in it */
    } else if (!whole) {
        const documents_project *p = documents_by_name(b, coll);
        if (p)
            collection_add(c, &p->document);
    } else if (b->store) {
        ok = store_documents(b->store, (store_ns){b->db, coll}, STORE_ASSETS, NULL,
                             &(store_sink){a, take_document, c}, e);
    } else {
        dumped *d = NULL;
        HASH_FIND_STR(b->dump, coll, d);
        for (uint32_t i = 0; d && i < d->documents.len; i++)
            collection_add(c, &d->documents.items[i]);
    }
    if (ok) {
        collection_end(c);
        return c;
    }
    collection_free(c);
    return NULL;
}
