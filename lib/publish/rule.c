#include "publish/rule.h"

#include "base/limits.h"
#include "json/casefold.h"
#include "publish/publish.h"
#include "publish/rule_check.h"
#include "record/record.h"

#include <string.h>

struct rule {
    arena *a;
    const rule_settings *settings; /* borrowed, as the record is */
    const json *record, *instances;
    json families;      /* of the instances that are published, each once */
    json saw;           /* see find_status */
    const json *status; /* of the publish's, the one to set; NULL: not known */
    rule_remark_fn *remark;
    void *context;
};

static bool is_same(const json *a, const json *b)
{
    return a->type == b->type && json_equal(a, b, NULL);
}

static bool has_value(const json *list, const json *v)
{
    for (uint32_t i = 0; i < list->len; i++)
        if (is_same(&list->items[i], v))
            return true;
    return false;
}

/* For OpenPype an instance without a family is of the family None. */
static json published_families(arena *a, const json *instances, bool openpype)
{
    json families = json_array();
    for (uint32_t i = 0; i < instances->len && families.len <= MAX_FAMILIES; i++) {
        const json *instance = &instances->items[i], *family = json_get(instance, "family");
        json none = json_null();
        if (!family)
            family = &none;
        bool counts = openpype || (json_text(family) && family->len);
        if (json_true(json_get(instance, "publish")) && counts && !has_value(&families, family))
            json_push(a, &families, *family);
    }
    return families;
}

/* Find the status to set in the list that came with the publish; without a list zou-push
 * looks it up. `saw` has the short names that match in any case: the case is what is
 * most often wrong. Once for all instances, of which there may be as many as statuses. */
static void find_status(rule *r)
{
    const json *statuses = json_get(r->record, "task_statuses"), *want = r->settings->short_name;
    bool known = json_is(statuses, JSON_ARRAY);
    idset *seen = idset_new();
    r->saw = known ? json_array() : json_null();
    for (uint32_t i = 0; known && i < statuses->len; i++) {
        const json *short_name = json_get(&statuses->items[i], "short_name");
        if (!json_text(short_name) || !casefold_equal(short_name, want))
            continue;
        if (idset_add(seen, short_name->text, short_name->len))
            json_push(r->a, &r->saw, *short_name);
        if (!r->status && is_same(short_name, want))
            r->status = &statuses->items[i];
    }
    idset_free(seen);
}

rule *rule_new(arena *a, const rule_settings *settings, const json *publish, rule_remark_fn *remark,
               void *context, const char **why)
{
    rule *r = arena_alloc(a, sizeof *r);
    if ((*why = rule_check(a, publish)))
        return NULL;
    *r = (rule){.a = a,
                .settings = settings,
                .record = publish,
                .instances = json_get(publish, "instances"),
                .remark = remark,
                .context = context};
    find_status(r);
    r->families = published_families(a, r->instances, settings->openpype);
    if (r->families.len <= MAX_FAMILIES)
        return r;
    *why = arena_printf(a, "a Publish with more than %d families", MAX_FAMILIES);
    return NULL;
}

uint32_t rule_instances(const rule *r)
{
    return r->instances->len;
}

/* ---- the status --------------------------------------------------------- */

/* What is decided for one instance so far. */
typedef struct decision {
    const json *short_name; /* of the task's present status */
    json reasons;
    bool allowed;
    const json *status; /* the one of `task_statuses` to set; NULL: not known */
} decision;

static json *add_reason(rule *r, decision *d, const char *which)
{
    json reason = json_object();
    json_add(r->a, &reason, "rule", json_string(r->a, which));
    json_push(r->a, &d->reasons, reason);
    return &d->reasons.items[d->reasons.len - 1];
}

static void add_met(rule *r, decision *d, json *reason, bool met)
{
    json_add(r->a, reason, "met", json_bool(met));
    d->allowed &= met;
}

static void check_status(rule *r, decision *d)
{
    const json *want = r->settings->short_name;
    d->status = r->status;
    json *reason = add_reason(r, d, "note_status_shortname");
    json_add(r->a, reason, "short_name", *want);
    json_add(r->a, reason, "saw", r->saw);
    add_met(r, d, reason, want->len > 0 && (json_is(&r->saw, JSON_NULL) || d->status));
}

static void warn_of_status(rule *r, const decision *d, uint32_t i)
{
    const json *saw = json_get(&d->reasons.items[1], "saw");
    const char *other = json_is(saw, JSON_ARRAY) && saw->len ? saw->items[0].text : NULL;
    if (!r->settings->set_status_note || json_true(json_get(&d->reasons.items[1], "met")))
        return;
    r->remark(r->context, i,
              arena_printf(r->a,
                           "no task status has the short name \"%.100s\"%s%.100s%s: the status "
                           "does not change",
                           r->settings->short_name->text, other ? " (there is \"" : "",
                           other ? other : "", other ? "\": case counts)" : ""));
}

static json *add_condition(rule *r, decision *d, const char *list, uint32_t i,
                           const rule_condition *c, const char *key)
{
    json *reason = add_reason(r, d, arena_printf(r->a, "%s[%u]", list, i));
    json_add(r->a, reason, "condition", json_string(r->a, c->equal ? "equal" : "not_equal"));
    json_add(r->a, reason, key, *c->is);
    return reason;
}

static void check_statuses(rule *r, decision *d)
{
    for (uint32_t i = 0; i < r->settings->statuses.n; i++) {
        const rule_condition *c = &r->settings->statuses.list[i];
        json *reason = add_condition(r, d, "status_conditions", i, c, "short_name");
        json_add(r->a, reason, "saw", *d->short_name);
        add_met(r, d, reason, casefold_equal(d->short_name, c->is) == c->equal);
    }
}

/* equal: the family is published; not_equal: another family is. */
static bool family_met(const json *families, const rule_condition *c)
{
    for (uint32_t i = 0; i < families->len; i++)
        if (casefold_equal(&families->items[i], c->is) == c->equal)
            return true;
    return false;
}

/* OpenPype: equal: every published family is this one; not_equal: none is. Only the
 * requirement is turned to lower case. */
static bool family_met_openpype(rule *r, const rule_condition *c)
{
    json lower = casefold_lower(r->a, c->is);
    for (uint32_t i = 0; i < r->families.len; i++)
        if (is_same(&r->families.items[i], &lower) != c->equal)
            return false;
    return true;
}

/* In OpenPype's loop over the requirements only the first has an effect. */
static void check_families(rule *r, decision *d)
{
    bool openpype = r->settings->openpype;
    for (uint32_t i = 0; i < r->settings->families.n; i++) {
        const rule_condition *c = &r->settings->families.list[i];
        json *reason = add_condition(r, d, "family_requirements", i, c, "family");
        json_add(r->a, reason, "saw", r->families);
        if (openpype && i > 0)
            json_add(r->a, reason, "met", json_null());
        else
            add_met(r, d, reason,
                    openpype ? family_met_openpype(r, c) : family_met(&r->families, c));
    }
}

static decision decide_status(rule *r, const json *task, uint32_t i)
{
    decision d = {.short_name = json_at(task, "task_status", "short_name", NULL),
                  .reasons = json_array(),
                  .allowed = true};
    add_met(r, &d, add_reason(r, &d, "set_status_note"), r->settings->set_status_note);
    check_status(r, &d);
    warn_of_status(r, &d, i);
    check_statuses(r, &d);
    check_families(r, &d);
    return d;
}

/* ---- the comment -------------------------------------------------------- */

typedef struct missing {
    rule *rule;
    uint32_t instance;
} missing;

static void warn_of_missing(void *context, const char *key)
{
    missing *m = context;
    m->rule->remark(m->rule->context, m->instance,
                    arena_printf(m->rule->a,
                                 "the instance has no \"%s\": {%s} in the template becomes empty",
                                 key, key));
}

/* The first of these that is there and not null; NULL: none. */
static const json *first_of(const json *a, const json *b)
{
    return !json_is_null(a) ? a : !json_is_null(b) ? b : NULL;
}

/* The instance with the keys that OpenPype's instances have, and which a Publish may have
 * elsewhere or under another name. In a Publish `task` is Kitsu's. */
static json openpype_instance(rule *r, const json *instance)
{
    const json *publish = r->record;
    const json *asset = first_of(json_get(instance, "asset"), json_get(publish, "asset"));
    const json *task = first_of(json_get(instance, "task_name"), json_get(publish, "task_name"));
    const json *project = json_get(publish, "project");
    const struct {
        const char *key;
        const json *value;
    } keys[] = {
        {"asset", asset},
        {"task", task},
        {"task_name", task},
        {"project", first_of(json_get(instance, "project"), project)},
        {"projectName", first_of(json_get(instance, "projectName"), project)},
        {"subset", first_of(json_get(instance, "subset"), json_get(instance, "name"))},
        {"name", first_of(json_get(instance, "name"), json_get(instance, "subset"))},
    };
    json out = json_object();
    for (uint32_t i = 0; i < instance->len; i++)
        if (strcmp(instance->members[i].key, "task") != 0)
            json_add(r->a, &out, instance->members[i].key, instance->members[i].value);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].value)
            json_set(r->a, &out, keys[i].key, *keys[i].value);
    return out;
}

static json comment_text(rule *r, const json *instance, uint32_t i)
{
    missing m = {r, i};
    const json *comment = json_get(instance, "comment");
    if (r->settings->template) {
        json filled = openpype_instance(r, instance);
        return comment_template_fill(r->settings->template, &filled, r->a, warn_of_missing, &m);
    }
    return json_text(comment) ? *comment : json_string(r->a, "");
}

static json comment_previews(rule *r, const json *instance, uint32_t i)
{
    const json *list = json_get(instance, "representations");
    json previews = json_array(), tag = json_string(r->a, "kitsureview");
    for (uint32_t k = 0; list && k < list->len; k++) {
        const json *tags = json_get(&list->items[k], "tags");
        const json *path = json_get(&list->items[k], "published_path");
        if (!tags || !has_value(tags, &tag))
            continue;
        if (json_text(path) && path->len)
            json_push(r->a, &previews, *path);
        else
            r->remark(r->context, i,
                      arena_printf(r->a,
                                   "representations[%u] is tagged kitsureview but has no "
                                   "published_path: no preview",
                                   k));
    }
    return previews;
}

/* Without a list of statuses a new status has no id: zou-push looks it up by the short
 * name. Returns whether the status changes. */
static bool add_status(rule *r, json *comment, const json *task, const decision *d)
{
    const json *present = json_get(task, "task_status_id"), *short_name = d->short_name;
    json id = *present;
    if (d->allowed) {
        short_name = r->settings->short_name;
        id = d->status ? *json_get(d->status, "id") : json_null();
    }
    bool changed =
        d->allowed && (d->status ? !is_same(&id, present) : !is_same(short_name, d->short_name));
    if (d->allowed && !d->status && !changed)
        id = *present;
    json_add(r->a, comment, "task_status_id", id);
    json_add(r->a, comment, "task_status", *short_name);
    return changed;
}

bool rule_comment(rule *r, uint32_t i, json *comment, const char **why)
{
    const json *instance = &r->instances->items[i], *task = json_get(instance, "task");
    const json *id = json_get(r->record, "id");
    if (json_is_null(task))
        task = json_get(r->record, "task");
    if (!publish_is_noted(&r->settings->scope, instance, why))
        return false;
    *why = "it has no task";
    if (json_is_null(task))
        return false;
    decision d = decide_status(r, task, i);
    *comment = record_new(r->a, RECORD_COMMENT);
    json_add(r->a, comment, "publish_id", id ? *id : json_null());
    json_add(r->a, comment, "instance", json_integer(r->a, i));
    json_add(r->a, comment, "task_id", *json_get(task, "id"));
    bool changed = add_status(r, comment, task, &d);
    json_add(r->a, comment, "text", comment_text(r, instance, i));
    json_add(r->a, comment, "previews", comment_previews(r, instance, i));
    json_add(r->a, comment, "attachments", json_array());
    json_add(r->a, comment, "status_changed", json_bool(changed));
    json_add(r->a, comment, "reasons", d.reasons);
    return true;
}
