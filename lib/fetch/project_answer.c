#include "fetch/project_answer.h"

#include "base/msg.h"
#include "base/output.h"
#include "fetch/full.h"
#include "fetch/section.h"
#include "store/state_skipped.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* One project under way. */
typedef struct answer {
    event_batch *batch;
    affected_project *affected;
    known_project *known;
    const project_link *link; /* the store's, or NULL */
    bool refused;             /* the store was refused the project itself before */
    fetch_records records;
} answer;

/* ---- a project that Kitsu does not give ---------------------------------------- */

/* Ask the list of all projects, which has not the same way through proxies and
 * redirections. ZOU_FAILED, with a message, if it contradicts. */
static zou_result confirm_missing(answer *a)
{
    event_batch *b = a->batch;
    element_list all = {.names_only = true};
    zou_result result = element_list_read(&all, b->lists.zou, "/data/projects/all", b->e);
    if (result == ZOU_OK && element_list_find(&all, a->link->id)) {
        error_set(b->e, EX_PROTOCOL, "Kitsu lists it, but does not give it");
        result = ZOU_FAILED;
    } else if (result == ZOU_MISSING) { /* the list, which says nothing about the project */
        result = ZOU_FAILED;
    }
    element_list_clear(&all);
    return result;
}

/* Kitsu answers 404. It is believed if an event says so, too, or if the list of all projects
 * does, and the project was synchronised from this server; and only about an id that it was
 * synchronised with. */
static bool answer_deleted(answer *a)
{
    event_batch *b = a->batch;
    project_link link = *a->link;
    bool believed = false, said = a->affected->deleted;
    if (!project_link_look_up(&link, b->store, zou_server(b->lists.zou), b->e))
        return false;
    zou_result result = ZOU_OK;
    if (!said && !link.known && link.synced)
        msg_error("%s: this Kitsu does not have it: is it the right server? The project is not "
                  "deleted",
                  link.name);
    else if (!said && (result = confirm_missing(a)) != ZOU_OK)
        fetch_records_abandon(&a->records, result, b->e);
    else
        believed = fetch_full_write_deleted(&link);
    if (result == ZOU_LOST)
        return false;
    if (!believed)
        event_batch_abandon(b, link.id);
    return true;
}

static bool answer_absent(answer *a, zou_result result)
{
    if (result == ZOU_LOST)
        return false;
    if (!a->link && (result == ZOU_MISSING || result == ZOU_FORBIDDEN))
        return true; /* the store does not have it either */
    if (result == ZOU_MISSING)
        return answer_deleted(a);
    fetch_records_abandon(&a->records, result, a->batch->e);
    event_batch_abandon(a->batch, a->affected->id);
    return true;
}

/* ---- a project that Kitsu gives ------------------------------------------------- */

/* Only Project and End. */
static fetch_outcome write_bare(answer *a)
{
    fetch_records *r = &a->records;
    r->scope = "events";
    r->partial_reported = true; /* nothing of it could be deleted anyway */
    fetch_records_write_project(r);
    fetch_records_write_end(r, END_EVENTS, false, NULL);
    return fetch_records_outcome(r, a->batch->e);
}

static fetch_outcome write_full(answer *a)
{
    event_batch *b = a->batch;
    /* The project may use a task type that is newer than the kept lists. */
    element_list_clear(&b->lists.task_types);
    element_list_clear(&b->lists.task_statuses);
    a->records.scope = "full";
    a->records.partial_reported = a->known->partial_reported;
    fetch_outcome outcome = fetch_records_write_full(&a->records, b->wanted, b->e);
    a->known->partial_reported = a->records.partial_reported;
    return outcome;
}

static fetch_outcome write_section(answer *a)
{
    event_batch *b = a->batch;
    fetch_records *r = &a->records;
    zou_result result = zou_project_find_role(&r->project, b->e);
    if (result != ZOU_OK)
        return fetch_records_abandon(r, result, b->e);
    snprintf(a->known->role, sizeof a->known->role, "%s", r->project.role);
    r->scope = "events";
    r->partial_reported = a->known->partial_reported;
    fetch_section section = {.records = r,
                             .store = b->store,
                             .ns = {store_avalon(b->store), a->link->coll},
                             .affected = b->affected,
                             .project = a->affected};
    fetch_outcome outcome = fetch_section_write(&section, b->e);
    a->known->partial_reported = r->partial_reported;
    return outcome == FETCH_NEEDS_FULL ? write_full(a) : outcome;
}

static fetch_outcome write_records(answer *a)
{
    const affected_project *p = a->affected;
    if (p->synced)
        return write_full(a);
    if (!a->link)
        return a->refused && !p->named ? write_bare(a) : write_full(a);
    if (a->records.project.closed)
        return write_bare(a);
    return p->full || !a->link->active ? write_full(a) : write_section(a);
}

static bool answer_present(answer *a)
{
    event_batch *b = a->batch;
    zou_project *p = &a->records.project;
    a->link = project_links_find(&b->links, p->id, p->name);
    if (*a->known->role)
        zou_project_set_role(p, arena_text(b->arena, a->known->role, strlen(a->known->role)));
    fetch_outcome outcome = write_records(a);
    output_flush();
    if (outcome == FETCH_ABANDONED)
        event_batch_abandon(b, p->id);
    else if (outcome == FETCH_PARTIAL)
        event_batch_set_incomplete(b);
    return outcome != FETCH_LOST;
}

/* What a -P names is found as its project comes by. */
static bool find_wanted(const answer *a)
{
    event_batch *b = a->batch;
    const zou_project *p = &a->records.project;
    if (!project_filter_find(b->filter, p->name, p->id, b->e) ||
        (a->link && !project_filter_find(b->filter, a->link->name, p->id, b->e)))
        return false;
    project_filter_settle(b->filter);
    return true;
}

bool project_answer_write(event_batch *b, affected_project *p)
{
    known_project *known = known_projects_get(&b->known, p->id);
    p->answered = true;
    if (known->unwanted || !project_filter_wants(&b->scope, p->id))
        return true;
    const project_link *link = project_links_find(&b->links, p->id, NULL);
    answer a = {.batch = b, .affected = p, .known = known, .link = link};
    if (!link && !state_skipped_has(b->store, p->id, p->id, b->arena, &a.refused, b->e))
        return false;
    fetch_records_init(&a.records, &b->lists, p->id, link ? link->name : p->id);
    zou_result result = zou_project_read(&a.records.project, b->e);
    bool ok = find_wanted(&a);
    bool wanted = project_filter_wants(b->filter, p->id);
    known->unwanted = result == ZOU_OK && !wanted;
    if (ok && result == ZOU_OK && wanted)
        ok = answer_present(&a);
    else if (ok && result != ZOU_OK && (wanted || result == ZOU_LOST))
        ok = answer_absent(&a, result);
    fetch_records_free(&a.records);
    return ok;
}
