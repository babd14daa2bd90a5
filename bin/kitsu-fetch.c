/* kitsu-fetch - productions out of Kitsu, as records. */
#include "base/mem.h"
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "fetch/events.h"
#include "fetch/full.h"
#include "record/ndjson.h"
#include "record/record.h"
#include "zou/kitsu_options.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define STORE_SECONDS 30 /* to wait for a program that writes to the store */

typedef struct options {
    zou_options zou;
    const char *store;
    project_filter filter; /* owned */
    bool wanted[KINDS];
    bool types, events;
} options;

/* ---- options ------------------------------------------------------------ */

static void read_types(void *context, const char *list)
{
    options *o = context;
    o->types = true;
    memset(o->wanted, 0, sizeof o->wanted);
    while (*list) {
        char word[32];
        size_t len = strcspn(list, ",");
        snprintf(word, sizeof word, "%.*s", (int)len, list);
        kind k = kind_of(word);
        if (k == KIND_NONE && strcmp(word, "Project") != 0) /* which comes anyway */
            program_usage_error("--types: unknown kind \"%.*s\"", (int)len, list);
        if (k != KIND_NONE)
            o->wanted[k] = true;
        list += len + (list[len] == ',');
    }
}

static void read_options(options *o, int argc, char **argv)
{
    static const program_help help = {
        .usage = "kitsu-fetch [OPTION]... > records\n"
                 "kitsu-fetch [OPTION]... --events < events > records",
        .about = "Write Kitsu's productions to stdout, one JSON record a line.",
        .verbose = "print more messages; twice: every request",
        .exit_status = "0 done, 1 something was not read, 64 to 78 see opkitsu(7)."};
    kitsu_option_rows kitsu;
    const option_def defs[] = {
        kitsu_options(&kitsu, &o->zou, &o->store),
        project_filter_option(&o->filter, "only this project, by name or id; may be repeated"),
        {.name = "types",
         .value = "LIST",
         .help = "only these kinds, separated by commas: TaskType, TaskStatus,\n"
                 "AssetType, Episode, Sequence, Shot, Asset, Edit, Concept,\n"
                 "Task, Person, EntityLink (default: all)",
         .call = read_types,
         .context = o},
        {.name = "events",
         .help = "read kitsu-listen's events from stdin, and write what they\n"
                 "have changed",
         .flag = &o->events},
        {0}};
    for (int k = 0; k < KINDS; k++)
        o->wanted[k] = true;
    options_read(&help, defs, argc, argv);
    kitsu_options_check(&o->zou);
    options_exclude("--types", o->types, "--events", o->events);
}

/* ---- all projects ------------------------------------------------------- */

/* Report why nothing can be read any longer; output_close reports what stdout lost. */
static int status_of(const error *e)
{
    if (!ferror(stdout))
        msg_error("%s", e->what);
    return e->status;
}

/* The store is closed before the stream begins: a program at the pipe's other end
 * may write to it. */
static int fetch_all(options *o, zou *z, store *s)
{
    error e;
    zou_lists lists;
    zou_lists_init(&lists, z);
    project_links links = {0};
    arena *a = arena_new();
    fetch_full full = {
        .lists = &lists, .wanted = o->wanted, .filter = &o->filter, .links = &links, .arena = a};
    bool ok = project_links_read(&links, s, zou_server(z), &e);
    store_close(s);
    ok = ok && fetch_full_write_stream(&full, !o->types, &e);
    int status = ok ? full.status : status_of(&e);
    arena_free(a);
    project_links_free(&links);
    zou_lists_free(&lists);
    return status;
}

/* ---- events ------------------------------------------------------------- */

static bool take_record(fetch_events *f, const ndjson *in, const json *record, error *e)
{
    size_t len;
    const char *line = ndjson_line(in, &len);
    bool ok = true;
    switch (record_type_of(record)) {
    case RECORD_EVENT: fetch_events_event(f, record); break;
    case RECORD_SYNC: fetch_events_sync(f, record); break;
    case RECORD_CHECKPOINT:
        ok = fetch_events_checkpoint(f, record, e);
        mem_tidy();
        break;
    default: output_write(line, len);
    }
    return ok && (!ferror(stdout) || error_set(e, EX_IOERR, "cannot write to stdout"));
}

/* The status of a stream that was read until its end. */
static int end_of_events(const fetch_events *f, int got)
{
    int status = fetch_events_status(f);
    if (got < 0) /* which has been reported */
        return EX_IOERR;
    if (fetch_events_is_pending(f)) {
        msg_error(
            "stdin ended without a Checkpoint: the events after the last one are not answered");
        return status == EX_OK ? 1 : status;
    }
    return status;
}

static int fetch_changes(options *o, zou *z, store *s)
{
    ndjson *in = ndjson_new(STDIN_FILENO, "stdin");
    fetch_events *f = fetch_events_new(z, s, o->store, &o->filter, o->wanted);
    arena *a = arena_new();
    error e;
    json record;
    unsigned long bad = 0;
    bool ok = true;
    int got;
    do {
        arena_reset(a);
        got = ndjson_next(in, a, &record);
        if (ndjson_bad(in) > bad)
            fetch_events_bad_line(f);
        bad = ndjson_bad(in);
        if (got > 0)
            ok = take_record(f, in, &record, &e);
    } while (ok && got > 0);
    int status = ok ? end_of_events(f, got) : status_of(&e);
    arena_free(a);
    fetch_events_free(f);
    ndjson_free(in);
    return status;
}

/* ---- main --------------------------------------------------------------- */

static int fetch(options *o)
{
    error e;
    store *s = store_open(o->store, STORE_READ, STORE_SECONDS, &e);
    o->zou.store = s;
    zou *z = s ? zou_open(&o->zou, &e) : NULL;
    project_filter_open(&o->filter);
    if (!z || !zou_confine(z, s, false, &e)) {
        msg_error("%s", e.what);
        zou_close(z);
        store_close(s);
        return e.status;
    }
    int status = o->events ? fetch_changes(o, z, s) : fetch_all(o, z, s);
    zou_close(z);
    return status;
}

int main(int argc, char **argv)
{
    program_start("kitsu-fetch");
    options o = {0};
    read_options(&o, argc, argv);
    int status = fetch(&o);
    project_filter_free(&o.filter);
    return output_close(status);
}
