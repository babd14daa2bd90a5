/* op-diff - plan the changes that bring OpenPype's documents to what Kitsu has.
 *
 * Reads Kitsu records, writes Change records; touches nothing. The stream's
 * grammar is here, what is planned for a project is in lib/diff/diff.c. */
#include "base/confine.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "diff/diff.h"
#include "model/mapping.h"
#include "record/checkpoint.h"
#include "record/deleted.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "store/state.h"
#include "store/store_option.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

typedef struct reader {
    ndjson *in;
    diff *plan;
    store *store;       /* NULL: a saved dump */
    arena *arena;       /* of the project being read; reset between two */
    production *p;      /* NULL: between two projects */
    closure *documents; /* of the project; NULL: it is skipped */
    bool chosen[KINDS], need[KINDS];
    bool is_bad;   /* a record of it was: nothing is planned */
    json settings; /* of opkitsu's that the plan depends on, where they are not the default */
    bool is_stale; /* the store has what other settings gave: a full read is needed */

    checkpoint_scope *coverage; /* since the last Checkpoint */
    bool saw_project, saw_checkpoint;
    bool trouble; /* exit 1 */
} reader;

static void close_project(reader *r)
{
    production_free(r->p);
    closure_free(r->documents);
    r->p = NULL;
    r->documents = NULL;
}

static void leave_alone(reader *r, const char *id)
{
    r->trouble = true;
    checkpoint_scope_abandoned(r->coverage, id);
}

/* A project whose End did not come. */
static void give_up_project(reader *r)
{
    if (!r->p)
        return;
    msg_error("%s:%lu: project \"%s\" has no End: the stream was cut, nothing is planned for it",
              ndjson_name(r->in), ndjson_line_number(r->in), r->p->name);
    leave_alone(r, r->p->id);
    close_project(r);
}

/* A document may depend on settings that changed, and on no event. */
static bool check_settings(reader *r, const char *coll, bool events, error *e)
{
    json was;
    r->settings = diff_settings(r->plan, coll, r->arena);
    r->is_stale = false;
    if (!events || !r->store)
        return true;
    if (!state_settings(r->store, r->p->id, r->arena, &was, e))
        return false;
    r->is_stale = !json_equal(&was, &r->settings, NULL);
    if (r->is_stale)
        msg_warn("project \"%s\": edits, concepts or names of opkitsu's settings were changed: it "
                 "is to be read in full",
                 r->p->name);
    return true;
}

/* Kitsu-fetch says in the Project of a batch of events what its scope is: the
 * documents are then read by what is needed, not all at once. */
static bool on_project(reader *r, const json *record, error *e)
{
    const char *why;
    const json *scope = json_get(record, "scope");
    bool events = json_text_is(scope, "events");
    give_up_project(r);
    r->saw_project = true;
    r->is_bad = r->is_stale = false;
    r->settings = json_object();
    r->p = production_new(r->arena, record, &why);
    if (!r->p) {
        ndjson_complain(r->in, "%s", why);
        return true;
    }
    if (json_text(scope) && !documents_renew(r->plan->documents, r->p->id, e))
        return false;
    if (r->store && !settings_renew(&r->plan->settings, r->store, e))
        return false;
    const char *coll = diff_find_target(r->plan, r->p);
    if (!coll)
        return true;
    diff_read_settings(r->plan, coll, r->p, r->chosen, r->need);
    if (!check_settings(r, coll, events && !r->p->closed, e))
        return false;
    closure_scope loaded = r->p->closed || events ? CLOSURE_NEEDED : CLOSURE_WHOLE;
    r->documents = closure_new(r->plan->documents, coll, loaded, r->arena, e);
    return r->documents != NULL;
}

/* Whether the records are all that End says; nothing is planned for it else. */
static bool is_whole(reader *r, const end_record *end)
{
    const char *why = "";
    if (end->scope != END_FULL && end->scope != END_EVENTS) {
        why = "its scope is neither full nor events";
        r->is_bad = true;
    } else if (r->documents && !production_end(r->p, end, r->need, &why)) {
        r->is_bad = true;
    }
    if (r->is_bad)
        msg_error("%s:%lu: project \"%s\": nothing is planned for it%s%s", ndjson_name(r->in),
                  ndjson_line_number(r->in), r->p->name, *why ? ": " : "", why);
    return !r->is_bad;
}

static void pass_on(reader *r)
{
    size_t len;
    const char *line = ndjson_line(r->in, &len);
    output_write(line, len);
}

/* With what the plan was made of; `why` it waits for a full read, or NULL. */
static void pass_on_end(reader *r, const json *record, const char *why)
{
    json end = json_copy_shallow(r->arena, record);
    if (!r->documents) { /* OpenPype has no such project */
        json_set(r->arena, &end, "name", json_string(r->arena, r->p->name));
        ndjson_write(&end);
        return;
    }
    const collection *c = closure_collection(r->documents);
    json project = json_object(), made_of = mapping_project_base(r->arena, r->p);
    json_add(r->arena, &project, "_id", mapping_project_id(r->arena, r->p, c));
    for (uint32_t i = 0; i < made_of.len; i++)
        json_add(r->arena, &project, made_of.members[i].key, made_of.members[i].value);
    json_set(r->arena, &end, "ns", record_ns(r->arena, c->db, c->coll));
    json_set(r->arena, &end, "project", project);
    if (r->settings.len)
        json_set(r->arena, &end, "settings", r->settings);
    if (why)
        json_set(r->arena, &end, "full_sync", json_string(r->arena, why));
    ndjson_write(&end);
}

static bool plan_project(reader *r, const json *record, error *e)
{
    const char *why = NULL;
    if (r->p->partial && r->p->events)
        msg_warn("project \"%s\": this login sees only a part of it: nothing is deleted",
                 r->p->name);
    else if (r->p->partial)
        msg_error("project \"%s\": this login sees only a part of it: nothing is deleted",
                  r->p->name);
    r->trouble |= r->p->partial;
    diff_outcome outcome = r->is_stale ? DIFF_LEFT_ALONE
                           : r->documents
                               ? diff_project(r->plan, r->p, r->documents, r->chosen, &why, e)
                               : DIFF_DONE;
    if (outcome == DIFF_LEFT_ALONE) {
        leave_alone(r, r->p->id);
    } else if (outcome == DIFF_HELD) {
        pass_on_end(r, record, why);
        r->trouble = true;
        checkpoint_scope_held(r->coverage, r->p->id);
    } else if (outcome == DIFF_DONE) {
        pass_on_end(r, record, NULL);
        checkpoint_scope_done(r->coverage, r->p->id);
    }
    output_flush(); /* op-apply can commit, while the next project is read */
    return outcome != DIFF_FAILED;
}

/* False when the store failed. */
static bool on_end(reader *r, const json *record, error *e)
{
    end_record end;
    bool ok = true;
    end_read(record, &end);
    const char *id = end.project_id;
    if (!r->p || !id || strcmp(id, r->p->id) != 0) {
        ndjson_complain(r->in, "End of a project whose Project record did not come before it");
        leave_alone(r, id ? id : "");
        return true;
    }
    if (is_whole(r, &end))
        ok = plan_project(r, record, e);
    else
        leave_alone(r, r->p->id);
    close_project(r);
    return ok;
}

/* Pass the checkpoint on, without what it cannot vouch for. */
static void on_checkpoint(reader *r, const json *record)
{
    give_up_project(r);
    r->saw_checkpoint = true;
    if (checkpoint_scope_is_whole(r->coverage)) {
        pass_on(r);
    } else {
        json out = checkpoint_scope_checkpoint(r->coverage, r->arena, record);
        ndjson_write(&out);
    }
    output_flush(); /* a reader may wait for this batch */
    checkpoint_scope_clear(r->coverage);
}

/* A whole project. */
static bool on_deleted_project(reader *r, const char *id, error *e)
{
    if (!id) {
        ndjson_complain(r->in, "a Deleted without \"id\"");
        return true;
    }
    give_up_project(r);
    r->saw_project = true;
    diff_outcome outcome = diff_deleted(r->plan, id, r->arena, e);
    r->trouble |= outcome == DIFF_LEFT_ALONE;
    return outcome != DIFF_FAILED;
}

/* A record between a Project and its End. */
static void on_part(reader *r, const json *record)
{
    const char *why;
    bool is_skipped = record_type_of(record) == RECORD_SKIPPED;
    if (r->p && !r->is_bad && !production_add(r->p, record, &why)) {
        ndjson_complain(r->in, "%s", why);
        r->is_bad = true;
    } else if (!r->p && !is_skipped) {
        ndjson_complain(r->in, "a %s before its Project", json_text(json_get(record, "type")));
    }
}

static bool on_deleted(reader *r, const json *record, error *e)
{
    deleted_record d;
    deleted_read(record, &d);
    if (d.project)
        return on_deleted_project(r, d.id, e);
    on_part(r, record);
    return true;
}

/* False when the store failed. */
static bool on_record(reader *r, const json *record, error *e)
{
    switch (record_type_of(record)) {
    case RECORD_PROJECT: return on_project(r, record, e);
    case RECORD_END: return on_end(r, record, e);
    case RECORD_DELETED: return on_deleted(r, record, e);
    case RECORD_CHECKPOINT:
        on_checkpoint(r, record);
        mem_tidy();
        break;
    case RECORD_SKIPPED:
        r->trouble = true;
        pass_on(r);
        on_part(r, record);
        break;
    case RECORD_KIND:
    case RECORD_ASSET_TYPES: on_part(r, record); break;
    default: pass_on(r); break;
    }
    return true;
}

/* Whether nothing of its record is kept: there may be half a million. */
static bool is_link(const json *record)
{
    return json_text_is(json_get(record, "type"), kind_name(KIND_ENTITY_LINK));
}

static int read_stream(reader *r)
{
    json record;
    int got;
    error e = {0};
    arena_mark before = arena_here(r->arena);
    while ((got = ndjson_next(r->in, r->arena, &record)) == 1) {
        if (!on_record(r, &record, &e)) {
            msg_error("%s", e.what);
            return e.status;
        }
        if (!r->p)
            arena_reset(r->arena);
        else if (is_link(&record))
            arena_back(r->arena, before);
        before = arena_here(r->arena);
    }
    give_up_project(r);
    if (r->saw_project && !r->saw_checkpoint) {
        msg_error("%s: no Checkpoint at the end: the stream may have been cut between two projects",
                  ndjson_name(r->in));
        r->trouble = true;
    }
    if (got < 0)
        return EX_IOERR;
    return r->trouble || ndjson_bad(r->in) || r->plan->out.n_skipped ? 1 : EX_OK;
}

/* `s`: NULL with a dump, which has been read. */
static bool keep_to(const store *s, error *e)
{
    program_needs n = {0};
    if (s) {
        store_needs(s, &n);
        settings_needs(&n);
    }
    return confine(&n, e);
}

typedef struct options {
    const char *store, *against; /* borrowed; NULL: not given */
    bool exit_code;
    diff plan; /* what it is to do */
} options;

static void read_options(options *o, int argc, char **argv)
{
    static const program_help help = {
        .usage = "op-diff [OPTION]... < records > changes",
        .about = "Plan the changes that bring OpenPype's documents to what Kitsu has. Reads what\n"
                 "kitsu-fetch writes, writes what op-apply reads, and changes nothing itself:\n"
                 "without op-apply it is a dry run.",
        .exit_status = "0 done, 1 something was skipped or left alone, or --exit-code, 64 to 78\n"
                       "see opkitsu(7)."};
    const option_def defs[] = {
        store_option(&o->store),
        openpype_version_option(),
        {.name = "against",
         .letter = 'a',
         .value = "FILE",
         .bytes = true,
         .help = "compare with a saved op-dump, not with a store",
         .text = &o->against},
        delete_limit_option(&o->plan.delete_limit,
                            "delete and archive at most N documents a project, or N%\n"
                            "(default: refuse more than 10 that are more than 50%)"),
        {.name = "drop",
         .help = "drop projects deleted in Kitsu, published or not",
         .flag = &o->plan.drop},
        {.name = "no-skipped",
         .help = "do not report on stderr what is skipped",
         .flag = &o->plan.out.no_skipped},
        {.name = "exit-code", .help = "exit 1 if there are differences", .flag = &o->exit_code},
        {0}};
    options_read(&help, defs, argc, argv);
    options_exclude("--store", o->store, "--against", o->against);
}

int main(int argc, char **argv)
{
    options o = {0};
    program_start("op-diff");
    msg_warn_once();
    read_options(&o, argc, argv);
    const char *url = o.store, *against = o.against;
    diff *plan = &o.plan;

    error e = {0};
    store *s = NULL;
    int status;
    reader r = {.plan = plan, .arena = arena_new(), .coverage = checkpoint_scope_new()};
    r.in = ndjson_new(STDIN_FILENO, "stdin");
    if (!against && !(s = store_open(url, STORE_READ, 30, &e)))
        goto out;
    r.store = s;
    if (!(plan->settings = settings_load(s, &e)))
        goto out;
    settings_warn(plan->settings);
    if (!(plan->documents =
              against ? documents_from_dump(against, &e) : documents_from_store(s, &e)))
        goto out;
    if (!keep_to(s, &e))
        goto out;
    status = read_stream(&r);
    if (status == EX_OK && o.exit_code && plan->out.n_changes)
        status = 1;
    goto done;
out:
    msg_error("%s", e.what);
    status = e.status;
done:
    close_project(&r);
    ndjson_free(r.in);
    documents_free(plan->documents);
    settings_free(plan->settings);
    store_close(s);
    arena_free(r.arena);
    checkpoint_scope_free(r.coverage);
    return output_close(status);
}
