#include "model/mapping.h"

#include "base/msg.h"
#include "json/numbers.h"
#include "model/input_links.h"
#include "model/kitsu_fields.h"
#include "model/location.h"
#include "model/names.h"
#include "model/task_entries.h"
#include "model/task_types.h"
#include "model/unusable.h"

#include <stdlib.h>
#include <string.h>

static bool is_path_key(const char *key)
{
    return *key && *key != '$' && !strchr(key, '.');
}

static json real(mapping *m, double value)
{
    return json_real(m->arena, value);
}

static json integer(mapping *m, int32_t value)
{
    return json_integer(m->arena, value);
}

static json text(mapping *m, const char *value)
{
    return json_string(m->arena, value);
}

/* ---- names that were converted ------------------------------------------------ */

static void set_label(mapping *m, change_builder *d, const char *name, bool converted, bool is_ours)
{
    const json *label = json_at(d->before, "data", "label", NULL);
    const json *wanted = name_label(m->arena, name, converted, label, is_ours);
    if (json_is(wanted, JSON_NULL))
        change_builder_unset(d, "data", "label", NULL);
    else if (wanted)
        change_builder_set(d, *wanted, "data", "label", NULL);
}

/* A label that is Kitsu's name of the last time, if OpenPype could not use that. */
static void set_entity_label(mapping *m, change_builder *d, const entity *e, const json *stored)
{
    const char *was = json_text(json_get(stored, "name"));
    bool is_ours = was && name_fault(m->arena, was, false) &&
                   json_text_is(json_at(d->before, "data", "label", NULL), was);
    bool kept = json_text_is(json_at(d->before, "data", "keep_name", NULL), e->name);
    set_label(m, d, e->name, !kept && strcmp(e->own_name, e->name) != 0, is_ours);
}

/* OpenPype's tools show it. One that others wrote stays where Kitsu has none. */
static void set_description(change_builder *d, const entity *e, const json *stored)
{
    const json *now = json_get(&e->record, "description");
    const char *was = json_text(json_get(stored, "description"));
    if (json_text(now) && now->len)
        change_builder_set(d, *now, "data", "description", NULL);
    else if (was && *was && json_text_is(json_at(d->before, "data", "description", NULL), was))
        change_builder_unset(d, "data", "description", NULL);
}

/* A project keeps its name. A label that converts to it is ours. */
static void set_project_label(mapping *m, change_builder *d)
{
    const char *name = m->production->name, *coll = m->collection->coll;
    const char *label = json_text(json_at(d->before, "data", "label", NULL));
    const char *converted = name_usable(m->arena, name, true, true);
    const char *ours =
        label && name_fault(m->arena, label, true) ? name_converted(m->arena, label, true) : NULL;
    set_label(m, d, name,
              strcmp(name, coll) != 0 && converted && strcmp(converted, coll) == 0 &&
                  m->production->converts_names,
              ours && strcmp(ours, coll) == 0);
}

/* ---- the project document ---------------------------------------------------- */

json mapping_code(arena *a, const json *project, const char *name)
{
    const json *given = json_get(project, "code");
    if (json_text(given) && given->len)
        return *given;
    char *code = arena_text(a, name, strlen(name));
    for (char *c = code; *c; c++)
        *c = *c == ' ' ? '_' : *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    return json_string(a, code);
}

json mapping_project_base(arena *a, const production *p)
{
    static const char *const same[] = {"fps", "resolution"};
    json out = json_object();
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        const json *value = json_get(&p->project, same[i]);
        json_add(a, &out, same[i], value ? *value : json_null());
    }
    json_add(a, &out, "code", mapping_code(a, &p->project, p->name));
    return out;
}

static void set_project_fields(mapping *m, change_builder *d)
{
    const production *p = m->production;
    const json *project = &p->project;
    double fps;
    int32_t width, height;
    change_builder_set(d, text(m, p->id), "data", "zou_id", NULL);
    change_builder_set(d, mapping_code(m->arena, project, p->name), "data", "code", NULL);
    if (number_ratio(m->arena, json_get(project, "fps"), &fps))
        change_builder_set(d, real(m, fps), "data", "fps", NULL);
    change_builder_set(d, json_bool(!p->closed), "data", "active", NULL);
    if (number_resolution(m->arena, json_get(project, "resolution"), &width, &height)) {
        change_builder_set(d, integer(m, width), "data", "resolutionWidth", NULL);
        change_builder_set(d, integer(m, height), "data", "resolutionHeight", NULL);
    }
    unusable_warn_project(p);
}

/* OpenPype's publishers read it of every ancestor, and fail where it is absent. What
 * others set there stays. */
static void set_entity_type(mapping *m, change_builder *d, const char *type)
{
    if (!json_at(d->before, "data", "entityType", NULL))
        change_builder_set(d, text(m, type), "data", "entityType", NULL);
}

void mapping_set_named(change_builder *d, const json *there, const json *wanted, const char *outer)
{
    bool whole = !d->before || !json_is_plain(there);
    for (uint32_t i = 0; i < wanted->len && !whole; i++)
        whole = !is_path_key(wanted->members[i].key);
    for (uint32_t i = 0; !whole && i < there->len; i++)
        whole = !is_path_key(there->members[i].key);
    if (whole) {
        change_builder_set(d, *wanted, outer, "tasks", NULL);
        return;
    }
    for (uint32_t i = 0; i < wanted->len; i++)
        change_builder_set(d, wanted->members[i].value, outer, "tasks", wanted->members[i].key,
                           NULL);
    change_builder_retain(d, wanted, outer, "tasks");
}

/* `config.tasks`: Kitsu's task types, and those that documents still need. */
static void set_task_types(mapping *m, change_builder *d)
{
    const json *there = json_at(d->before, "config", "tasks", NULL);
    json wanted = task_types_wanted(m->production, m->collection, m->chosen, there,
                                    json_at(m->anatomy, "config", "tasks", NULL));
    mapping_set_named(d, there, &wanted, "config");
}

json mapping_project_id(arena *a, const production *p, const collection *c)
{
    const json *id = json_get(&c->project, "_id");
    return id ? *id : json_oid(a, naming_id(a, p->id, "project"));
}

change_builder mapping_project(mapping *m)
{
    arena *a = m->arena;
    const production *p = m->production;
    bool is_new = json_is_null(&m->collection->project);
    change_builder d = change_builder_new(a, is_new ? NULL : &m->collection->project);
    m->project_id = mapping_project_id(a, p, m->collection);
    if (is_new) {
        change_builder_set(&d, m->project_id, "_id", NULL);
        change_builder_set(&d, text(m, "project"), "type", NULL);
        change_builder_set(&d, text(m, m->collection->coll), "name", NULL);
        change_builder_set(&d, text(m, "openpype:project-3.0"), "schema", NULL);
        const json *attributes = json_get(m->anatomy, "attributes");
        const json *config = json_get(m->anatomy, "config");
        change_builder_set(&d, task_entries_base(m->arena, attributes), "data", NULL);
        change_builder_set(&d, task_entries_base(m->arena, config), "config", NULL);
        const json *apps = json_get(config, "apps");
        if (!json_is(apps, JSON_ARRAY) || apps->len == 0)
            msg_warn("%s: the anatomy names no applications: OpenPype's launcher will offer none",
                     p->name);
    }
    set_project_fields(m, &d);
    if (is_new)
        change_builder_set(&d, json_bool(false), "data", "library_project", NULL);
    set_entity_type(m, &d, "Project");
    set_project_label(m, &d);
    if (!p->closed)
        set_task_types(m, &d);
    m->project = d.after;
    return d;
}

/* ---- roots -------------------------------------------------------------------- */

change_builder mapping_root(mapping *m, root r)
{
    const root_place *place = &m->roots[r];
    change_builder d = change_builder_new(m->arena, place->asset ? &place->asset->document : NULL);
    if (json_text(json_at(d.before, "data", "root_of", NULL))) {
        change_builder_set(&d, text(m, "asset"), "type", NULL);
        set_entity_type(m, &d, "Folder");
        return d; /* the rest of it is the studio's */
    }
    if (!place->asset) {
        change_builder_set(&d, place->id, "_id", NULL);
        change_builder_set(&d, text(m, "asset"), "type", NULL);
        change_builder_set(&d, text(m, "openpype:asset-3.0"), "schema", NULL);
        change_builder_set(&d, text(m, root_name(r)), "name", NULL);
    }
    change_builder_set(&d, text(m, root_name(r)), "data", "root_of", NULL);
    if (!place->asset)
        change_builder_set(&d, json_object(), "data", "tasks", NULL);
    change_builder_set(&d, json_null(), "data", "visualParent", NULL);
    change_builder_set(&d, json_array(), "data", "parents", NULL);
    set_entity_type(m, &d, "Folder");
    return d;
}

/* ---- an entity's fields ---------------------------------------------------------- */

static void set_size(change_builder *d, arena *a, frame_size size)
{
    if (size.has_width)
        change_builder_set(d, json_integer(a, size.width), "data", "resolutionWidth", NULL);
    if (size.has_height)
        change_builder_set(d, json_integer(a, size.height), "data", "resolutionHeight", NULL);
}

/* A new document has its fields in this order: frames, fps, resolution, the rest. */
void mapping_set_computed(change_builder *d, arena *a, const json *project, const json *record)
{
    frame_range frames = kitsu_field_frames(a, project, record);
    change_builder_set(d, json_integer(a, frames.start), "data", "frameStart", NULL);
    change_builder_set(d, json_integer(a, frames.end), "data", "frameEnd", NULL);
    for (size_t i = 0; i < KITSU_NUMBERS; i++) {
        const kitsu_number *f = &kitsu_numbers[i];
        json value = kitsu_number_json(a, f, kitsu_number_of(a, f, project, record));
        change_builder_set(d, value, "data", f->name, NULL);
        if (i == 0)
            set_size(d, a, kitsu_field_size(a, project, record));
    }
}

/* What a partial view does not show stays: a vendor's records lack the custom
 * fields of other departments. */
static json record_to_store(mapping *m, const entity *e, const json *stored)
{
    const json *theirs = json_get(stored, "data"), *ours = json_get(&e->record, "data");
    if (!m->production->partial || !json_is(theirs, JSON_OBJECT))
        return e->record;
    json record = json_copy_shallow(m->arena, &e->record);
    json data = json_copy_shallow(m->arena, theirs);
    for (uint32_t i = 0; json_is(ours, JSON_OBJECT) && i < ours->len; i++)
        json_set(m->arena, &data, ours->members[i].key, ours->members[i].value);
    json_set(m->arena, &record, "data", data);
    return record;
}

void mapping_set_custom(change_builder *d, const json *record)
{
    const json *now = json_get(record, "data");
    const json *then = json_at(d->before, "data", "zou", "data", NULL);
    for (uint32_t i = 0; json_is(now, JSON_OBJECT) && i < now->len; i++) {
        const char *key = now->members[i].key;
        if (kitsu_field_is_custom(key))
            change_builder_set(d, now->members[i].value, "data", key, NULL);
    }
    for (uint32_t i = 0; json_is(then, JSON_OBJECT) && i < then->len; i++) {
        const char *key = then->members[i].key;
        if (kitsu_field_is_custom(key) && *key != '$' && !json_get(now, key))
            change_builder_unset(d, "data", key, NULL);
    }
}

/* What is cast in it. */
static void set_input_links(mapping *m, change_builder *d, const entity *e)
{
    json wanted;
    const json *there = json_at(d->before, "data", "inputLinks", NULL);
    if (input_links_differ(m->production, m->collection, m->chosen, e, there, &wanted))
        change_builder_set(d, wanted, "data", "inputLinks", NULL);
}

/* ---- the whole document -------------------------------------------------------------- */

static json reference(mapping *m, const entity *e)
{
    if (e->asset)
        return e->asset->id;
    return json_oid(m->arena, e->doc_id);
}

/* A document is there, or will have this id. */
static json reference_to_key(mapping *m, const char *key)
{
    const asset *d = collection_find(m->collection, key);
    return d ? d->id : json_oid(m->arena, key);
}

change_builder mapping_entity(mapping *m, entity *e)
{
    const json *before = e->asset ? &e->asset->document : NULL;
    change_builder d = change_builder_new(m->arena, before);
    if (!before)
        change_builder_set(&d, reference(m, e), "_id", NULL);
    change_builder_set(&d, text(m, "asset"), "type", NULL);
    change_builder_set(&d, text(m, "openpype:asset-3.0"), "schema", NULL);
    change_builder_set(&d, text(m, e->doc_name), "name", NULL);
    change_builder_set(&d, m->project_id, "parent", NULL);
    const json *stored = json_at(before, "data", "zou", NULL);
    json record = record_to_store(m, e, stored);
    change_builder_set(&d, record, "data", "zou", NULL);
    unusable_warn(m->production, &m->project, e, &record, stored);
    mapping_set_custom(&d, &record);
    mapping_set_computed(&d, m->arena, &m->project, &e->record);
    const json *tasks = json_at(before, "data", "tasks", NULL);
    json wanted = task_entries(m->production, e, tasks, &m->skipped);
    mapping_set_named(&d, tasks, &wanted, "data");
    location place = {m->collection, m->roots};
    change_builder_set(&d, location_parents(&place, e, m->arena), "data", "parents", NULL);
    change_builder_set(&d, reference_to_key(m, location_parent(&place, e)), "data", "visualParent",
                       NULL);
    set_entity_label(m, &d, e, stored);
    set_description(&d, e, stored);
    set_input_links(m, &d, e);
    set_entity_type(m, &d, e->kind == KIND_ASSET_TYPE ? "Folder" : kind_name(e->kind));
    return d;
}
