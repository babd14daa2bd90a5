#include "diff/diff.h"

#include "base/msg.h"
#include "diff/emptied.h"
#include "diff/obsolete.h"
#include "model/folder_names.h"
#include "model/location.h"
#include "model/names.h"
#include "record/end.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "record/skipped.h"

#include <stdlib.h>
#include <string.h>

/* ---- which collection -------------------------------------------------------------- */

static const char *skip_project(diff *d, production *p, const char *code, const char *reason)
{
    json what = record_entity(p->arena, "Project", p->id, p->name);
    changes_write_skipped(&d->out, p->arena, skipped_make(p->arena, what, p->id, code, reason));
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
        const char *converted = name_converted(p->arena, p->name, true);
        if (strcmp(known->coll, p->name) != 0 &&
            !(converted && strcmp(known->coll, converted) == 0))
            msg_warn("project \"%s\" is called \"%s\" in OpenPype, and stays so: the name is part "
                     "of published paths",
                     p->name, known->coll);
        return known->coll;
    }
    const char *name =
        name_usable(p->arena, p->name, true, names_are_converted(settings_for(d->settings, NULL)));
    if (p->closed && (!name || !documents_by_name(d->documents, name)))
        return NULL; /* one that OpenPype never had stays outside */
    if (!name)
        return skip_project(d, p, "name", name_reason(p->arena, p->name, true));
    known = documents_by_name(d->documents, name);
    if (known && known->zou_id)
        return skip_project(
            d, p, "duplicate",
            arena_printf(p->arena,
                         "OpenPype's \"%s\" is linked to another project (%s); if it "
                         "was made again: op-link %s %s | op-apply",
                         known->coll, known->zou_id, known->coll, p->id));
    return name;
}

void diff_read_settings(diff *d, const char *coll, production *p, bool chosen[KINDS],
                        bool need[KINDS])
{
    const json *merged = settings_for(d->settings, coll), *ours = json_get(merged, "opkitsu");
    p->converts_names = names_are_converted(merged);
    for (int k = 0; k < KINDS; k++) {
        chosen[k] = k < KIND_ENTITIES;
        need[k] = k < KIND_ENTITIES || k == KIND_TASK || k == KIND_TASK_TYPE;
    }
    chosen[KIND_EDIT] = need[KIND_EDIT] = json_true(json_get(ours, "edits"));
    chosen[KIND_CONCEPT] = need[KIND_CONCEPT] = json_true(json_get(ours, "concepts"));
}

json diff_settings(diff *d, const char *coll, arena *a)
{
    static const char *const flags[] = {"edits", "concepts"};
    const json *all = settings_for(d->settings, coll), *ours = json_get(all, "opkitsu");
    json out = json_object();
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (json_true(json_get(ours, flags[i])))
            json_add(a, &out, flags[i], json_bool(true));
    if (names_are_converted(all))
        json_add(a, &out, "names", json_string(a, "convert"));
    return out;
}

/* ---- one project ----------------------------------------------------------------------- */

static void write_built(diff *d, const mapping *m, const change_builder *x, const json *id,
                        json what)
{
    const collection *c = m->collection;
    if (change_builder_changes(x))
        changes_write(&d->out, m->arena, m->production->id,
                      change_builder_change(x, c->db, c->coll, id, what));
}

static bool changes_location(const mapping *m, const entity *e)
{
    return location_changes(&(location){m->collection, m->roots}, e);
}

/* Published subsets in the document of an entity, and in those below it that move along. */
static size_t publishes_below(const mapping *m, const entity *e)
{
    size_t n = e->asset && changes_location(m, e) ? e->asset->publishes : 0;
    for (const entity *c = e->first_child; c; c = c->next_sibling)
        if (c->state == ENTITY_LIVE && !c->no_document)
            n += publishes_below(m, c);
    return n;
}

/* Tell people what becomes of a document that they know. */
static void report_link(const mapping *m, const entity *e, bool revived, size_t publishes)
{
    const char *type = kind_name(e->kind), *place = production_place(m->arena, e);
    const entity *up = e->doc_parent;
    /* NOLINTBEGIN(clang-analyzer-core.NullDereference): "made again" and publishes
     * are of an asset */
    if (e->made_again)
        msg_warn(
            "%s \"%s\" (%s) was made again in Kitsu: linked to its old document %s (publishes: "
            "%zu)%s%s",
            type, place, e->id, e->asset->key, e->asset->publishes,
            e->rivals ? "; others were possible: " : "", e->rivals ? e->rivals : "");
    else if (revived && !(up && up->asset && up->asset->archived))
        /* archived by a person, or as Kitsu had cancelled it: the document does not tell */
        msg_warn("%s \"%s\" (%s) is live in Kitsu: its archived document is restored", type, place,
                 e->id);
    if (e->twin)
        msg_warn("%s \"%s\" (%s) gets a new document: the archived %s has the same name, and "
                 "nothing in it",
                 type, place, e->id, e->twin->key);
    if (publishes && !(up && up->asset && changes_location(m, up)))
        msg_warn("%s \"%s\" (%s) was renamed or moved in Kitsu: its document %s is now \"%s\"; "
                 "publishes under the old name: %zu",
                 type, place, e->id, e->asset->name, e->doc_name, publishes);
    /* NOLINTEND(clang-analyzer-core.NullDereference) */
}

/* What several documents of one entity come to, which only people can settle. One that
 * they archived is in nobody's way. */
static void report_seconds(const mapping *m)
{
    const collection *c = m->collection;
    for (size_t i = 0; i < c->n; i++) {
        const asset *d = c->assets[i];
        const entity *e =
            collection_is_second(d) ? production_find(m->production, d->zou_id) : NULL;
        if (e && e->state != ENTITY_GONE && !d->archived)
            msg_warn("%s \"%s\" (%s) has a second document, %s \"%s\" (publishes: %zu, other work: "
                     "%zu): left as it is, %s follows Kitsu",
                     kind_name(e->kind), production_place(m->arena, e), e->id, d->key, d->name,
                     d->publishes, d->dependants - d->publishes, d->first->key);
    }
}

static bool reads_everything(const production *p)
{
    bool all = !p->events && !p->partial;
    for (int k = 0; k < KIND_ENTITIES; k++)
        all = all && p->read[k];
    return all;
}

/* Documents that people linked to what Kitsu does not have: a wrong id, so nothing is deleted
 * for it. Those of OpenPype's own listener, which was stopped before it filled them in, look
 * the same. */
static void report_strangers(const mapping *m)
{
    const collection *c = m->collection;
    for (size_t i = 0; i < c->n && reads_everything(m->production); i++) {
        const asset *d = c->assets[i];
        if (d->zou_id && d->kind == KIND_NONE && !d->archived && !d->entity &&
            !production_find(m->production, d->zou_id))
            msg_warn("document \"%s\" (%s) is linked to %s, which this project does not have in "
                     "Kitsu: left as it is. If the id is wrong: op-link -D %s %s KITSU_ID | "
                     "op-apply",
                     d->name, d->key, d->zou_id, d->key, c->coll);
    }
}

/* The Kitsu side of a Change or a Skipped, with its place. */
static json entity_with_path(arena *a, const entity *e)
{
    json what = record_entity(a, kind_name(e->kind), e->id, e->name);
    json_add(a, &what, "path", production_path(a, e));
    return what;
}

static void write_entity(diff *d, mapping *m, entity *e)
{
    if (e->doc_parent && !naming_can_have_children(e->doc_parent))
        e->doc_parent = NULL; /* its type's change was too long just now */
    change_builder x = mapping_entity(m, e);
    if (!change_builder_changes(&x))
        return;
    json id = e->asset ? e->asset->id : json_oid(m->arena, e->doc_id);
    const collection *c = m->collection;
    json change = change_builder_change(&x, c->db, c->coll, &id, entity_with_path(m->arena, e));
    bool moves = e->asset && changes_location(m, e);
    size_t publishes = moves ? publishes_below(m, e) : 0;
    change_obstacle why;
    if (change_builder_revives(&x))
        json_add(m->arena, &change, "revived", json_bool(true));
    if (publishes)
        json_add(m->arena, &change, "published", json_integer(m->arena, (int64_t)publishes));
    if (changes_try(&d->out, m->arena, change, &why))
        report_link(m, e, change_builder_revives(&x), publishes);
    else
        production_skip(m->production, e, why.code, why.reason);
}

static void write_entities(diff *d, mapping *m)
{
    const production *p = m->production;
    for (int r = 0; r < ROOTS; r++) {
        if (!m->roots[r].key)
            continue;
        change_builder x = mapping_root(m, (root)r);
        write_built(d, m, &x, &m->roots[r].id, json_null());
    }
    for (size_t i = 0; i < p->n; i++)
        if (p->entities[i]->state == ENTITY_LIVE && !p->entities[i]->no_document)
            write_entity(d, m, p->entities[i]);
}

/* Whether an entity is skipped only because what it lies below is. */
static bool is_skipped_with(const entity *e)
{
    return e->state == ENTITY_SKIPPED && !e->passed_on && strcmp(e->skip_code, "parent") == 0 &&
           e->parent && e->parent->state == ENTITY_SKIPPED && e->kind != KIND_ASSET;
}

static int64_t count_skipped_with(const entity *e)
{
    int64_t n = 0;
    for (const entity *c = e->first_child; c; c = c->next_sibling)
        if (is_skipped_with(c))
            n += 1 + count_skipped_with(c);
    return n;
}

/* Whether it is skipped as the document of another has its name. */
static bool is_name_taken(const entity *e)
{
    return e->taken_by &&
           (strcmp(e->skip_code, "duplicate") == 0 || strcmp(e->skip_code, "published") == 0);
}

static void write_skipped(diff *d, const production *p, const entity *e)
{
    json skipped =
        skipped_make(p->arena, entity_with_path(p->arena, e), p->id, e->skip_code, e->skip_reason);
    int64_t below = is_skipped_with(e) ? 0 : count_skipped_with(e);
    if (below)
        json_add(p->arena, &skipped, "below", json_integer(p->arena, below));
    if (is_skipped_with(e))
        json_add(p->arena, &skipped, "with", json_string(p->arena, e->parent->id));
    if (e->parent_id)
        json_add(p->arena, &skipped, "parent_id", json_string(p->arena, e->parent_id));
    if (is_name_taken(e))
        json_add(p->arena, &skipped, "taken_by", json_string(p->arena, e->taken_by));
    changes_write_skipped(&d->out, p->arena, skipped);
}

static bool is_reported(const entity *e)
{
    return e->state == ENTITY_SKIPPED && !e->passed_on;
}

/* Whether its document has a name that conversion gave it, and is skipped because names
 * are no longer converted. */
static bool was_converted(const production *p, const entity *e)
{
    const json *data = e->asset ? json_get(&e->asset->document, "data") : NULL;
    const char *label = json_text(json_get(data, "label"));
    return !p->converts_names && strcmp(e->skip_code, "name") == 0 && label &&
           name_fault(p->arena, label, false) &&
           json_text_is(json_at(data, "zou", "name", NULL), label);
}

/* All of these in one message. */
static void write_converted(diff *d, const production *p)
{
    bool silent = d->out.no_skipped;
    size_t n = 0;
    d->out.no_skipped = true;
    for (size_t i = 0; i < p->n; i++)
        if (is_reported(p->entities[i]) && was_converted(p, p->entities[i])) {
            write_skipped(d, p, p->entities[i]);
            n++;
        }
    d->out.no_skipped = silent;
    if (n && !silent)
        msg_warn("%s: names were converted and no longer are (opkitsu.names): %zu documents stay "
                 "as they are",
                 p->name, n);
}

static void write_all_skipped(diff *d, const mapping *m)
{
    const production *p = m->production;
    write_converted(d, p);
    for (size_t i = 0; i < p->n; i++) {
        const entity *e = p->entities[i];
        if (is_reported(e) && !was_converted(p, e))
            write_skipped(d, p, e);
    }
    for (uint32_t i = 0; i < m->skipped.len; i++)
        changes_write_skipped(&d->out, p->arena, m->skipped.items[i]);
}

/* Settle names, and find what is obsolete. In a batch of events only a percentage
 * needs the whole collection. */
static bool find_changes(diff *d, closure *loaded, mapping *m, obsolete_list *l, error *e)
{
    const delete_limit *limit = &d->delete_limit;
    if (!m->production->events) {
        if (!closure_settle(loaded, m, e))
            return false;
        folder_names_check(m->production, m->collection, m->chosen, m->roots);
        *l = obsolete_find(m);
        return true;
    }
    if (!closure_extend(loaded, m, CLOSURE_NEEDED, e))
        return false;
    folder_names_check(m->production, m->collection, m->chosen, m->roots);
    *l = obsolete_find(m);
    if (!l->n || !limit->given || !limit->percent || !m->collection->some)
        return true;
    obsolete_free(l);
    if (!closure_extend(loaded, m, CLOSURE_WHOLE, e))
        return false;
    *l = obsolete_find(m);
    return true;
}

static void write_plan(diff *d, mapping *m, const obsolete_list *l)
{
    const production *p = m->production;
    json what = record_entity(p->arena, "Project", p->id, p->name);
    change_builder x = mapping_project(m);
    write_built(d, m, &x, &m->project_id, what);
    documents_note(d->documents, m->collection->coll, p->id);
    if (p->closed)
        return;
    write_entities(d, m);
    emptied_write(l, m, &d->out);
    obsolete_write(l, m, &d->out);
    report_seconds(m);
    report_strangers(m);
    write_all_skipped(d, m);
}

/* Too much would be deleted or archived: all that waits, and keeps its names. */
static void hold(closure *loaded, mapping *m, obsolete_list *l)
{
    obsolete_free(l);
    m->production->keeps_all = true;
    closure_resolve(loaded, m);
    *l = obsolete_find(m);
}

diff_outcome diff_project(diff *d, production *p, closure *loaded, const bool chosen[KINDS],
                          const char **why, error *e)
{
    mapping m = {.arena = p->arena,
                 .production = p,
                 .collection = closure_collection(loaded),
                 .anatomy = settings_anatomy(d->settings),
                 .skipped = json_array()};
    bool is_new = json_is_null(&m.collection->project);
    memcpy(m.chosen, chosen, sizeof m.chosen);
    if (p->closed && is_new)
        return DIFF_DONE;
    if (p->events && is_new) {
        msg_error("project \"%s\": events are no use before it was synchronised in full", p->name);
        return DIFF_LEFT_ALONE;
    }
    obsolete_list l = {0};
    diff_outcome outcome = DIFF_DONE;
    if (!p->closed && !find_changes(d, loaded, &m, &l, e))
        return DIFF_FAILED;
    if (!p->closed && !obsolete_allowed(&l, &m, &d->delete_limit, why)) {
        hold(loaded, &m, &l);
        outcome = DIFF_HELD;
    }
    write_plan(d, &m, &l);
    obsolete_free(&l);
    return outcome;
}

/* What comes after belongs to another project. */
static void write_end(const diff *d, const char *coll, const char *project_id, arena *a)
{
    json end = end_make(a, &(end_record){.scope = END_FULL,
                                         .project_id = project_id,
                                         .db = documents_db(d->documents),
                                         .coll = coll,
                                         .counts = json_object()});
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
        changes_write(
            &d->out, a, project_id,
            change_builder_drop(a, documents_db(d->documents), known->coll, published, what));
        known->dropped = true;
        write_end(d, known->coll, project_id, a);
        return DIFF_DONE;
    }
    change_builder x = change_builder_new(a, &known->document);
    change_builder_set(&x, json_bool(false), "data", "active", NULL);
    if (change_builder_changes(&x)) {
        msg_warn("project \"%s\" was deleted in Kitsu, but something was published in it: it is "
                 "made inactive (--drop deletes it)",
                 known->coll);
        changes_write(&d->out, a, project_id,
                      change_builder_change(&x, documents_db(d->documents), known->coll,
                                            json_get(&known->document, "_id"), what));
    }
    write_end(d, known->coll, project_id, a);
    return DIFF_DONE;
}
