/* sync-status - the state of the service that keeps a store in step with Kitsu, and of
 * this user's login. Kitsu is not asked. */
#include "base/confine.h"
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "record/display.h"
#include "record/ndjson.h"
#include "report/health.h"
#include "store/store_option.h"
#include "zou/kitsu_options.h"
#include "zou/zou.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STORE_SECONDS 5 /* how long to wait for a writer */
#define NO_SERVICE    3 /* the exit status */

typedef struct options { /* all borrowed */
    zou_options zou;
    const char *store;
    bool as_json;
} options;

/* What the report is about. All borrowed. */
typedef struct place {
    store *store;
    const char *server;
} place;

/* ---- printing ------------------------------------------------------------ */

static void print_line(const char *what, const char *text)
{
    buf b = {0};
    display_sanitized(&b, text, strlen(text));
    output_printf("%-18s %s\n", what, b.data ? b.data : "");
    buf_free(&b);
}

static const char *service_text(const health *h)
{
    if (h->running)
        return arena_printf(h->arena, "%s, on %s, process %" PRId64 ", for %s",
                            h->state ? h->state : "starting", h->host ? h->host : "?", h->pid,
                            health_span(h->arena, h->now - (double)h->since));
    if (h->waits)
        return arena_printf(h->arena, "waiting for the lease, which %s has", h->writer);
    if (h->writer)
        return arena_printf(h->arena, "none; another program writes: %s", h->writer);
    int64_t last = h->read_at > h->full_sync_at ? h->read_at : h->full_sync_at;
    return last ? arena_printf(h->arena, "none; last synchronised %s", health_ago(h, last))
                : "none; never synchronised";
}

static const char *login_text(const health *h)
{
    char text[32];
    struct tm tm;
    if (h->bot)
        return "bot token, no expiry";
    if (h->token_until == -1)
        return "no expiry";
    if (!h->token_until || !localtime_r(&h->token_until, &tm) ||
        !strftime(text, sizeof text, "%F %R", &tm))
        return "unknown";
    return arena_printf(h->arena, "token until %s, renewed before that", text);
}

static void print_text(const place *p, const health *h)
{
    for (uint32_t i = 0; i < h->trouble.len; i++)
        print_line("trouble:", h->trouble.items[i].text);
    if (msg_level() < 0)
        return;
    print_line("service:", service_text(h));
    print_line("server:", p->server);
    print_line("store:", store_name(p->store));
    print_line("full sync:",
               h->full_sync_at ? health_ago(h, h->full_sync_at) : "never of all projects");
    print_line("events:", h->events_at ? arena_printf(h->arena, "%" PRId64 ", the last %s",
                                                      h->events, health_ago(h, h->events_at))
                                       : "none");
    print_line("log read:", health_ago(h, h->read_at));
    print_line("position:", h->position
                                ? arena_printf(h->arena, "up to Kitsu's event of %s, %s",
                                               h->position, health_ago(h, (int64_t)h->position_at))
                                : "none");
    print_line("skipped:", arena_printf(h->arena, "%" PRId64, h->skipped));
    print_line("last error:",
               h->error ? arena_printf(h->arena, "%s: %s", health_ago(h, h->error_at), h->error)
                        : "none");
    print_line("login:", login_text(h));
}

static void add_text(const health *h, json *to, const char *key, const char *text)
{
    json_add(h->arena, to, key, text ? json_string(h->arena, text) : json_null());
}

static void add_time(const health *h, json *to, const char *key, int64_t at)
{
    json_add(h->arena, to, key, at > 0 ? json_integer(h->arena, at) : json_null());
}

static void print_json(const place *p, const health *h)
{
    json v = json_object();
    json_add(h->arena, &v, "running", json_bool(h->running || h->waits));
    json_add(h->arena, &v, "waiting", json_bool(h->waits));
    json_add(h->arena, &v, "trouble", h->trouble);
    add_text(h, &v, "server", p->server);
    add_text(h, &v, "store", store_name(p->store));
    add_text(h, &v, "writer", h->writer);
    add_text(h, &v, "host", h->host);
    add_time(h, &v, "pid", h->pid);
    add_time(h, &v, "since", h->since);
    add_text(h, &v, "state", h->state);
    add_time(h, &v, "state_at", h->state_at);
    add_time(h, &v, "full_sync_at", h->full_sync_at);
    json_add(h->arena, &v, "events", json_integer(h->arena, h->events));
    add_time(h, &v, "events_at", h->events_at);
    add_time(h, &v, "read_at", h->read_at);
    add_text(h, &v, "checkpoint", h->position);
    json_add(h->arena, &v, "full_sync", h->awaiting_full);
    json_add(h->arena, &v, "missing", h->missing);
    json_add(h->arena, &v, "skipped", json_integer(h->arena, h->skipped));
    add_text(h, &v, "error", h->error);
    add_time(h, &v, "error_at", h->error_at);
    json_add(h->arena, &v, "bot", json_bool(h->bot));
    add_time(h, &v, "token_until", h->token_until);
    add_time(h, &v, "now", (int64_t)h->now);
    ndjson_write(&v);
}

/* ---- main --------------------------------------------------------------- */

static int report(const place *p, const health *h, bool as_json)
{
    if (as_json)
        print_json(p, h);
    else
        print_text(p, h);
    return !h->running && !h->waits ? NO_SERVICE : h->trouble.len ? 1 : 0;
}

/* All has been read; but times are printed in this machine's zone. */
static bool keep_to_nothing(error *e)
{
    tzset();
    return confine_wholly(e);
}

static int run(options *o)
{
    error e;
    health h;
    int status;
    char *server = NULL;
    arena *a = arena_new();
    store *s = store_open(o->store, STORE_READ, STORE_SECONDS, &e);
    o->zou.store = s;
    if (s && (server = zou_find_server(&o->zou, &e)) &&
        health_read(&h, s, server, o->zou.credentials.login, a, &e) && keep_to_nothing(&e)) {
        health_judge(&h);
        status = report(&(place){s, server}, &h, o->as_json);
    } else {
        msg_error("%s", e.what);
        status = e.status;
    }
    free(server);
    arena_free(a);
    store_close(s);
    return status;
}

int main(int argc, char **argv)
{
    static const program_help help = {
        .usage = "sync-status [OPTION]...",
        .about = "Report on the service that keeps OpenPype's projects in step with Kitsu.",
        .quiet = "print only trouble",
        .exit_status = "0 a service is running and well, 1 there is trouble, 3 no service is\n"
                       "running, 64 to 78 see opkitsu(7)."};
    options o = {0};
    const option_def defs[] = {
        kitsu_server_option(&o.zou),
        store_option(&o.store),
        kitsu_login_option(&o.zou),
        {.name = "json", .help = "print one JSON object instead of text", .flag = &o.as_json},
        {0}};
    program_start("sync-status");
    options_read(&help, defs, argc, argv);
    return output_close(run(&o));
}
