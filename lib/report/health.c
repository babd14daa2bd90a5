#include "report/health.h"

#include "record/record.h"
#include "store/lease.h"
#include "store/state.h"
#include "store/state_skipped.h"
#include "zou/event_log.h"
#include "zou/session_file.h"
#include "zou/token.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_UNREAD 180   /* seconds that Kitsu's log may go unread; it is read every 60 */
#define MAX_FULL   21600 /* seconds that a full synchronisation may take */

/* ---- reading ------------------------------------------------------------ */

/* One of the suite's own documents; an empty object if there is none. */
static bool read_document(health *h, store *s, const char *name, json *document, error *e)
{
    json id = json_string(h->arena, name);
    bool found;
    *document = json_object();
    return store_get(s, state_ns(s), &id, h->arena, document, &found, e);
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

/* A service has handed over the lease, or waits for its turn. */
static bool is_wanted_by_service(const json *lease_document, double now)
{
    const json *wanted = json_get(lease_document, "wanted");
    double until = 0;
    return json_double(json_get(wanted, "until"), &until) && lease_is_valid(until, now) &&
           json_true(json_get(wanted, "service"));
}

/* The lease, and what its last service recorded of itself: it runs if it still holds it. */
static bool read_service(health *h, store *s, error *e)
{
    json lease_document, service;
    if (!read_document(h, s, "lease", &lease_document, e) ||
        !read_document(h, s, "service", &service, e))
        return false;
    const char *owner = text_of(&service, "owner");
    double expires = 0;
    json_double(json_get(&lease_document, "expires"), &expires);
    h->writer = lease_is_valid(expires, h->now) ? text_of(&lease_document, "owner") : NULL;
    h->running = h->writer && owner && strcmp(h->writer, owner) == 0;
    h->waits = !h->running && h->writer && is_wanted_by_service(&lease_document, h->now);
    const char *holder = text_of(&lease_document, "owner"); /* NULL: it was released */
    h->lost = !h->writer && holder && owner && strcmp(holder, owner) == 0;
    h->lost_at = (int64_t)expires;
    h->host = text_of(&service, "host");
    const char *process = text_of(&service, "process"); /* the service's, not op-lease's */
    json_int64(json_get(&service, "pid"), &h->pid);
    if (process)
        h->pid = strtoll(process, NULL, 10);
    h->since = time_of(&service, "since");
    h->state = text_of(&service, "state");
    h->state_at = time_of(&service, "state_at");
    h->full = text_of(&service, "full");
    h->full_noted_at = time_of(&service, "full_at");
    h->gap = text_of(&service, "gap");
    h->gap_at = time_of(&service, "gap_at");
    h->error = text_of(&service, "error");
    h->error_at = time_of(&service, "error_at");
    return true;
}

static bool read_synced(health *h, store *s, const char *server, error *e)
{
    json synced;
    bool found;
    if (!state_synced(s, server, h->arena, &synced, &found, e))
        return false;
    if (found) {
        h->full_sync_at = time_of(&synced, "full_sync_at");
        h->events = time_of(&synced, "events");
        h->events_at = time_of(&synced, "events_at");
        h->read_at = time_of(&synced, "read_at");
        const json *missing = json_get(&synced, "missing");
        h->missing = record_is_texts(missing) ? *missing : h->missing;
    }
    return true;
}

/* The position of all projects, or the oldest if each has its own. */
static bool read_positions(health *h, store *s, const char *server, error *e)
{
    state_checkpoint *list;
    size_t n;
    if (!state_checkpoints(s, server, h->arena, &list, &n, e))
        return false;
    bool all = false;
    for (size_t i = 0; i < n; i++) {
        const char *text = json_text(&list[i].created_at);
        time_t at;
        if (list[i].full_sync && list[i].project_id) {
            json_push(h->arena, &h->awaiting_full, json_string(h->arena, list[i].project_id));
            if (!h->awaiting_why && list[i].why)
                h->awaiting_why = list[i].why;
        }
        if (!text || !event_time_parse(text, &at) || all)
            continue;
        all = !list[i].project_id;
        if (all || !h->position || at < h->position_at) {
            h->position = text;
            h->position_at = at;
        }
    }
    return true;
}

/* When the user's token expires. */
static void read_login(health *h, const char *server, const char *given)
{
    const char *login = given ? given : getenv("KITSU_LOGIN");
    const char *token = getenv("KITSU_TOKEN");
    h->bot = !given && token && *token;
    if (h->bot || !login || !*login)
        return;
    session_file *f = session_file_open(server, login);
    tokens t;
    if (session_file_read(f, &t))
        h->token_until = token_expiry(t.access, t.access_at);
    tokens_clear(&t);
    session_file_close(f);
}

bool health_read(health *h, store *s, const char *server, const char *login, arena *a, error *e)
{
    *h = (health){.arena = a,
                  .missing = json_array(),
                  .awaiting_full = json_array(),
                  .trouble = json_array()};
    if (!store_now(s, &h->now, e) || !read_service(h, s, e) || !read_synced(h, s, server, e) ||
        !read_positions(h, s, server, e) || !state_skipped_count(s, a, &h->skipped, e))
        return false;
    read_login(h, server, login);
    return true;
}

/* ---- judging ------------------------------------------------------------ */

const char *health_span(arena *a, double seconds)
{
    static const struct {
        double seconds;
        const char *unit;
    } units[] = {{86400, "days"}, {3600, "h"}, {60, "min"}, {0, "s"}};
    size_t i = 0;
    seconds = fmax(seconds, 0); /* another's clock may be ahead */
    while (seconds < 2 * units[i].seconds)
        i++;
    double n = units[i].seconds > 0 ? seconds / units[i].seconds : seconds;
    return arena_printf(a, "%.0f %s", floor(n), units[i].unit);
}

const char *health_ago(const health *h, int64_t at)
{
    return at ? arena_printf(h->arena, "%s ago", health_span(h->arena, h->now - (double)at))
              : "never";
}

static void add_trouble(health *h, const char *text)
{
    json_push(h->arena, &h->trouble, json_string(h->arena, text));
}

static int64_t latest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void judge_reading(health *h)
{
    bool in_full = h->state && strcmp(h->state, "synchronising") == 0;
    int64_t good = latest(latest(h->read_at, h->since), h->full_noted_at);
    if (in_full && h->now - (double)h->state_at > MAX_FULL)
        add_trouble(h, arena_printf(h->arena, "a full synchronisation has been running for %s",
                                    health_span(h->arena, h->now - (double)h->state_at)));
    if (!in_full && h->now - (double)good > MAX_UNREAD)
        add_trouble(h, arena_printf(h->arena, "Kitsu's events were not read for %s%s%s",
                                    health_span(h->arena, h->now - (double)good),
                                    h->error ? ": " : "", h->error ? h->error : ""));
}

static void judge_service(health *h)
{
    judge_reading(h);
    if (h->full && strncmp(h->full, "failed", 6) == 0 && h->full_noted_at >= h->full_sync_at)
        add_trouble(h, arena_printf(h->arena, "the last full synchronisation %s", h->full));
    if (h->gap && h->gap_at >= h->full_sync_at)
        add_trouble(h, arena_printf(h->arena,
                                    "events were missed %s: a full synchronisation is needed",
                                    health_ago(h, h->gap_at)));
    for (uint32_t i = 0; i < h->missing.len; i++)
        add_trouble(h, arena_printf(h->arena,
                                    "%s: Kitsu has no such project, or this user may not see it; "
                                    "it is looked for each minute",
                                    h->missing.items[i].text));
}

/* What every synchronisation leaves, a service's or not. */
static void judge_projects(health *h)
{
    if (h->awaiting_full.len)
        add_trouble(
            h, arena_printf(h->arena, "%" PRIu32 " project%s want%s a full synchronisation%s%s",
                            h->awaiting_full.len, h->awaiting_full.len == 1 ? "" : "s",
                            h->awaiting_full.len == 1 ? "s" : "", h->awaiting_why ? ": " : "",
                            h->awaiting_why ? h->awaiting_why : ""));
}

void health_judge(health *h)
{
    if (h->waits)
        return;
    if (h->lost)
        add_trouble(h, arena_printf(h->arena,
                                    "the service on %s was killed, or lost the store, %s, and no "
                                    "other has taken over",
                                    h->host ? h->host : "?", health_ago(h, h->lost_at)));
    if (h->running) /* else the exit status tells: with cron, all may be well */
        judge_service(h);
    judge_projects(h);
}
