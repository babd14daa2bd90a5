/* kitsu-listen - Kitsu's events, as they happen. */
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "listen/downstream.h"
#include "listen/listener.h"
#include "listen/scope.h"
#include "model/project_filter.h"
#include "zou/kitsu_options.h"

#include <string.h>
#include <sysexits.h>

#define STORE_SECONDS 30 /* to wait for a program that writes to the store */

typedef struct options {
    zou_options zou;
    const char *store, *since;
    bool now;             /* --since now */
    event_position start; /* --since with another value */
    const char *since_server;
    project_filter filter; /* owned */
    bool once;
    backlog_retry retry;
    arena *arena; /* owned */
} options;

/* ---- options ------------------------------------------------------------ */

static void read_since(options *o)
{
    time_t unused;
    json v;
    o->start = (event_position){json_string(o->arena, o->since), json_array()};
    o->now = strcmp(o->since, "now") == 0;
    if (o->now || event_time_parse(o->since, &unused))
        return;
    if (!json_parse(o->arena, o->since, strlen(o->since), &v, NULL, NULL) ||
        !event_time_parse(json_text(json_get(&v, "created_at")), &unused))
        program_usage_error("--since: neither a Checkpoint with a time, nor a time as "
                            "2026-11-23T05:17:34, nor \"now\"");
    o->start.created_at = *json_get(&v, "created_at");
    if (json_is(json_get(&v, "ids"), JSON_ARRAY))
        o->start.ids = *json_get(&v, "ids");
    o->since_server = json_text(json_get(&v, "server"));
}

static void read_options(options *o, int argc, char **argv)
{
    static const program_help help = {
        .usage = "kitsu-listen [OPTION]... > events",
        .about = "Write Kitsu's events to stdout as they happen, one JSON record a line.",
        .verbose = "print more messages; twice: every request",
        .exit_status = "0 done, 1 a project does not exist, 75 a full sync is needed,\n"
                       "64 to 78 see opkitsu(7)."};
    kitsu_option_rows kitsu;
    const option_def defs[] = {
        kitsu_options(&kitsu, &o->zou, &o->store),
        project_filter_option(&o->filter, "only this project, by name or id; may be repeated"),
        {.name = "since",
         .value = "CHECKPOINT",
         .help = "start there, not where the store says: a Checkpoint record, a\n"
                 "time such as 2026-11-23T05:17:34 (UTC), or \"now\"; the store is\n"
                 "then used only with -d",
         .text = &o->since},
        {.name = "once", .help = "write what has happened so far, and exit", .flag = &o->once},
        {.name = "reconcile",
         .value = "TIME",
         .help = "how long to wait at most before a project whose deletions wait,\n"
                 "or that had a conflict, is read in full again: 90s, 30m,\n"
                 "24h (the default), 7d",
         .interval = &o->retry.longest},
        {.name = "retry-now",
         .help = "do not wait the first time, as op-diff may delete more than before",
         .flag = &o->retry.at_once},
        {0}};
    o->arena = arena_new();
    o->retry.longest = DEFAULT_RECONCILE;
    options_read(&help, defs, argc, argv);
    kitsu_options_check(&o->zou);
    if (o->retry.longest == 0) /* off */
        o->retry.longest = DEFAULT_RECONCILE;
    o->retry.at_once |= o->once;
    if (o->since)
        read_since(o);
    o->zou.impatient = !o->once;
}

/* An empty -d is the store that the environment names, for callers that must not put its
 * password into an argument. */
static const char *store_url(const options *o)
{
    return o->store && *o->store ? o->store : NULL;
}

/* ---- the loop --------------------------------------------------------------- */

static int report(const error *e)
{
    msg_error("%s", e->what);
    return e->status;
}

static int run_listener(const listener_options *lo)
{
    listener *l = listener_new(lo);
    int status = EX_OK;
    if (lo->once)
        status = listener_once(l);
    else
        while (status == EX_OK)
            status = listener_round(l);
    listener_free(l);
    return status;
}

/* Set the position to start at from the store's. Returns EX_OK, or what to end with. */
static int find_start(backlog *b, options *o, const scope *sc)
{
    error e;
    bool found;
    if (scope_is_empty(sc)) {
        o->start = sc->end;
        return EX_OK;
    }
    if (!backlog_start(b, o->arena, &o->start, &found, &e))
        return report(&e);
    if (found)
        return EX_OK;
    msg_error("full sync needed: the store has no position in the log of %s",
              zou_server(sc->request->zou));
    return EX_TEMPFAIL;
}

/* Takes the store over; it may be NULL. */
static int listen_from(options *o, zou *z, store *st)
{
    error e;
    scope sc;
    scope_request request = {
        .zou = z, .store = st, .filter = &o->filter, .from_now = o->now, .patient = !o->once};
    bool ok = scope_find(&request, o->arena, &sc, &e);
    if (!ok || (o->once && scope_is_empty(&sc))) {
        store_close(st);
        return ok ? 1 : report(&e);
    }
    backlog *b = st ? backlog_new(st, store_url(o), zou_server(z), &sc.projects, o->retry) : NULL;
    int status = EX_OK;
    if (!sc.logged)
        o->start.created_at = json_null();
    else if (o->now)
        o->start = sc.end;
    else if (b && !o->since)
        status = find_start(b, o, &sc);
    listener_options lo = {.zou = z,
                           .backlog = b,
                           .scope = &sc,
                           .start = o->start,
                           .certain = o->now,
                           .once = o->once};
    if (status == EX_OK)
        status = run_listener(&lo);
    backlog_free(b);
    return status == EX_OK && sc.missing.len ? 1 : status;
}

/* Open the store, unless --since needs none, and Kitsu, whose address may be in it. */
static int run(options *o)
{
    error e;
    store *st = NULL;
    if (!o->since || o->store) {
        st = store_open(store_url(o), STORE_READ, STORE_SECONDS, &e);
        if (!st)
            return report(&e);
    }
    o->zou.store = st;
    zou *z = zou_open(&o->zou, &e);
    bool ok = z != NULL;
    if (ok && o->since_server && strcmp(o->since_server, zou_server(z)) != 0)
        ok = error_set(&e, EX_CONFIG, "--since is a position in the log of %s, not of %s",
                       o->since_server, zou_server(z));
    project_filter_open(&o->filter);
    ok = ok && zou_confine(z, st, false, &e);
    if (!ok)
        store_close(st);
    int status = ok ? listen_from(o, z, st) : report(&e);
    zou_close(z);
    return status;
}

int main(int argc, char **argv)
{
    program_start("kitsu-listen");
    options o = {0};
    read_options(&o, argc, argv);
    downstream_catch_signals();
    int status = run(&o);
    arena_free(o.arena);
    project_filter_free(&o.filter);
    return output_close(status);
}
