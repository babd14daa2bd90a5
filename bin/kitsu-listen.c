/* kitsu-listen - Kitsu's events, as they happen. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "listen/listener.h"
#include "model/project_filter.h"
#include "store/store_option.h"
#include "zou/kitsu_options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define STORE_SECONDS 30 /* to wait for a program that writes to the store */

#define FIRST_BACKOFF   1.0 /* seconds after which a server that is down is asked again */
#define LONGEST_BACKOFF 30.0

typedef struct options {
    zou_options zou;
    const char *store, *since;
    bool now;             /* --since now */
    event_position start; /* --since with another value */
    const char *since_server;
    option_list projects; /* owned: the -P */
    bool once;
    arena *arena; /* owned */
} options;

/* A project of the store. */
typedef struct linked {
    const char *name, *id;
} linked;

typedef struct start {
    options *o;
    zou *zou;
    linked *links; /* owned; the texts lie in the arena */
    size_t n_links, links_cap;
    json projects;  /* null for all, or ids */
    bool by_socket; /* the log may not be read */
    bool unknown;   /* a -P that there is not */
} start;

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
        .verbose = "say more; twice: every request",
        .exit_status = "0 done, 75 a full sync is needed, 64 to 78 see opkitsu(7)."};
    const option_def defs[] = {
        kitsu_server_option(&o->zou),
        store_option(&o->store),
        kitsu_login_option(&o->zou),
        kitsu_password_file_option(&o->zou),
        kitsu_password_command_option(&o->zou),
        {.name = "project",
         .letter = 'P',
         .value = "NAME",
         .help = "only this project, by name or id; may be repeated",
         .list = &o->projects},
        {.name = "since",
         .value = "CHECKPOINT",
         .help = "start there: a Checkpoint record, a time such as\n"
                 "2026-11-23T05:17:34 (UTC), or \"now\"; the store is then used\n"
                 "only with -d",
         .text = &o->since},
        {.name = "once", .help = "stop at the present end of the log", .flag = &o->once},
        {0}};
    o->arena = arena_new();
    options_read(&help, defs, argc, argv);
    kitsu_options_check(&o->zou);
    if (o->since)
        read_since(o);
    o->zou.impatient = !o->once;
}

/* ---- what Kitsu has to say first ------------------------------------------ */

static bool read_role(start *s, error *e)
{
    json v;
    event_position head;
    arena *a = s->o->arena;
    if (zou_get(s->zou, "/auth/authenticated", a, &v, e) != ZOU_OK)
        return false;
    const char *role = json_text(json_at(&v, "user", "role", NULL));
    if (role && strcmp(role, "manager") == 0)
        msg_warn("%s: a manager's log has the own projects' events only, and none of task types, "
                 "asset types, new and deleted projects: make a full sync now and then",
                 zou_server(s->zou));
    if (role && (strcmp(role, "manager") == 0 || strcmp(role, "admin") == 0) && !s->o->now)
        return true;
    if (event_log_head(s->zou, a, &head, e) != ZOU_OK)
        return false;
    s->by_socket = json_is_null(&head.created_at);
    if (s->o->now)
        s->o->start = head;
    return true;
}

/* The id of the project of this name or id; NULL: unknown. */
static const char *find_project(const start *s, const json *list, const char *name)
{
    for (uint32_t i = 0; i < list->len; i++) {
        const char *its_name = json_text(json_get(&list->items[i], "name"));
        const char *id = json_text(json_get(&list->items[i], "id"));
        if (id && project_filter_names(name, its_name, id))
            return id;
    }
    for (size_t i = 0; i < s->n_links; i++) /* Kitsu's may have been deleted */
        if (project_filter_names(name, s->links[i].name, s->links[i].id))
            return s->links[i].id;
    return NULL;
}

static bool read_projects(start *s, error *e)
{
    json list;
    arena *a = s->o->arena;
    if (s->o->projects.n == 0)
        return true;
    if (zou_get(s->zou, "/data/projects/all", a, &list, e) != ZOU_OK)
        return false;
    if (list.type != JSON_ARRAY)
        return error_set(e, EX_PROTOCOL, "GET /data/projects/all: not a list");
    s->projects = json_array();
    for (size_t i = 0; i < s->o->projects.n; i++) {
        const char *id = find_project(s, &list, s->o->projects.items[i]);
        if (id) {
            json_push(a, &s->projects, json_string(a, id));
            continue;
        }
        s->unknown = true;
        msg_error("%s: there is no such project, or this user may not see it",
                  s->o->projects.items[i]);
    }
    return true;
}

/* Ask; without --once for as long as the server is down. False: `*e`. */
static bool ask_kitsu(start *s, error *e)
{
    double wait = FIRST_BACKOFF;
    for (bool said = false;; said = true) {
        if (read_role(s, e) && read_projects(s, e)) {
            if (said)
                msg_warn("it works again");
            return true;
        }
        if (s->o->once || (e->status != EX_TEMPFAIL && e->status != EX_UNAVAILABLE))
            return false;
        listener_pause(0); /* a reader that has left made it fail */
        if (!said)
            msg_warn("%s; trying again until it is back", e->what);
        listener_pause(clock_jitter(wait));
        wait = fmin(wait * 2, LONGEST_BACKOFF);
    }
}

/* ---- the start -------------------------------------------------------------- */

static bool add_link(void *context, store_ns ns, const json *document)
{
    start *s = context;
    arena *a = s->o->arena;
    const char *id = json_text(json_at(document, "data", "zou_id", NULL));
    if (!id)
        return true;
    s->links = xgrow(s->links, s->n_links, &s->links_cap, sizeof *s->links);
    s->links[s->n_links++] = (linked){.name = arena_text(a, ns.coll, strlen(ns.coll)),
                                      .id = arena_text(a, id, strlen(id))};
    return true;
}

/* Where the store has come to. Returns EX_OK, or what to end with. */
static int find_position(const start *s, backlog *p, event_position *position)
{
    error e;
    bool found;
    if (!backlog_start(p, s->o->arena, position, &found, &e)) {
        msg_error("%s", e.what);
        return e.status;
    }
    if (found)
        return EX_OK;
    msg_error("full sync needed: the store has no position in the log of %s", zou_server(s->zou));
    return EX_TEMPFAIL;
}

static int listen_with(start *s, store *st)
{
    error e;
    if (!ask_kitsu(s, &e)) {
        store_close(st);
        msg_error("%s", e.what);
        return e.status;
    }
    if (s->unknown && s->projects.len == 0) {
        store_close(st);
        return 1;
    }
    backlog *p = st ? backlog_new(st, s->o->store, zou_server(s->zou), &s->projects) : NULL;
    listener_options lo = {.zou = s->zou,
                           .backlog = p,
                           .projects = &s->projects,
                           .start = s->o->start,
                           .certain = s->o->now,
                           .once = s->o->once};
    int status = EX_OK;
    if (s->by_socket)
        lo.start.created_at = json_null();
    else if (p && !s->o->since)
        status = find_position(s, p, &lo.start);
    if (status == EX_OK)
        status = listener_run(&lo);
    backlog_free(p);
    return status == EX_OK && s->unknown ? 1 : status;
}

/* Open the store, unless --since needs none, and Kitsu, whose address may be in it. */
static int run(options *o)
{
    start s = {.o = o, .projects = json_null()};
    error e;
    store *st = NULL;
    if (!o->since || o->store) {
        arena *a = arena_new();
        st = store_open(o->store, STORE_READ, STORE_SECONDS, &e);
        bool ok = st && store_projects(st, &(store_sink){a, add_link, &s}, &e);
        arena_free(a);
        if (!ok) {
            free(s.links);
            store_close(st);
            msg_error("%s", e.what);
            return e.status;
        }
    }
    o->zou.store = st;
    s.zou = zou_open(&o->zou, &e);
    if (s.zou && o->since_server && strcmp(o->since_server, zou_server(s.zou)) != 0) {
        error_set(&e, EX_CONFIG, "--since is a position in the log of %s, not of %s",
                  o->since_server, zou_server(s.zou));
        zou_close(s.zou);
        s.zou = NULL;
    }
    if (!s.zou) {
        free(s.links);
        store_close(st);
        msg_error("%s", e.what);
        return e.status;
    }
    int status = listen_with(&s, st);
    free(s.links);
    zou_close(s.zou);
    return status;
}

int main(int argc, char **argv)
{
    program_start("kitsu-listen");
    options o = {0};
    read_options(&o, argc, argv);
    listener_catch_signals();
    int status = run(&o);
    arena_free(o.arena);
    option_list_free(&o.projects);
    return output_close(status);
}
