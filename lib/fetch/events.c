#include "fetch/events.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/output.h"
#include "fetch/await_deletion.h"
#include "fetch/fetch.h"
#include "fetch/section.h"
#include "record/ndjson.h"
#include "store/state.h"
#include "zou/bulk.h"
#include "zou/id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define LINKS_SECONDS 60 /* how long the list of the store's projects is trusted */
#define STORE_SECONDS 30 /* to wait for a program that writes to the store */

/* What is remembered of a project from one batch to the next. */
typedef struct known_project {
    UT_hash_handle hh; /* by id */
    char id[40];
    char role[24];     /* the user's there; "": not known */
    bool said_partial; /* that the user sees only a part of it */
    bool unwanted;     /* -P does not name it */
} known_project;

typedef struct service {
    zou_lists shared;
    store *store;        /* owned */
    const char *address; /* borrowed */
    project_filter *filter;
    project_links links;
    double links_read;    /* by clock_now; 0: never */
    known_project *known; /* hash table */
    affected *affected;
    arena *arena;   /* owned: for one batch */
    json full_sync; /* ids for the Checkpoint, in the arena */
    int status;
    error e;
} service;

/* ---- small ones ------------------------------------------------------------- */

/* This batch cannot vouch for a project. */
static void leave(service *s, const char *id)
{
    s->status = s->status == EX_OK ? 1 : s->status;
    if (json_has_text(&s->full_sync, id))
        return;
    json_push(s->arena, &s->full_sync, json_string(s->arena, id));
}

static known_project *known(service *s, const char *id)
{
    known_project *k;
    HASH_FIND_STR(s->known, id, k);
    if (!k) {
        k = xmalloc(sizeof *k);
        *k = (known_project){.said_partial = false};
        snprintf(k->id, sizeof k->id, "%s", id);
        HASH_ADD_STR(s->known, id, k);
    }
    return k;
}

static void forget_roles(service *s)
{
    for (known_project *k = s->known; k; k = k->hh.next)
        k->role[0] = '\0';
}

/* ---- the store's projects ----------------------------------------------------- */

static bool read_links(service *s)
{
    if (s->links.len == 0 && s->links_read > 0) { /* its file may have been made since */
        store *again = store_open(s->address, STORE_READ, STORE_SECONDS, &s->e);
        if (!again)
            return false;
        store_close(s->store);
        s->store = again;
    }
    s->links_read = clock_now();
    return project_links_read(&s->links, s->store, NULL, &s->e);
}

/* Whether the kept list may be wrong about something that this batch decides by
 * it. */
static bool links_are_stale(const service *s)
{
    const affected *t = s->affected;
    if (s->links_read <= 0 || clock_now() - s->links_read > LINKS_SECONDS || t->all ||
        t->task_types || t->project_statuses || t->asset_types)
        return true;
    for (const affected_project *p = t->projects; p; p = p->hh.next) {
        const project_link *link = project_links_find(&s->links, p->id, NULL);
        if (*p->id ? !link || !link->active || p->named || p->synced : true)
            return true;
    }
    return false;
}

/* ---- events that do not say their project --------------------------------------- */

/* Where the ids of such events are looked for. */
typedef struct homeless {
    service *s;
    affected_project *from;
    const char *project_id; /* of the documents being looked at */
} homeless;

static void give_home(homeless *h, affected_id **table, const char *id, const char *project_id,
                      const char *entity_id)
{
    affected_id *t;
    HASH_FIND_STR(*table, id, t);
    if (!t || !zou_is_id(project_id))
        return;
    affected *all = h->s->affected;
    affected_project *p = affected_project_of(all, project_id);
    affected_id *own = affected_add(all, p, table == &h->from->tasks ? &p->tasks : &p->entities, id,
                                    t->kind, entity_id ? entity_id : t->entity_id);
    own->made |= t->made;
    own->deleted |= t->deleted;
    t->made = true; /* found */
}

static bool entity_home(void *context, const json_element *e)
{
    homeless *h = context;
    const char *project_id = zou_member(h->s->arena, e, "project_id");
    if (e->id && project_id)
        give_home(h, &h->from->entities, e->id, project_id, NULL);
    return true;
}

static bool task_home(void *context, const json_element *e)
{
    homeless *h = context;
    const char *project_id = zou_member(h->s->arena, e, "project_id");
    if (e->id && project_id)
        give_home(h, &h->from->tasks, e->id, project_id, zou_member(h->s->arena, e, "entity_id"));
    return true;
}

static bool document_home(void *context, store_ns ns, const json *document)
{
    homeless *h = context;
    (void)ns;
    const char *id = json_text(json_at(document, "data", "zou", "id", NULL));
    if (id)
        give_home(h, &h->from->entities, id, h->project_id, NULL);
    return true;
}

static void stored_task_home(void *context, const char *task_id, const char *entity_id)
{
    homeless *h = context;
    give_home(h, &h->from->tasks, task_id, h->project_id, entity_id);
}

static const char **ids_of(service *s, const affected_id *table, size_t *n)
{
    const char **ids = arena_alloc(s->arena, (HASH_COUNT(table) + 1) * sizeof *ids);
    *n = 0;
    for (const affected_id *t = table; t; t = t->hh.next)
        ids[(*n)++] = t->id;
    return ids;
}

/* Kitsu lacks them: the store knows whose they were. */
static bool look_in_store(homeless *h)
{
    service *s = h->s;
    size_t n;
    const char **ids = ids_of(s, h->from->entities, &n);
    for (size_t i = 0; i < s->links.len; i++) {
        store_ns ns = {store_avalon(s->store), s->links.items[i].coll};
        h->project_id = s->links.items[i].id;
        if (n > 0 &&
            !store_find(s->store, ns, STORE_ZOU_ID, ids, n, s->arena, document_home, h, &s->e))
            return false;
        if (!fetch_find_tasks(s->store, ns, h->from->tasks, stored_task_home, h, &s->e))
            return false;
    }
    return true;
}

/* Drop from the tables what has a home. */
static void drop_found(affected_id **table)
{
    affected_id *t, *next;
    HASH_ITER(hh, *table, t, next)
    if (t->made)
        HASH_DELETE(hh, *table, t);
}

static bool find_homes(service *s)
{
    affected_project *p;
    size_t n_entities, n_tasks;
    HASH_FIND_STR(s->affected->projects, "", p);
    if (!p)
        return true;
    p->answered = true;
    homeless h = {.s = s, .from = p};
    const char **entities = ids_of(s, p->entities, &n_entities);
    const char **tasks = ids_of(s, p->tasks, &n_tasks);
    for (affected_id *t = p->tasks; t; t = t->hh.next)
        t->made |= t->entity_id != NULL; /* which is touched, too */
    zou_result result = zou_bulk(s->shared.zou, "/data/entities?id=", entities, n_entities, "",
                                 entity_home, &h, &s->e);
    if (result == ZOU_OK)
        result = zou_bulk(s->shared.zou, "/data/tasks?id=", tasks, n_tasks, "&relations=true",
                          task_home, &h, &s->e);
    if (result == ZOU_LOST)
        return false;
    if (result != ZOU_OK) { /* it may have been any */
        msg_error("events without a project: %s", s->e.what);
        for (size_t i = 0; i < s->links.len; i++)
            leave(s, s->links.items[i].id);
        return true;
    }
    drop_found(&p->entities);
    drop_found(&p->tasks);
    return (!p->entities && !p->tasks) || look_in_store(&h);
}

/* ---- what all projects share --------------------------------------------------------- */

static bool set_found(void *context, store_ns ns, const json *document)
{
    (void)ns;
    (void)document;
    *(bool *)context = true;
    return true;
}

/* Whether a project has, or was denied, this asset type. */
static bool uses_asset_type(service *s, const project_link *link, const char *id, bool *uses)
{
    json skipped;
    store_ns ns = {store_avalon(s->store), link->coll};
    if (!store_find(s->store, ns, STORE_ZOU_ID, &id, 1, s->arena, set_found, uses, &s->e) ||
        !state_skipped(s->store, link->id, s->arena, &skipped, &s->e))
        return false;
    for (uint32_t i = 0; i < skipped.len; i++) {
        const char *other = json_text(json_at(&skipped.items[i], "entity", "id", NULL));
        *uses |= other && strcmp(other, id) == 0;
    }
    return true;
}

static bool spread_asset_types(service *s, const project_link *link)
{
    for (const affected_id *t = s->affected->asset_types; t; t = t->hh.next) {
        bool uses = false;
        if (!uses_asset_type(s, link, t->id, &uses))
            return false;
        if (!uses)
            continue;
        affected_project *p = affected_project_of(s->affected, link->id);
        affected_add(s->affected, p, &p->asset_types, t->id, KIND_ASSET_TYPE, NULL)->made |=
            t->made;
    }
    return true;
}

/* Events about what projects share go to every project that it concerns. */
static bool spread(service *s)
{
    const affected *t = s->affected;
    for (size_t i = 0; i < s->links.len; i++) {
        const project_link *link = &s->links.items[i];
        if (!zou_is_id(link->id))
            continue;
        if ((t->task_types && link->active) || t->project_statuses)
            affected_project_of(s->affected, link->id)->whole = true;
        if (link->active && !spread_asset_types(s, link))
            return false;
    }
    return true;
}

static void forget_stale(service *s)
{
    const affected *t = s->affected;
    bool synced = t->all;
    for (affected_project *p = t->projects; p; p = p->hh.next) {
        synced |= p->synced;
        if (p->named) {
            known(s, p->id)->role[0] = '\0';
            known(s, p->id)->unwanted = false;
        }
    }
    if (synced || t->people) { /* events may have been missed */
        zou_lists_forget(&s->shared);
        forget_roles(s);
    }
    if (t->task_types)
        element_list_clear(&s->shared.task_types);
    if (t->task_statuses)
        element_list_clear(&s->shared.task_statuses);
    if (t->project_statuses)
        element_list_clear(&s->shared.project_statuses);
}

/* ---- one project ------------------------------------------------------------------------ */

/* One project while it is answered. */
typedef struct answer {
    service *s;
    affected_project *p;
    const project_link *link; /* the store's, or NULL */
    json remembered;          /* its Skipped records */
    fetch_reading reading;
} answer;

/* A project that Kitsu does not give. */
static bool answer_absent(answer *a, zou_result result)
{
    service *s = a->s;
    bool known_here = false;
    if (result == ZOU_LOST)
        return false;
    if (!a->link && (result == ZOU_MISSING || result == ZOU_FORBIDDEN))
        return true; /* nobody misses it */
    if (result != ZOU_MISSING) {
        fetch_reading_abandon(&a->reading, result, &s->e);
        leave(s, a->p->id);
        return true;
    }
    if (!state_has_checkpoint(s->store, zou_server(s->shared.zou), a->p->id, s->arena, &known_here,
                              &s->e))
        return false;
    if (a->p->deleted || known_here) {
        fetch_write_deleted(a->p->id);
    } else {
        msg_error("%s: this Kitsu does not have it: is it the right server? It is not taken for "
                  "deleted",
                  a->link->name);
        leave(s, a->p->id);
    }
    return true;
}

/* Whether the store was told before that it can't have this project. */
static bool was_refused(const answer *a)
{
    for (uint32_t i = 0; i < a->remembered.len; i++) {
        const char *type = json_text(json_at(&a->remembered.items[i], "entity", "type", NULL));
        if (type && strcmp(type, "Project") == 0)
            return true;
    }
    return false;
}

static fetch_outcome write_bare(answer *a)
{
    a->reading.scope = "events";
    fetch_reading_write_project(&a->reading);
    fetch_reading_write_end(&a->reading, "events", false);
    return fetch_reading_outcome(&a->reading, true, &a->s->e);
}

static fetch_outcome write_full(answer *a)
{
    /* The lists of the server are read with it, as the project may be of today. */
    element_list_clear(&a->s->shared.task_types);
    element_list_clear(&a->s->shared.task_statuses);
    known_project *k = known(a->s, a->p->id);
    a->reading.scope = "full";
    fetch_outcome outcome = fetch_reading_full(&a->reading, k->said_partial, &a->s->e);
    k->said_partial |= a->reading.project.partial;
    return outcome;
}

static fetch_outcome write_section(answer *a)
{
    known_project *k = known(a->s, a->p->id);
    zou_result result = zou_project_find_role(&a->reading.project, &a->s->e);
    if (result != ZOU_OK)
        return fetch_reading_abandon(&a->reading, result, &a->s->e);
    snprintf(k->role, sizeof k->role, "%s", a->reading.project.role);
    fetch_section section = {.reading = &a->reading,
                             .store = a->s->store,
                             .ns = {store_avalon(a->s->store), a->link->coll},
                             .affected = a->s->affected,
                             .project = a->p,
                             .remembered = &a->remembered,
                             .said_partial = k->said_partial};
    bool too_many;
    a->reading.scope = "events";
    fetch_outcome outcome = fetch_section_write(&section, &too_many, &a->s->e);
    k->said_partial |= a->reading.project.partial;
    return too_many ? write_full(a) : outcome;
}

static fetch_outcome write_answer(answer *a)
{
    const affected_project *p = a->p;
    bool open = !a->reading.project.closed;
    if (p->synced)
        return write_full(a);
    if (!a->link)
        return was_refused(a) && !p->named ? write_bare(a) : write_full(a);
    if (open && (p->full || !a->link->active))
        return write_full(a);
    return open ? write_section(a) : write_bare(a);
}

static bool answer_present(answer *a)
{
    service *s = a->s;
    known_project *k = known(s, a->p->id);
    a->link = project_links_find(&s->links, a->p->id, a->reading.project.name);
    if (*k->role)
        zou_project_set_role(&a->reading.project, arena_text(s->arena, k->role, strlen(k->role)));
    fetch_outcome outcome = write_answer(a);
    fflush(stdout);
    if (outcome == FETCH_ABANDONED)
        leave(s, a->p->id);
    if (outcome == FETCH_PARTIAL && s->status == EX_OK)
        s->status = 1;
    return outcome != FETCH_LOST;
}

static bool answer_project(service *s, affected_project *p)
{
    p->answered = true;
    if (known(s, p->id)->unwanted)
        return true;
    const project_link *link = project_links_find(&s->links, p->id, NULL);
    answer a = {.s = s, .p = p, .link = link};
    if (!state_skipped(s->store, p->id, s->arena, &a.remembered, &s->e))
        return false;
    fetch_reading_start(&a.reading, &s->shared, p->id, link ? link->name : p->id);
    zou_result result = zou_project_read(&a.reading.project, &s->e);
    bool wanted = project_filter_wants(s->filter, a.reading.project.name, p->id);
    bool ok = true;
    known(s, p->id)->unwanted = result == ZOU_OK && !wanted;
    if (result == ZOU_OK && wanted)
        ok = answer_present(&a);
    else if (result != ZOU_OK && (wanted || result == ZOU_LOST))
        ok = answer_absent(&a, result);
    fetch_reading_end(&a.reading);
    return ok;
}

/* ---- one batch --------------------------------------------------------------------------- */

static bool answer_all(service *s)
{
    json ended = json_array(), left = json_array();
    if (!project_links_read(&s->links, s->store, zou_server(s->shared.zou), &s->e))
        return false;
    if (!fetch_all(&s->shared, s->filter, &s->links, s->arena, &ended, &left, &s->status, &s->e))
        return false;
    for (uint32_t i = 0; i < left.len; i++)
        leave(s, json_text(&left.items[i]));
    return true;
}

static bool answer_projects(service *s)
{
    if (!find_homes(s) || !spread(s))
        return false;
    if (s->affected->all) /* there were too many without a project */
        return answer_all(s);
    for (bool more = true; more;) {
        more = false;
        for (affected_project *p = s->affected->projects; p; p = p->hh.next)
            if (!p->answered) {
                more = true; /* what lies elsewhere may concern one before it */
                if (!answer_project(s, p))
                    return false;
            }
    }
    return true;
}

/* Everything but the Checkpoint. */
static bool answer_batch(service *s)
{
    if (s->affected->events == 0 && !s->affected->projects && !s->affected->all)
        return true;
    forget_stale(s);
    if (links_are_stale(s) && !read_links(s))
        return false;
    if (!fetch_await_deletion(s->shared.zou, s->affected, &s->e))
        return false;
    return s->affected->all ? answer_all(s) : answer_projects(s);
}

static void write_checkpoint(service *s, const json *checkpoint)
{
    json v = json_copy_shallow(s->arena, checkpoint), all = json_array();
    const json *before = json_get(checkpoint, "full_sync");
    for (uint32_t i = 0; json_is(before, JSON_ARRAY) && i < before->len; i++)
        json_push(s->arena, &all, before->items[i]);
    for (uint32_t i = 0; i < s->full_sync.len; i++)
        json_push(s->arena, &all, s->full_sync.items[i]);
    if (all.len > 0)
        json_set(s->arena, &v, "full_sync", all);
    ndjson_write(&v);
    fflush(stdout);
}

/* A line that could not be read may have been any event. */
static void count_bad(service *s, const ndjson *in, unsigned long *bad)
{
    if (ndjson_bad(in) == *bad)
        return;
    *bad = ndjson_bad(in);
    s->affected->all = true;
    s->status = s->status == EX_OK ? 1 : s->status;
}

static bool take_record(service *s, ndjson *in, const json *record)
{
    const char *type = json_text(json_get(record, "type"));
    size_t len;
    if (strcmp(type, "Event") == 0) {
        affected_event(s->affected, record);
    } else if (strcmp(type, "Sync") == 0) {
        affected_sync(s->affected, record);
    } else if (strcmp(type, "Checkpoint") == 0) {
        if (!answer_batch(s))
            return false;
        write_checkpoint(s, record);
        affected_clear(s->affected);
        arena_reset(s->arena);
        s->full_sync = json_array();
    } else {
        const char *line = ndjson_line(in, &len);
        output_write(line, len);
    }
    return !ferror(stdout) || error_set(&s->e, EX_IOERR, "stdout cannot be written");
}

static bool is_unanswered(const service *s)
{
    return s->affected->events > 0 || s->affected->projects || s->affected->all;
}

/* Returns whether it came to the end of stdin. */
static bool run(service *s)
{
    ndjson *in = ndjson_new(STDIN_FILENO, "stdin");
    arena *line = arena_new();
    json record;
    unsigned long bad = 0;
    int got;
    bool ok = true;
    while (ok && (got = ndjson_next(in, line, &record)) > 0) {
        count_bad(s, in, &bad);
        ok = take_record(s, in, &record);
        arena_reset(line);
    }
    if (ok && got < 0) /* which has been reported */
        s->status = EX_IOERR;
    if (ok && got == 0) {
        count_bad(s, in, &bad);
        if (is_unanswered(s)) {
            msg_error(
                "stdin ended without a Checkpoint: what came after the last one is not answered");
            s->status = s->status == EX_OK ? 1 : s->status;
        }
    }
    arena_free(line);
    ndjson_free(in);
    return ok;
}

int fetch_events_run(zou *z, store *st, const char *address, project_filter *filter)
{
    bool wanted[KINDS];
    for (int k = 0; k < KINDS; k++)
        wanted[k] = k != KIND_PERSON;
    service s = {.store = st,
                 .address = address,
                 .filter = filter,
                 .affected = affected_new(),
                 .arena = arena_new(),
                 .full_sync = json_array()};
    zou_lists_init(&s.shared, z, wanted);
    bool ok = run(&s);
    if (!ok && !ferror(stdout))
        msg_error("%s", s.e.what);
    known_project *k, *next;
    HASH_ITER(hh, s.known, k, next)
    {
        HASH_DELETE(hh, s.known, k);
        free(k);
    }
    store_close(s.store);
    project_links_free(&s.links);
    zou_lists_free(&s.shared);
    affected_free(s.affected);
    arena_free(s.arena);
    return ok ? s.status : s.e.status;
}
