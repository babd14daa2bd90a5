#include "fetch/full.h"

#include "base/msg.h"
#include "fetch/records.h"
#include "record/checkpoint.h"
#include "record/deleted.h"
#include "record/ndjson.h"
#include "zou/event_head.h"
#include "zou/id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* A full reading under way. */
typedef struct full_run {
    fetch_full *full;
    element_list list; /* all projects that the user sees, by name, then id */
    error *e;
} full_run;

static int by_name_and_id(const void *x, const void *y)
{
    const json_element *a = x, *b = y;
    int order = strcmp(a->name ? a->name : "", b->name ? b->name : "");
    return order ? order : strcmp(a->id, b->id);
}

static bool read_list(full_run *r)
{
    r->list.names_only = true;
    if (element_list_read(&r->list, r->full->lists->zou, "/data/projects/all", r->e) != ZOU_OK)
        return false;
    if (r->list.len > 0)
        qsort(r->list.items, r->list.len, sizeof *r->list.items, by_name_and_id);
    return true;
}

/* By Kitsu's names and by OpenPype's. */
static bool find_wanted(full_run *r)
{
    project_filter *f = r->full->filter;
    const project_links *l = r->full->links;
    project_filter_recall(f);
    for (size_t i = 0; i < r->list.len; i++)
        if (!project_filter_find(f, r->list.items[i].name, r->list.items[i].id, r->e))
            return false;
    for (size_t i = 0; i < l->len; i++)
        if (element_list_find(&r->list, l->items[i].id) &&
            !project_filter_find(f, l->items[i].name, l->items[i].id, r->e))
            return false;
    for (size_t i = 0; i < l->len; i++)
        project_filter_find_lost(f, l->items[i].name, l->items[i].id);
    project_filter_settle(f);
    return true;
}

static void set_incomplete(full_run *r)
{
    if (r->full->status == EX_OK)
        r->full->status = 1;
}

/* Takes an outcome into the exit status. False: stop. */
static bool take_outcome(full_run *r, fetch_outcome outcome)
{
    if (outcome != FETCH_WHOLE)
        set_incomplete(r);
    return outcome != FETCH_LOST;
}

static void report(full_run *r, const char *name, const char *what)
{
    msg_error("%s: %s", name, what);
    set_incomplete(r);
}

/* ---- projects that the store has and the list lacks ---------------------- */

bool fetch_full_write_deleted(const project_link *link)
{
    if (!link->synced) {
        msg_error("%s: Kitsu does not have the project %s that it is linked to, and it was never "
                  "synchronised with it: it stays as it is. If the id is wrong: op-link %s "
                  "KITSU_ID | op-apply",
                  link->name, link->id, link->coll);
        return false;
    }
    arena *a = arena_new();
    deleted_record deleted = {.project = true, .id = link->id, .project_id = link->id};
    json v = deleted_make(a, &deleted);
    ndjson_write(&v);
    arena_free(a);
    return true;
}

/* Ask Kitsu for the project by its id. */
static fetch_outcome ask_for(full_run *r, const project_link *link)
{
    arena *a = arena_new();
    json v;
    fetch_outcome outcome = FETCH_PARTIAL;
    const char *path = arena_printf(a, "/data/projects/%s", link->id);
    switch (zou_get(r->full->lists->zou, path, JSON_OBJECT, a, &v, r->e)) {
    case ZOU_OK: /* it was made, or opened to this user, after the list was read */
        outcome = FETCH_WHOLE;
        break;
    case ZOU_MISSING: outcome = fetch_full_write_deleted(link) ? FETCH_WHOLE : FETCH_PARTIAL; break;
    case ZOU_FORBIDDEN:
        msg_error("%s: this user may not see the Kitsu project that it is linked to", link->name);
        break;
    case ZOU_LOST: outcome = FETCH_LOST; break;
    default: msg_error("%s: cannot tell whether Kitsu still has it: %s", link->name, r->e->what);
    }
    arena_free(a);
    return outcome;
}

/* Whether a link before this one has the same id: the project was copied. */
static bool is_copy(const project_links *l, size_t i)
{
    return project_links_find(l, l->items[i].id, NULL) != &l->items[i];
}

/* Whether the list has any of the store's projects. */
static bool lists_any(full_run *r)
{
    const project_links *l = r->full->links;
    for (size_t i = 0; i < l->len; i++)
        if (element_list_find(&r->list, l->items[i].id))
            return true;
    return false;
}

/* A project that another Kitsu lacks was not deleted. A server is believed about a
 * project that was synchronised from it, or if it has any of the store's; and never about
 * an id that the project was not synchronised with, see fetch_full_write_deleted. */
static bool write_deleted(full_run *r)
{
    const project_links *l = r->full->links;
    bool right_server = lists_any(r);
    for (size_t i = 0; i < l->len; i++) {
        const project_link *link = &l->items[i];
        if (is_copy(l, i) || element_list_find(&r->list, link->id) ||
            !(project_filter_wants(r->full->filter, link->id) ||
              project_filter_has(r->full->filter, link->name)))
            continue;
        if (!zou_is_id(link->id))
            report(r, link->name, "its data.zou_id is not a Kitsu id");
        else if (!right_server && !link->known)
            report(r, link->name,
                   "this Kitsu has none of the store's projects: is it the right server? "
                   "The project is not deleted");
        else if (!take_outcome(r, ask_for(r, link)))
            return false;
    }
    return true;
}

/* ---- projects of the list ------------------------------------------------ */

static fetch_outcome write_project(full_run *r, const json_element *project)
{
    fetch_full *f = r->full;
    fetch_records records;
    fetch_records_init(&records, f->lists, project->id, project->name ? project->name : "");
    zou_result result = zou_project_read(&records.project, r->e);
    fetch_outcome outcome = result == ZOU_OK ? fetch_records_write_full(&records, f->wanted, r->e)
                                             : fetch_records_abandon(&records, result, r->e);
    bool ended = outcome == FETCH_WHOLE || outcome == FETCH_PARTIAL;
    json_push(f->arena, ended ? &f->ended : &f->abandoned, json_string(f->arena, project->id));
    fetch_records_free(&records);
    return outcome;
}

static bool write_projects(full_run *r)
{
    project_filter *filter = r->full->filter;
    if (r->list.len == 0 && !zou_lists_sees_all(r->full->lists))
        report(r, "this user is in the team of no project", "there is nothing to read");
    for (size_t i = 0; i < r->list.len; i++) {
        const json_element *project = &r->list.items[i];
        if (project_filter_wants(filter, project->id) &&
            !take_outcome(r, write_project(r, project)))
            return false;
    }
    for (size_t i = 0; i < filter->n; i++)
        if (!filter->wishes[i].id)
            report(r, filter->wishes[i].text,
                   "there is no such project, or this user may not see it");
    return true;
}

bool fetch_full_write(fetch_full *f, error *e)
{
    full_run r = {.full = f, .e = e};
    f->ended = f->abandoned = json_array();
    f->status = EX_OK;
    bool ok = read_list(&r) && find_wanted(&r) &&
              zou_lists_need_all(f->lists, f->wanted, e) == ZOU_OK && write_deleted(&r) &&
              write_projects(&r);
    element_list_clear(&r.list);
    return ok;
}

/* ---- a whole stream ------------------------------------------------------ */

static void write_checkpoint(const fetch_full *f, const event_position *head, bool all)
{
    arena *a = arena_new();
    checkpoint_record c = {.server = zou_server(f->lists->zou),
                           .projects = f->ended,
                           .created_at = head->created_at,
                           .ids = head->ids,
                           .events = -1,
                           .all = all,
                           .full_sync = all ? f->abandoned : json_null()};
    json v = checkpoint_make(a, &c);
    ndjson_write(&v);
    arena_free(a);
}

bool fetch_full_write_stream(fetch_full *f, bool all_kinds, error *e)
{
    event_position head;
    if (zou_lists_user(f->lists, e) != ZOU_OK ||
        event_head_read(f->lists->zou, f->arena, &head, e) != ZOU_OK || !fetch_full_write(f, e))
        return false;
    write_checkpoint(f, &head, all_kinds && f->filter->n == 0);
    return true;
}
