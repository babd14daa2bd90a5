#include "diff/diff.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/output.h"
#include "diff/closure.h"
#include "model/mapping.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "record/skipped.h"

#include <stdlib.h>
#include <string.h>

/* ---- writing --------------------------------------------------------------------- */

static void write_skipped(diff *d, json skipped)
{
    const json *what = json_get(&skipped, "entity");
    if (!d->no_skipped)
        msg_warn("%s \"%s\" (%s) is skipped: %s", json_text(json_get(what, "type")),
                 json_text(json_get(what, "name")), json_text(json_get(what, "id")),
                 json_text(json_get(&skipped, "reason")));
    ndjson_write(&skipped);
    d->skipped++;
}

/* Why a change can't be written. */
typedef struct obstacle {
    const char *code, *reason;
} obstacle;

/* False: no line can hold the change, as `*o` says. */
static bool try_change(diff *d, arena *a, json change, obstacle *o)
{
    static buf line; /* kept for the next call, for good */
    unsigned depth = json_depth(&change);
    if (depth > MAX_DEPTH) {
        *o = (obstacle){"depth", arena_printf(a, "its change is nested %u levels deep, a line %d",
                                              depth, MAX_DEPTH)};
        return false;
    }
    buf_clear(&line);
    json_write(&line, &change);
    buf_addc(&line, '\n');
    if (line.len > MAX_LINE) {
        *o = (obstacle){"size", arena_printf(a, "its change takes %zu MiB, a line holds %zu",
                                             line.len >> 20, MAX_LINE >> 20)};
        return false;
    }
    output_write(line.data, line.len);
    d->changes++;
    return true;
}

static void write_change(diff *d, arena *a, const char *project_id, json change)
{
    obstacle o;
    if (try_change(d, a, change, &o))
        return;
    const json *what = json_get(&change, "entity");
    write_skipped(d, skipped_make(a, what ? *what : json_null(), project_id, o.code, o.reason));
}

static void write_draft(diff *d, const mapping *m, const change_builder *x, const json *id,
                        json what)
{
    const collection *c = m->collection;
    if (change_builder_changes(x))
        write_change(d, m->arena, m->production->id,
                     change_builder_change(x, c->db, c->coll, id, what));
}

/* ---- which collection -------------------------------------------------------------- */

static const char *skip_project(diff *d, production *p, const char *code, const char *reason)
{
    json what = record_entity(p->arena, "Project", p->id, p->name);
    write_skipped(d, skipped_make(p->arena, what, p->id, code, reason));
    return NULL;
}

const char *diff_find_target(diff *d, production *p)
{
    bool several;
    const documents_project *known = documents_by_id(d->documents, p->id, p->name, &several);
    if (several)
        return skip_project(d, p, "duplicate",
                            "several projects of OpenPype are linked to it, and none has its name");
    if (known) {
        if (strcmp(known->coll, p->name) != 0)
            msg_warn("project \"%s\" is called \"%s\" in OpenPype, and stays so: the name is part "
                     "of published paths",
                     p->name, known->coll);
        return known->coll;
    }
    const char *fault = naming_fault(p->arena, p->name, true);
    if (p->closed && (fault || !documents_by_name(d->documents, p->name)))
        return NULL; /* one that OpenPype never had stays outside */
    if (fault)
        return skip_project(d, p, "name", fault);
    known = documents_by_name(d->documents, p->name);
    if (known && known->zou_id)
        return skip_project(d, p, "duplicate",
                            arena_printf(p->arena,
                                         "OpenPype's \"%s\" is linked to another project (%s)",
                                         known->coll, known->zou_id));
    return p->name;
}

void diff_kinds(diff *d, const char *coll, bool chosen[KINDS], bool need[KINDS])
{
    const json *ours = json_get(settings_for(d->settings, coll), "opkitsu");
    for (int k = 0; k < KINDS; k++) {
        chosen[k] = k < KIND_ENTITIES;
        need[k] = k < KIND_ENTITIES || k == KIND_TASK || k == KIND_TASK_TYPE;
    }
    chosen[KIND_EDIT] = need[KIND_EDIT] = json_true(json_get(ours, "edits"));
    chosen[KIND_CONCEPT] = need[KIND_CONCEPT] = json_true(json_get(ours, "concepts"));
}

/* ---- what goes ----------------------------------------------------------------------- */

/* Documents of what Kitsu no longer has. */
typedef struct leaving {
    asset **assets; /* owned */
    size_t n;
    size_t archived; /* of them, those that are archived, not deleted */
} leaving;

static bool is_leaving(const asset *d)
{
    return d && d->removed;
}

/* The document above this one once the plan is carried out. */
static asset *above(const mapping *m, const asset *d)
{
    const char *key = d->under;
    const entity *e = d->entity;
    if (e && e->state == ENTITY_LIVE && !d->removed)
        key = e->under ? e->under->doc_id : m->roots[root_above(e->kind)].key;
    return collection_find(m->collection, key);
}

static size_t depth_of(const mapping *m, const asset *d)
{
    enum { DEEPEST = 64 }; /* documents could point at each other in a ring */
    size_t depth = 0;
    while ((d = above(m, d)) && depth < DEEPEST)
        depth++;
    return depth;
}

/* Whatever stays keeps everything above it: archived, where it would go. */
static void keep_above(const mapping *m, const asset *d)
{
    for (asset *up = above(m, d); is_leaving(up); up = above(m, up))
        up->removed = false;
}

static leaving find_leaving(const mapping *m)
{
    const collection *c = m->collection;
    leaving l = {.assets = xmalloc((c->n + 1) * sizeof(asset *))};
    for (size_t i = 0; i < c->n; i++) {
        asset *d = c->assets[i];
        if (d->archived || !naming_is_obsolete(m->production, d, m->chosen))
            continue;
        d->removed = true;
        l.assets[l.n++] = d;
    }
    for (size_t i = 0; i < c->n && l.n; i++) {
        asset *d = c->assets[i];
        if (d->removed && !d->published)
            continue;
        keep_above(m, d);
        d->removed = false;
    }
    for (size_t i = 0; i < l.n; i++)
        l.archived += !l.assets[i]->removed;
    return l;
}

static bool anything_came(const mapping *m)
{
    for (size_t i = 0; i < m->production->n; i++)
        if (m->chosen[m->production->entities[i]->kind])
            return true;
    return false;
}

/* Whether so many may go. Reports why not. */
static bool may_go(const diff *d, const mapping *m, size_t going)
{
    const collection *c = m->collection;
    size_t live = c->live_linked;
    if (going == 0)
        return true;
    if (!d->delete_limit.given && m->production->events)
        return true; /* each by its id, none for being absent */
    /* Zou answers `[]` where it should say that it does not know. */
    bool empty = !d->delete_limit.given && !anything_came(m);
    if (!empty && delete_limit_allows(&d->delete_limit, going, live))
        return true;
    if (d->delete_limit.given)
        msg_error("%s: %zu of %zu documents would be deleted or archived, more than --max-delete "
                  "%ld%s: nothing is planned for this project",
                  c->coll, going, live, d->delete_limit.limit, d->delete_limit.percent ? "%" : "");
    else
        msg_error("%s: %s%zu of %zu documents would be deleted or archived: nothing is planned for "
                  "this project. If that is right, run again with --max-delete %zu",
                  c->coll, empty ? "Kitsu lists nothing at all, and " : "", going, live, going);
    return false;
}

typedef struct at_depth {
    asset *asset;
    size_t depth, place;
} at_depth;

static int deepest_first(const void *x, const void *y)
{
    const at_depth *a = x, *b = y;
    if (a->depth != b->depth)
        return a->depth > b->depth ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

static json entity_of_asset(arena *a, const asset *d)
{
    return record_entity(a, kind_name(d->kind), d->zou_id, d->name);
}

static void write_leaving(diff *d, const mapping *m, const leaving *l)
{
    const collection *c = m->collection;
    at_depth *order = xmalloc((l->n + 1) * sizeof *order);
    for (size_t i = 0; i < l->n; i++)
        order[i] = (at_depth){l->assets[i], depth_of(m, l->assets[i]), i};
    qsort(order, l->n, sizeof *order, deepest_first);
    for (size_t i = l->n; i-- > 0;) { /* parents first */
        asset *x = order[i].asset;
        change_builder archive = change_builder_new(m->arena, &x->document);
        change_builder_set(&archive, json_string(m->arena, "archived_asset"), "type", NULL);
        if (!x->removed)
            write_draft(d, m, &archive, &x->id, entity_of_asset(m->arena, x));
    }
    for (size_t i = 0; i < l->n; i++) /* children first */
        if (order[i].asset->removed)
            write_change(d, m->arena, m->production->id,
                         change_builder_delete(m->arena, c->db, c->coll, &order[i].asset->document,
                                               entity_of_asset(m->arena, order[i].asset)));
    free(order);
}

/* ---- one project ----------------------------------------------------------------------- */

static void write_entity(diff *d, mapping *m, entity *e)
{
    if (e->under && !naming_above(e->under))
        e->under = NULL; /* its type's change was too long just now */
    change_builder x = mapping_entity(m, e);
    if (!change_builder_changes(&x))
        return;
    json id = e->asset ? e->asset->id : json_oid(m->arena, e->doc_id);
    json what = record_entity(m->arena, kind_name(e->kind), e->id, e->name);
    const collection *c = m->collection;
    obstacle o;
    if (!try_change(d, m->arena, change_builder_change(&x, c->db, c->coll, &id, what), &o))
        production_skip(m->production, e, o.code, o.reason);
}

static void write_entities(diff *d, mapping *m)
{
    const production *p = m->production;
    for (int r = 0; r < ROOTS; r++) {
        if (!m->roots[r].key)
            continue;
        change_builder x = mapping_root(m, (root)r);
        write_draft(d, m, &x, &m->roots[r].id, json_null());
    }
    for (size_t i = 0; i < p->n; i++)
        if (p->entities[i]->state == ENTITY_LIVE && !p->entities[i]->no_document)
            write_entity(d, m, p->entities[i]);
}

static void write_all_skipped(diff *d, const mapping *m)
{
    const production *p = m->production;
    for (size_t i = 0; i < p->n; i++) {
        const entity *e = p->entities[i];
        if (e->state == ENTITY_SKIPPED && !e->passed_on)
            write_skipped(d,
                          skipped_make(p->arena,
                                       record_entity(p->arena, kind_name(e->kind), e->id, e->name),
                                       p->id, e->skip_code, e->skip_reason));
    }
    for (uint32_t i = 0; i < m->skipped.len; i++)
        write_skipped(d, m->skipped.items[i]);
}

/* Who gets which name, and what goes. In a batch of events only a percentage
 * wants to know the whole. */
static bool find_changes(diff *d, mapping *m, leaving *l, error *e)
{
    if (!m->production->events) {
        naming_resolve(m->production, m->collection, m->chosen, m->roots);
        *l = find_leaving(m);
        return true;
    }
    if (!closure_load(d->documents, m, false, e))
        return false;
    *l = find_leaving(m);
    if (!l->n || !d->delete_limit.given || !d->delete_limit.percent || !m->collection->some)
        return true;
    free(l->assets);
    *l = (leaving){0};
    if (!closure_load(d->documents, m, true, e))
        return false;
    *l = find_leaving(m);
    return true;
}

static void write_plan(diff *d, mapping *m, const leaving *l)
{
    const production *p = m->production;
    json what = record_entity(p->arena, "Project", p->id, p->name);
    change_builder x = mapping_project(m);
    write_draft(d, m, &x, &m->project_id, what);
    documents_note(d->documents, m->collection->coll, p->id);
    if (p->closed)
        return;
    write_entities(d, m);
    write_leaving(d, m, l);
    write_all_skipped(d, m);
}

diff_outcome diff_project(diff *d, production *p, collection **c, const bool chosen[KINDS],
                          error *e)
{
    bool is_new = json_is_null(&(*c)->project);
    mapping m = {.arena = p->arena,
                 .production = p,
                 .collection = *c,
                 .anatomy = settings_anatomy(d->settings),
                 .skipped = json_array()};
    memcpy(m.chosen, chosen, sizeof m.chosen);
    if (p->closed && is_new)
        return DIFF_DONE;
    if (p->events && is_new) {
        msg_error("project \"%s\": events are no use before it was synchronised in full", p->name);
        return DIFF_LEFT_ALONE;
    }
    leaving l = {0};
    diff_outcome outcome = DIFF_DONE;
    if (!p->closed && !find_changes(d, &m, &l, e))
        outcome = DIFF_FAILED;
    else if (!p->closed && !may_go(d, &m, l.n))
        outcome = DIFF_LEFT_ALONE;
    else
        write_plan(d, &m, &l);
    *c = m.collection; /* all of it may have been needed */
    free(l.assets);
    return outcome;
}

/* What comes after belongs to another project. */
static void write_end(arena *a, const char *project_id)
{
    json end = json_object();
    json_add(a, &end, "type", json_string(a, "End"));
    json_add(a, &end, "project_id", json_string(a, project_id));
    json_add(a, &end, "scope", json_string(a, "full"));
    json_add(a, &end, "counts", json_object());
    ndjson_write(&end);
}

diff_outcome diff_deleted(diff *d, const char *project_id, arena *a, error *e)
{
    bool published, several;
    documents_project *known = documents_by_id(d->documents, project_id, "", &several);
    if (several) {
        msg_error("project %s was deleted in Kitsu, but several projects of OpenPype are linked to "
                  "it: they stay",
                  project_id);
        return DIFF_LEFT_ALONE;
    }
    if (!known)
        return DIFF_DONE;
    if (!documents_published(d->documents, known, &published, e))
        return DIFF_FAILED;
    json what = record_entity(a, "Project", project_id, known->coll);
    if (!published || d->drop) {
        write_change(
            d, a, project_id,
            change_builder_drop(a, documents_db(d->documents), known->coll, published, what));
        known->dropped = true;
        write_end(a, project_id);
        return DIFF_DONE;
    }
    change_builder x = change_builder_new(a, &known->document);
    change_builder_set(&x, json_bool(false), "data", "active", NULL);
    if (change_builder_changes(&x)) {
        msg_warn("project \"%s\" was deleted in Kitsu, but something was published in it: it is "
                 "made inactive (--drop deletes it)",
                 known->coll);
        write_change(d, a, project_id,
                     change_builder_change(&x, documents_db(d->documents), known->coll,
                                           json_get(&known->document, "_id"), what));
    }
    write_end(a, project_id);
    return DIFF_DONE;
}
