#include "publish/rule.h"

#include "base/limits.h"
#include "json/casefold.h"
#include "publish/publish.h"

#include <string.h>

struct rule {
    arena *a;
    const rule_settings *settings; /* borrowed, as the record is */
    const json *record, *instances;
    json families; /* of the instances that are published, each once */
    rule_remark_fn *remark;
    void *context;
};

static bool same(const json *a, const json *b)
{
    return a->type == b->type && json_equal(a, b, NULL);
}

static bool holds(const json *list, const json *v)
{
    for (uint32_t i = 0; i < list->len; i++)
        if (same(&list->items[i], v))
            return true;
    return false;
}

/* ---- the record --------------------------------------------------------- */

typedef struct check {
    arena *a;
    const char *where; /* of what is looked at: "", "instances[2]." */
    const char *why;   /* NULL: nothing is wrong so far */
} check;

static void wrong(check *c, const char *key, const char *wanted)
{
    if (!c->why)
        c->why = arena_printf(c->a, "a Publish whose \"%s%s\" is not %s", c->where, key, wanted);
}

/* What Kitsu and the store cannot have, a NUL, is better said here, with its place. */
static void want_text(check *c, const json *of, const char *key, bool required)
{
    const json *v = json_get(of, key);
    if (json_text(v) && strlen(v->text) != v->len)
        wrong(c, key, "a text without a NUL character");
    else if (required ? !json_text(v) || !v->len : !json_is_null(v) && !json_text(v))
        wrong(c, key, required ? "a text that is not empty" : "a text");
}

static void want_texts(check *c, const json *of, const char *key)
{
    const json *v = json_get(of, key);
    if (json_is_null(v))
        return;
    bool ok = v->type == JSON_ARRAY;
    for (uint32_t i = 0; ok && i < v->len; i++)
        ok = v->items[i].type == JSON_STRING;
    if (!ok)
        wrong(c, key, "a list of texts");
}

/* A list of objects, or nothing. NULL: it is nothing, or no such list. */
static const json *want_objects(check *c, const json *of, const char *key)
{
    const json *v = json_get(of, key);
    if (json_is_null(v))
        return NULL;
    bool ok = v->type == JSON_ARRAY;
    for (uint32_t i = 0; ok && i < v->len; i++)
        ok = v->items[i].type == JSON_OBJECT;
    if (!ok)
        wrong(c, key, "a list of objects");
    return ok ? v : NULL;
}

static void want_task(check *c, const json *of)
{
    const json *task = json_get(of, "task");
    if (json_is_null(task))
        return;
    if (task->type != JSON_OBJECT) {
        wrong(c, "task", "an object");
        return;
    }
    const char *before = c->where;
    const json *status = json_get(task, "task_status");
    c->where = arena_printf(c->a, "%stask.", before);
    want_text(c, task, "id", true);
    want_text(c, task, "task_status_id", true);
    if (!json_text(json_get(status, "short_name")))
        wrong(c, "task_status.short_name", "a text");
    c->where = before;
}

static void want_instance(check *c, const json *instance, uint32_t i)
{
    const json *publish = json_get(instance, "publish");
    c->where = arena_printf(c->a, "instances[%u].", i);
    want_text(c, instance, "family", false);
    want_texts(c, instance, "families");
    want_text(c, instance, "comment", false);
    if (!json_is_null(publish) && !json_true(publish) && !json_is(publish, JSON_FALSE))
        wrong(c, "publish", "true or false");
    want_task(c, instance);
    const json *representations = want_objects(c, instance, "representations");
    for (uint32_t k = 0; representations && k < representations->len; k++) {
        c->where = arena_printf(c->a, "instances[%u].representations[%u].", i, k);
        want_texts(c, &representations->items[k], "tags");
        want_text(c, &representations->items[k], "published_path", false);
    }
}

static const char *fault_of(arena *a, const json *record)
{
    check c = {.a = a, .where = ""};
    want_text(&c, record, "id", false);
    want_text(&c, record, "project", false);
    want_task(&c, record);
    const json *statuses = want_objects(&c, record, "task_statuses");
    for (uint32_t i = 0; statuses && i < statuses->len; i++) {
        c.where = arena_printf(a, "task_statuses[%u].", i);
        want_text(&c, &statuses->items[i], "id", true);
        want_text(&c, &statuses->items[i], "short_name", false);
    }
    c.where = "";
    const json *instances = want_objects(&c, record, "instances");
    if (!instances)
        wrong(&c, "instances", "a list of objects");
    else if (instances->len > MAX_INSTANCES)
        c.why = arena_printf(a, "a Publish of more than %d instances", MAX_INSTANCES);
    for (uint32_t i = 0; instances && i < instances->len && !c.why; i++)
        want_instance(&c, &instances->items[i], i);
    return c.why;
}

/* OpenPype takes an instance that names no family for one of the family None. */
static json published_families(arena *a, const json *instances, bool openpype)
{
    json families = json_array();
    for (uint32_t i = 0; i < instances->len && families.len <= MAX_FAMILIES; i++) {
        const json *instance = &instances->items[i], *family = json_get(instance, "family");
        json none = json_null();
        if (!family)
            family = &none;
        bool counts = openpype || (json_text(family) && family->len);
        if (json_true(json_get(instance, "publish")) && counts && !holds(&families, family))
            json_push(a, &families, *family);
    }
    return families;
}

rule *rule_new(arena *a, const rule_settings *settings, const json *publish, rule_remark_fn *remark,
               void *context, const char **why)
{
    rule *n = arena_alloc(a, sizeof *n);
    if ((*why = fault_of(a, publish)))
        return NULL;
    *n = (rule){.a = a,
                .settings = settings,
                .record = publish,
                .instances = json_get(publish, "instances"),
                .remark = remark,
                .context = context};
    n->families = published_families(a, n->instances, settings->openpype);
    if (n->families.len <= MAX_FAMILIES)
        return n;
    *why = arena_printf(a, "a Publish of more than %d families", MAX_FAMILIES);
    return NULL;
}

uint32_t rule_instances(const rule *n)
{
    return n->instances->len;
}

/* ---- the status --------------------------------------------------------- */

/* What was decided of one instance so far. */
typedef struct decision {
    const json *short_name; /* the task's present one */
    json reasons;
    bool allowed;
    const json *status; /* of `task_statuses`, the one to set; NULL: not known */
    bool known;         /* there are `task_statuses` */
} decision;

static json *add_reason(rule *n, decision *d, const char *which)
{
    json reason = json_object();
    json_add(n->a, &reason, "rule", json_string(n->a, which));
    json_push(n->a, &d->reasons, reason);
    return &d->reasons.items[d->reasons.len - 1];
}

static void add_met(rule *n, decision *d, json *reason, bool met)
{
    json_add(n->a, reason, "met", json_bool(met));
    d->allowed &= met;
}

/* Whether there is a status of that short name, by the list that came with the
 * publish; without one zou-push will see. `saw` are those of that name in any
 * case, for it is most often the case that is wrong. */
static void find_status(rule *n, decision *d)
{
    const json *statuses = json_get(n->record, "task_statuses"), *want = n->settings->short_name;
    json saw = json_array();
    d->known = json_is(statuses, JSON_ARRAY);
    for (uint32_t i = 0; d->known && i < statuses->len; i++) {
        const json *short_name = json_get(&statuses->items[i], "short_name");
        if (!json_text(short_name) || !casefold_equal(short_name, want))
            continue;
        if (!holds(&saw, short_name))
            json_push(n->a, &saw, *short_name);
        if (!d->status && same(short_name, want))
            d->status = &statuses->items[i];
    }
    json *reason = add_reason(n, d, "note_status_shortname");
    json_add(n->a, reason, "short_name", *want);
    json_add(n->a, reason, "saw", d->known ? saw : json_null());
    add_met(n, d, reason, want->len > 0 && (!d->known || d->status));
}

static void warn_of_status(rule *n, const decision *d, uint32_t i)
{
    const json *saw = json_get(&d->reasons.items[1], "saw");
    const char *other = json_is(saw, JSON_ARRAY) && saw->len ? saw->items[0].text : NULL;
    if (!n->settings->set_status_note || json_true(json_get(&d->reasons.items[1], "met")))
        return;
    n->remark(n->context, i,
              arena_printf(n->a,
                           "no task status has the short name \"%.100s\"%s%.100s%s: the status "
                           "stays as it is",
                           n->settings->short_name->text, other ? " (but there is \"" : "",
                           other ? other : "", other ? "\": upper and lower case count)" : ""));
}

static json *add_condition(rule *n, decision *d, const char *list, uint32_t i,
                           const rule_condition *c, const char *key)
{
    json *reason = add_reason(n, d, arena_printf(n->a, "%s[%u]", list, i));
    json_add(n->a, reason, "condition", json_string(n->a, c->equal ? "equal" : "not_equal"));
    json_add(n->a, reason, key, *c->is);
    return reason;
}

static void check_statuses(rule *n, decision *d)
{
    for (uint32_t i = 0; i < n->settings->statuses.n; i++) {
        const rule_condition *c = &n->settings->statuses.list[i];
        json *reason = add_condition(n, d, "status_conditions", i, c, "short_name");
        json_add(n->a, reason, "saw", *d->short_name);
        add_met(n, d, reason, casefold_equal(d->short_name, c->is) == c->equal);
    }
}

/* equal: it is among the published families; not_equal: another one is. */
static bool family_met(const json *families, const rule_condition *c)
{
    for (uint32_t i = 0; i < families->len; i++)
        if (casefold_equal(&families->items[i], c->is) == c->equal)
            return true;
    return false;
}

/* OpenPype: every published family is it; none is. Only the requirement is put
 * into lower case. */
static bool family_met_openpype(rule *n, const rule_condition *c)
{
    json lower = casefold_lower(n->a, c->is);
    for (uint32_t i = 0; i < n->families.len; i++)
        if (same(&n->families.items[i], &lower) != c->equal)
            return false;
    return true;
}

/* Of OpenPype's loop over the requirements the first alone has any effect. */
static void check_families(rule *n, decision *d)
{
    bool openpype = n->settings->openpype;
    for (uint32_t i = 0; i < n->settings->families.n; i++) {
        const rule_condition *c = &n->settings->families.list[i];
        json *reason = add_condition(n, d, "family_requirements", i, c, "family");
        json_add(n->a, reason, "saw", n->families);
        if (openpype && i > 0)
            json_add(n->a, reason, "met", json_null());
        else
            add_met(n, d, reason,
                    openpype ? family_met_openpype(n, c) : family_met(&n->families, c));
    }
}

static decision decide(rule *n, const json *task, uint32_t i)
{
    decision d = {.short_name = json_at(task, "task_status", "short_name", NULL),
                  .reasons = json_array(),
                  .allowed = true};
    add_met(n, &d, add_reason(n, &d, "set_status_note"), n->settings->set_status_note);
    find_status(n, &d);
    warn_of_status(n, &d, i);
    check_statuses(n, &d);
    check_families(n, &d);
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
                                 "the template's {%s} is missing in the instance, and stays empty",
                                 key));
}

static json text_of(rule *n, const json *instance, uint32_t i)
{
    missing m = {n, i};
    const json *comment = json_get(instance, "comment");
    if (n->settings->template)
        return comment_template_fill(n->settings->template, instance, n->a, warn_of_missing, &m);
    return json_text(comment) ? *comment : json_string(n->a, "");
}

static json previews_of(rule *n, const json *instance, uint32_t i)
{
    const json *list = json_get(instance, "representations");
    json previews = json_array(), tag = json_string(n->a, "kitsureview");
    for (uint32_t k = 0; list && k < list->len; k++) {
        const json *tags = json_get(&list->items[k], "tags");
        const json *path = json_get(&list->items[k], "published_path");
        if (!tags || !holds(tags, &tag))
            continue;
        if (json_text(path) && path->len)
            json_push(n->a, &previews, *path);
        else
            n->remark(n->context, i,
                      arena_printf(n->a,
                                   "representations[%u] is tagged kitsureview and has no "
                                   "published_path: no preview",
                                   k));
    }
    return previews;
}

/* Without a list of statuses the id stays open: zou-push looks it up by the short
 * name, as it would not if it had the present one's. */
static bool add_status(rule *n, json *comment, const json *task, const decision *d)
{
    const json *present = json_get(task, "task_status_id"), *short_name = d->short_name;
    json id = *present;
    if (d->allowed) {
        short_name = n->settings->short_name;
        id = d->status ? *json_get(d->status, "id") : json_null();
    }
    bool changed =
        d->allowed && (d->status ? !same(&id, present) : !same(short_name, d->short_name));
    if (d->allowed && !d->status && !changed)
        id = *present;
    json_add(n->a, comment, "task_status_id", id);
    json_add(n->a, comment, "task_status", *short_name);
    return changed;
}

bool rule_comment(rule *n, uint32_t i, json *comment, const char **why)
{
    const json *instance = &n->instances->items[i], *task = json_get(instance, "task");
    const json *id = json_get(n->record, "id");
    if (json_is_null(task))
        task = json_get(n->record, "task");
    *why = !publish_is_reviewed(instance) ? "\"review\" is not among its families"
           : json_is_null(task)           ? "it has no task"
                                          : NULL;
    if (*why)
        return false;
    decision d = decide(n, task, i);
    *comment = json_object();
    json_add(n->a, comment, "type", json_string(n->a, "Comment"));
    json_add(n->a, comment, "publish_id", id ? *id : json_null());
    json_add(n->a, comment, "instance", json_integer(n->a, i));
    json_add(n->a, comment, "task_id", *json_get(task, "id"));
    bool changed = add_status(n, comment, task, &d);
    json_add(n->a, comment, "text", text_of(n, instance, i));
    json_add(n->a, comment, "previews", previews_of(n, instance, i));
    json_add(n->a, comment, "attachments", json_array());
    json_add(n->a, comment, "status_changed", json_bool(changed));
    json_add(n->a, comment, "reasons", d.reasons);
    return true;
}
