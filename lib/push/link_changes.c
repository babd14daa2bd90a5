#include "push/link_changes.h"

#include "base/output.h"
#include "model/change_builder.h"
#include "model/mapping.h"
#include "model/names.h"
#include "push/fields.h"
#include "push/result_writer.h"
#include "record/ndjson.h"
#include "record/record.h"

#include <string.h>

static void write_change(const push_run *r, const change_builder *x, const json *id, json what)
{
    const collection *c = r->plan->c;
    json change = change_builder_change(x, c->db, c->coll, id, what);
    ndjson_write(&change);
    output_flush();
}

/* The name that the mapping would give the document. */
static const char *mapped_name(const push_run *r, const push_item *i)
{
    const push_item *parent = i->parent && i->parent->substitute ? i->parent->parent : i->parent;
    bool joined = i->kind == KIND_SEQUENCE || i->kind == KIND_SHOT;
    const char *name = json_text(json_get(&i->record, "name"));
    const char *usable = name_usable(r->arena, name, false, r->plan->naming->convert);
    const char *own = usable ? usable : i->name;
    return joined && parent && parent->document
               ? arena_printf(r->arena, "%s_%s", parent->document->name, own)
               : own;
}

/* `data.tasks` with the records of Kitsu's tasks. */
static json linked_tasks(push_run *r, const push_item *i, const json *tasks)
{
    json out = json_is_plain(tasks) ? json_copy_shallow(r->arena, tasks) : json_object();
    for (const push_task *t = i->tasks; t; t = t->next) {
        if (json_is_null(&t->record))
            continue;
        const json *entry = json_get(&out, t->entry);
        json linked = json_is_plain(entry) ? json_copy_shallow(r->arena, entry) : json_object();
        json_set(r->arena, &linked, "zou", t->record);
        json_set(r->arena, &out, t->entry, linked);
    }
    return out;
}

/* What a new link adds, so that the mapping leaves name and place as they are. Kitsu's
 * name is another one than the item's where that is converted. */
static void add_new_link(push_run *r, const push_item *i, change_builder *x)
{
    arena *a = r->arena;
    const json *name = json_get(&i->record, "name");
    const json *label = json_at(x->before, "data", "label", NULL);
    if (strcmp(mapped_name(r, i), i->document->name) != 0)
        change_builder_set(x, *name, "data", "keep_name", NULL);
    else if (strcmp(name->text, i->name) != 0 && !label)
        change_builder_set(x, *name, "data", "label", NULL);
    if (i->kind == KIND_SHOT && i->parent && i->parent->substitute) {
        json list = json_array();
        json_push(a, &list, i->parent->record);
        change_builder_set(x, list, "data", "parent_substitutes", NULL);
    }
}

/* The fields of the new record, as a synchronisation would set them: the next push compares
 * with this record, and would take an older value for one that was changed in OpenPype. What
 * is to be written, and may be refused or never sent, stays OpenPype's. A partial view does
 * not show all custom fields. */
static void set_mapped(push_run *r, const push_item *i, change_builder *x)
{
    json record = push_fields_applied(r->arena, &i->record, &i->fields);
    if (!r->plan->kitsu->production->partial)
        mapping_set_custom(x, &i->record);
    mapping_set_computed(x, r->arena, &r->plan->c->project, &record);
}

void push_link_item(push_run *r, push_item *i)
{
    arena *a = r->arena;
    asset *d = i->document;
    if (r->context->dry || !d || json_is_null(&i->record))
        return;
    json *before = arena_alloc(a, sizeof *before);
    *before = d->document;
    change_builder x = change_builder_new(a, before);
    if (i->kind != KIND_ASSET_TYPE || i->inherits)
        set_mapped(r, i, &x);
    change_builder_set(&x, i->record, "data", "zou", NULL);
    if (i->needs_link)
        add_new_link(r, i, &x);
    if (i->tasks) {
        const json *tasks = json_at(before, "data", "tasks", NULL);
        json linked = linked_tasks(r, i, tasks);
        mapping_set_named(&x, tasks, &linked, "data");
    }
    if (!change_builder_changes(&x))
        return;
    write_change(r, &x, &d->id, record_entity(a, kind_name(i->kind), i->id, i->name));
    r->counts[PUSH_LINKED] += i->needs_link;
    i->needs_link = false;
    d->document = x.after;
}

void push_link_inherited(push_run *r)
{
    for (size_t n = 0; n < r->plan->n; n++)
        if (r->plan->items[n]->inherits)
            push_link_item(r, r->plan->items[n]);
}

void push_link_project(push_run *r)
{
    arena *a = r->arena;
    const json *document = &r->plan->c->project, *id = json_get(document, "_id");
    const char *name = r->plan->kitsu->production->name;
    change_builder x = change_builder_new(a, document);
    change_builder_set(&x, json_string(a, r->project_id), "data", "zou_id", NULL);
    if (!change_builder_changes(&x))
        return;
    if (r->context->dry) {
        push_result_write(r, &(push_result){.status = RESULT_PLANNED,
                                            .operation = PUSH_LINK,
                                            .type = "Project",
                                            .id = r->project_id,
                                            .name = name,
                                            .ancestors = json_array(),
                                            .document = id});
        return;
    }
    write_change(r, &x, id, record_entity(a, "Project", r->project_id, name));
    r->counts[PUSH_LINKED]++;
}
