#include "push/push.h"

#include "base/clock.h"
#include "base/msg.h"
#include "model/names.h"
#include "push/deletions.h"
#include "push/entities.h"
#include "push/link_changes.h"
#include "push/new_tasks.h"
#include "push/plan.h"
#include "push/project_fields.h"
#include "push/result_writer.h"
#include "store/state.h"

#include <string.h>

/* ---- the project ---------------------------------------------------------- */

static bool send_project(push_run *r, push_result *x)
{
    json answer;
    const char *body = json_written(r->arena, &r->plan->project_fields);
    const char *path = arena_printf(r->arena, "/data/projects/%s", r->project_id);
    zou_result result =
        zou_send(r->context->lists.zou, "PUT", path, body, true, r->arena, &answer, r->e);
    x->status = result == ZOU_OK ? RESULT_APPLIED : RESULT_FAILED;
    if (result != ZOU_OK)
        x->message = arena_text(r->arena, r->e->what, strlen(r->e->what));
    return result != ZOU_LOST || push_run_stop(r);
}

/* Remember what both sides have of the project now. */
static bool remember_project(push_run *r)
{
    store *s = r->context->store;
    const push_plan *p = r->plan;
    if (p->next_base.len == 0 || json_equal(&p->next_base, &p->base, NULL))
        return true;
    if (!store_begin(s, r->e))
        return push_run_stop(r);
    if (state_put_project(s, r->project_id, &p->next_base, r->arena, r->e) && store_commit(s, r->e))
        return true;
    store_rollback(s);
    return push_run_stop(r);
}

static bool update_project(push_run *r)
{
    push_result x = {.status = RESULT_PLANNED,
                     .operation = PUSH_UPDATE,
                     .type = "Project",
                     .id = r->project_id,
                     .name = r->plan->kitsu->production->name,
                     .ancestors = json_array(),
                     .document = json_get(&r->plan->c->project, "_id"),
                     .before = &r->plan->kitsu->production->project,
                     .fields = &r->plan->project_fields};
    if (r->plan->project_fields.len == 0)
        return true;
    if (!r->context->dry && !send_project(r, &x))
        return false;
    push_result_write(r, &x);
    if (x.status == RESULT_APPLIED)
        push_project_fields_done(r->plan);
    return push_run_hold(r);
}

/* ---- all of it ------------------------------------------------------------ */

/* A pattern of the settings. An empty one would give substitutes empty names. */
static const char *pattern_of(const json *patterns, const char *key, const char *usual)
{
    const char *pattern = json_text(json_get(patterns, key));
    return pattern && *pattern ? pattern : usual;
}

static push_naming naming_of(settings *s, const char *project)
{
    const json *all = settings_for(s, project);
    const json *patterns = json_at(all, "kitsu", "entities_naming_pattern", NULL);
    return (push_naming){.episode = pattern_of(patterns, "episode", "E##"),
                         .sequence = pattern_of(patterns, "sequence", "SQ##"),
                         .shot = pattern_of(patterns, "shot", "SH##"),
                         .convert = names_are_converted(all),
                         .attributes = json_get(settings_anatomy(s), "attributes")};
}

static push_outcome carry_out(push_context *x, const collection *c, push_kitsu *k, arena *a,
                              error *e)
{
    double started = clock_now();
    push_naming naming = naming_of(x->settings, c->coll);
    push_plan plan;
    json base;
    if (!state_project(x->store, k->production->id, a, &base, e))
        return PUSH_STOP;
    push_plan_make(&plan, a, c, k, &naming, &base);
    push_run r = {.context = x, .plan = &plan, .arena = a, .project_id = k->production->id, .e = e};
    push_result_skipped(&r);
    if (push_run_hold(&r)) {
        push_link_project(&r);
        push_link_inherited(&r);
        if (update_project(&r) && (x->dry || remember_project(&r)) && push_entities(&r) &&
            push_new_tasks(&r))
            push_deletions(&r);
    }
    push_result_summary(&r, started);
    push_plan_free(&plan);
    if (r.abandoned)
        msg_error("%s: %s: the rest of the project is not pushed", c->coll, e->what);
    if (r.stopped && !r.abandoned)
        return PUSH_STOP;
    return r.abandoned || r.trouble ? PUSH_PARTIAL : PUSH_WHOLE;
}

/* Several projects may be linked to the same one of Kitsu's, for example after a copy
 * was restored next to it. One is pushed: the one of Kitsu's name, else the first. NULL:
 * this is the one. */
static const char *original_of(const push_context *x, const collection *c, const production *kitsu)
{
    const project_link *link = project_links_find(&x->links, kitsu->id, kitsu->name);
    if (!link || strcmp(link->coll, c->coll) == 0 ||
        !json_text_is(json_at(&c->project, "data", "zou_id", NULL), kitsu->id))
        return NULL;
    return link->coll;
}

static push_outcome push_found_project(push_context *x, const collection *c, push_kitsu *k,
                                       arena *a, error *e)
{
    const char *original = original_of(x, c, k->production);
    if (original) {
        msg_error("%s: it is linked to the same project in Kitsu as \"%s\": only that one is "
                  "pushed",
                  c->coll, original);
        return PUSH_PARTIAL;
    }
    if (k->closed) {
        msg_warn("%s: the project is closed in Kitsu: not pushed", c->coll);
        return PUSH_WHOLE;
    }
    return carry_out(x, c, k, a, e);
}

push_outcome push_project(push_context *x, const collection *c, arena *a, error *e)
{
    push_kitsu k = {.lists = &x->lists,
                    .convert = names_are_converted(settings_for(x->settings, c->coll))};
    push_outcome outcome = PUSH_STOP;
    if (json_is_null(&c->project)) {
        msg_error("%s: the project has no project document", c->coll);
        return PUSH_PARTIAL;
    }
    /* Before anything is read: no other push makes meanwhile what is not there. */
    if (x->hold && !x->hold(x->hold_context, e))
        return PUSH_STOP;
    switch (push_kitsu_read(&k, c, a, e)) {
    case PUSH_FOUND: outcome = push_found_project(x, c, &k, a, e); break;
    case PUSH_NOT_FOUND:
        msg_error("%s: %s", c->coll, e->what);
        outcome = PUSH_PARTIAL;
        break;
    case PUSH_LOST: break;
    }
    push_kitsu_free(&k);
    return outcome;
}
