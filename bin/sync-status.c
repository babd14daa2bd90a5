/* sync-status - how the service that keeps a store in step with Kitsu is.
 *
 * Reads what it and op-apply leave in the store (store/state.h, store/service_status.h), and the
 * log-in of this user; asks Kitsu nothing. */
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "record/display.h"
#include "record/ndjson.h"
#include "store/lease.h"
#include "store/state.h"
#include "store/store_option.h"
#include "zou/event_log.h"
#include "zou/kitsu_options.h"
#include "zou/session.h"
#include "zou/session_file.h"
#include "zou/zou.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define STORE_SECONDS 5     /* how long to wait for who writes */
#define MAX_UNREAD    180   /* seconds that Kitsu's log may not have been read; it is every 60 */
#define MAX_FULL      21600 /* seconds that a full synchronisation may take */
#define NO_SERVICE    3     /* the exit status */

typedef struct options { /* all borrowed */
    zou_options zou;
    const char *store;
    bool as_json;
} options;

/* What is known; all in the arena, or NULL. Times are seconds since 1970 by the
 * store's clock, 0 for never. */
typedef struct status {
    arena *arena;
    store *store;
    char *server;
    double now;
    bool running; /* a service has the lease */
    const char *writer, *host, *state, *full, *gap, *error;
    int64_t pid, since, state_at, full_noted_at, gap_at, error_at;
    int64_t full_sync_at, events, events_at, read_at, skipped;
    const char *position; /* by Kitsu's clock, as it writes it */
    time_t position_at;
    json wanting; /* ids of projects whose full read is wanted */
    bool bot;
    time_t token_until; /* by this machine's clock; 0: not known */
    json trouble;       /* sentences */
} status;

/* ---- reading ------------------------------------------------------------ */

static bool read_document(status *s, const char *name, json *document, error *e)
{
    json id = json_string(s->arena, name);
    bool found;
    *document = json_object();
    return store_get(s->store, state_ns(s->store), &id, s->arena, document, &found, e);
}

static const char *text_of(const json *document, const char *key)
{
    const char *text = json_text(json_get(document, key));
    return text && *text ? text : NULL;
}

static int64_t time_of(const json *document, const char *key)
{
    double seconds = 0;
    json_double(json_get(document, key), &seconds);
    return (int64_t)seconds;
}

/* Whether it is the service whose notes are there that holds the lease. */
static bool read_service(status *s, error *e)
{
    json held, notes;
    if (!read_document(s, "lease", &held, e) || !read_document(s, "service", &notes, e))
        return false;
    const char *owner = text_of(&notes, "owner");
    double expires = 0;
    json_double(json_get(&held, "expires"), &expires);
    s->writer = expires > s->now ? text_of(&held, "owner") : NULL;
    s->running = s->writer && owner && strcmp(s->writer, owner) == 0;
    s->host = text_of(&notes, "host");
    const char *process = text_of(&notes, "process"); /* the service's own, not op-lease's */
    json_int64(json_get(&notes, "pid"), &s->pid);
    if (process)
        s->pid = strtoll(process, NULL, 10);
    s->since = time_of(&notes, "since");
    s->state = text_of(&notes, "state");
    s->state_at = time_of(&notes, "state_at");
    s->full = text_of(&notes, "full");
    s->full_noted_at = time_of(&notes, "full_at");
    s->gap = text_of(&notes, "gap");
    s->gap_at = time_of(&notes, "gap_at");
    s->error = text_of(&notes, "error");
    s->error_at = time_of(&notes, "error_at");
    return true;
}

static bool read_synced(status *s, error *e)
{
    json synced;
    bool found;
    if (!state_synced(s->store, s->server, s->arena, &synced, &found, e))
        return false;
    if (found) {
        s->full_sync_at = time_of(&synced, "full_sync_at");
        s->events = time_of(&synced, "events");
        s->events_at = time_of(&synced, "events_at");
        s->read_at = time_of(&synced, "read_at");
    }
    return true;
}

/* The position of all projects, or, where each has its own, the oldest. */
static bool read_positions(status *s, error *e)
{
    state_checkpoint *list;
    size_t n;
    if (!state_checkpoints(s->store, s->server, s->arena, &list, &n, e))
        return false;
    bool all = false;
    for (size_t i = 0; i < n; i++) {
        const char *text = json_text(&list[i].created_at);
        time_t at;
        if (list[i].full_sync && list[i].project_id)
            json_push(s->arena, &s->wanting, json_string(s->arena, list[i].project_id));
        if (!text || !event_time_parse(text, &at) || all)
            continue;
        all = !list[i].project_id;
        if (all || !s->position || at < s->position_at) {
            s->position = text;
            s->position_at = at;
        }
    }
    return true;
}

static bool count_skipped(void *context, store_ns ns, const json *document)
{
    (void)ns;
    status *s = context;
    const char *type = json_text(json_get(document, "type"));
    const json *entities = json_get(document, "entities");
    if (type && strcmp(type, "skipped") == 0 && json_is(entities, JSON_ARRAY))
        s->skipped += entities->len;
    return true;
}

/* The tokens of the user who asks. */
static void read_login(status *s, const options *o)
{
    const char *login = o->zou.credentials.login ? o->zou.credentials.login : getenv("KITSU_LOGIN");
    const char *token = getenv("KITSU_TOKEN");
    s->bot = !o->zou.credentials.login && token && *token;
    if (s->bot || !login || !*login)
        return;
    session_file *f = session_file_open(s->server, login);
    tokens t;
    if (session_file_read(f, &t))
        s->token_until = session_token_end(t.access, t.access_at);
    tokens_clear(&t);
    session_file_close(f);
}

static bool read_all(status *s, const options *o, error *e)
{
    if (!store_now(s->store, &s->now, e) || !read_service(s, e) || !read_synced(s, e) ||
        !read_positions(s, e) ||
        !store_documents(s->store, state_ns(s->store), STORE_ALL, s->arena, count_skipped, s, e))
        return false;
    read_login(s, o);
    return true;
}

/* ---- judging ------------------------------------------------------------ */

/* `3 min`, `2 h`: how long that is, in the arena. */
static const char *span(arena *a, double seconds)
{
    static const struct {
        double seconds;
        const char *unit;
    } units[] = {{86400, "days"}, {3600, "h"}, {60, "min"}, {0, "s"}};
    size_t i = 0;
    while (seconds < 2 * units[i].seconds)
        i++;
    double n = units[i].seconds > 0 ? seconds / units[i].seconds : fmax(seconds, 0);
    return arena_printf(a, "%.0f %s", floor(n), units[i].unit);
}

static const char *ago(const status *s, int64_t at)
{
    return at ? arena_printf(s->arena, "%s ago", span(s->arena, s->now - (double)at)) : "never";
}

static void complain(status *s, const char *text)
{
    json_push(s->arena, &s->trouble, json_string(s->arena, text));
}

static int64_t latest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void judge_reading(status *s)
{
    bool in_full = s->state && strcmp(s->state, "synchronising") == 0;
    int64_t good = latest(latest(s->read_at, s->since), s->full_noted_at);
    if (in_full && s->now - (double)s->state_at > MAX_FULL)
        complain(s, arena_printf(s->arena, "a full synchronisation has not ended for %s",
                                 span(s->arena, s->now - (double)s->state_at)));
    if (!in_full && s->now - (double)good > MAX_UNREAD)
        complain(s, arena_printf(s->arena, "Kitsu's events were not read for %s%s%s",
                                 span(s->arena, s->now - (double)good), s->error ? ": " : "",
                                 s->error ? s->error : ""));
}

static void judge(status *s)
{
    if (!s->running) {
        complain(s, "no service holds the lease");
        return;
    }
    judge_reading(s);
    if (s->full && strncmp(s->full, "failed", 6) == 0 && s->full_noted_at >= s->full_sync_at)
        complain(s, arena_printf(s->arena, "the last full synchronisation %s", s->full));
    if (s->gap && s->gap_at >= s->full_sync_at)
        complain(s,
                 arena_printf(s->arena, "events were missed %s: a full synchronisation is needed",
                              ago(s, s->gap_at)));
    if (s->wanting.len)
        complain(s, arena_printf(s->arena, "%" PRIu32 " project%s want%s a full synchronisation",
                                 s->wanting.len, s->wanting.len == 1 ? "" : "s",
                                 s->wanting.len == 1 ? "s" : ""));
}

/* ---- telling ------------------------------------------------------------ */

static void line(const char *what, const char *text)
{
    buf b = {0};
    display_sanitized(&b, text, strlen(text));
    printf("%-18s %s\n", what, b.data ? b.data : "");
    buf_free(&b);
}

static const char *service_text(const status *s)
{
    if (s->running)
        return arena_printf(s->arena, "%s, on %s, process %" PRId64 ", for %s",
                            s->state ? s->state : "starting", s->host ? s->host : "?", s->pid,
                            span(s->arena, s->now - (double)s->since));
    if (s->writer)
        return arena_printf(s->arena, "none; another program writes: %s", s->writer);
    return "none";
}

static const char *login_text(const status *s)
{
    char text[32];
    struct tm tm;
    if (s->bot)
        return "bot token: no expiry";
    if (s->token_until == -1)
        return "no expiry";
    if (!s->token_until || !localtime_r(&s->token_until, &tm) ||
        !strftime(text, sizeof text, "%F %R", &tm))
        return "unknown";
    return arena_printf(s->arena, "token until %s, renewed before that", text);
}

static void print_text(const status *s)
{
    for (uint32_t i = 0; i < s->trouble.len; i++)
        line("trouble:", s->trouble.items[i].text);
    if (msg_level() < 0)
        return;
    line("service:", service_text(s));
    line("server:", s->server);
    line("store:", store_name(s->store));
    line("full sync:", s->full_sync_at ? ago(s, s->full_sync_at) : "never of all projects");
    line("events:",
         arena_printf(s->arena, "%" PRId64 ", the last %s", s->events, ago(s, s->events_at)));
    line("log was read:", ago(s, s->read_at));
    line("position:", s->position ? arena_printf(s->arena, "%s, %s", s->position,
                                                 ago(s, (int64_t)s->position_at))
                                  : "none");
    line("skipped:", arena_printf(s->arena, "%" PRId64, s->skipped));
    line("last error:",
         s->error ? arena_printf(s->arena, "%s: %s", ago(s, s->error_at), s->error) : "none");
    line("log-in:", login_text(s));
}

static void add_text(const status *s, json *to, const char *key, const char *text)
{
    json_add(s->arena, to, key, text ? json_string(s->arena, text) : json_null());
}

static void add_time(const status *s, json *to, const char *key, int64_t at)
{
    json_add(s->arena, to, key, at > 0 ? json_integer(s->arena, at) : json_null());
}

static void print_json(const status *s)
{
    json v = json_object();
    json_add(s->arena, &v, "running", json_bool(s->running));
    json_add(s->arena, &v, "trouble", s->trouble);
    add_text(s, &v, "server", s->server);
    add_text(s, &v, "store", store_name(s->store));
    add_text(s, &v, "writer", s->writer);
    add_text(s, &v, "host", s->host);
    add_time(s, &v, "pid", s->pid);
    add_time(s, &v, "since", s->since);
    add_text(s, &v, "state", s->state);
    add_time(s, &v, "state_at", s->state_at);
    add_time(s, &v, "full_sync_at", s->full_sync_at);
    json_add(s->arena, &v, "events", json_integer(s->arena, s->events));
    add_time(s, &v, "events_at", s->events_at);
    add_time(s, &v, "read_at", s->read_at);
    add_text(s, &v, "checkpoint", s->position);
    json_add(s->arena, &v, "full_sync", s->wanting);
    json_add(s->arena, &v, "skipped", json_integer(s->arena, s->skipped));
    add_text(s, &v, "error", s->error);
    add_time(s, &v, "error_at", s->error_at);
    json_add(s->arena, &v, "bot", json_bool(s->bot));
    add_time(s, &v, "token_until", s->token_until);
    add_time(s, &v, "now", (int64_t)s->now);
    ndjson_write(&v);
}

/* ---- main --------------------------------------------------------------- */

static int tell(status *s, const options *o)
{
    error e;
    s->server = zou_find_server(&o->zou, &e);
    if (!s->server || !read_all(s, o, &e)) {
        msg_error("%s", e.what);
        return e.status;
    }
    judge(s);
    if (o->as_json)
        print_json(s);
    else
        print_text(s);
    return !s->running ? NO_SERVICE : s->trouble.len ? 1 : 0;
}

static int run(options *o)
{
    error e;
    status s = {.wanting = json_array(), .trouble = json_array()};
    s.store = store_open(o->store, STORE_READ, STORE_SECONDS, &e);
    if (!s.store) {
        msg_error("%s", e.what);
        return e.status;
    }
    s.arena = arena_new();
    o->zou.store = s.store;
    int code = tell(&s, o);
    free(s.server);
    arena_free(s.arena);
    store_close(s.store);
    return code;
}

int main(int argc, char **argv)
{
    static const program_help help = {
        .usage = "sync-status [OPTION]...",
        .about = "Report on the service that keeps OpenPype's projects in step with Kitsu.",
        .quiet = "report only what is wrong",
        .exit_status = "0 a service is running and well, 1 something is wrong, 3 no service."};
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
