/* zou/event_log.h: each event of a log once, without a Kitsu. The input is what happens, a byte
 * for each: events, also late ones and many at a time, time that goes on, readings, restarts. */
#include "fuzz.h"

#include "base/clock.h"
#include "base/idset.h"
#include "zou/event_head.h"
#include "zou/event_log.h"

#define BEGIN       1795396654 /* seconds; the server's time at first */
#define MAX_EVENTS  1200       /* more than one of Zou's largest pages */
#define MANY        40         /* events at a time; more than a quick page */
#define MICROSECOND 1000000

typedef struct logged {
    int64_t at; /* microseconds */
    unsigned number;
    bool due; /* it came after the position where the reader began */
} logged;

/* The server: newest first. */
static logged events[MAX_EVENTS];
static unsigned n_events;
static double now; /* seconds since the beginning */

/* ---- in place of base/clock.c and zou/zou.c --------------------------------------- */

double clock_now(void)
{
    return now;
}

double clock_setting(const char *variable, double usual)
{
    (void)variable;
    return usual;
}

time_t zou_date(const zou *z)
{
    (void)z;
    return BEGIN + (time_t)now;
}

const char *zou_server(const zou *z)
{
    (void)z;
    return "https://kitsu/api";
}

/* A time of the query, in microseconds; -1: it has none. */
static int64_t time_in(const char *query, const char *key)
{
    time_t t;
    char text[20] = "";
    const char *found = strstr(query, key);
    if (!found)
        return -1;
    strncpy(text, found + strlen(key), 19);
    require(event_time_parse(text, &t), "a query has times of Zou's");
    return (int64_t)t * MICROSECOND;
}

static int64_t cursor_in(const char *query)
{
    const char *found = strstr(query, "cursor_event_id=e");
    unsigned number = found ? (unsigned)strtoul(strchr(found, '=') + 2, NULL, 10) : 0;
    for (unsigned i = 0; found && i < n_events; i++)
        if (events[i].number == number)
            return events[i].at;
    return INT64_MAX;
}

static bool give(const logged *l, json_element_fn *fn, void *context)
{
    char id[16], text[160], date[32];
    time_t seconds = (time_t)(l->at / MICROSECOND);
    struct tm tm;
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    snprintf(id, sizeof id, "e%u", l->number);
    int len = snprintf(text, sizeof text,
                       "{\"id\":\"%s\",\"created_at\":\"%s\",\"name\":\"shot:update\"}", id, date);
    json_element e = {.text = text, .len = (size_t)len, .id = id, .name = "shot:update"};
    return fn(context, &e);
}

/* As Zou: what is after `after`, before `before`, older than the cursor. */
zou_result zou_list(zou *z, const char *path, json_element_fn *fn, void *context, error *e)
{
    (void)z, (void)e;
    unsigned limit = (unsigned)strtoul(strstr(path, "limit=") + 6, NULL, 10);
    int64_t after = time_in(path, "after="), before = time_in(path, "before=");
    int64_t cursor = cursor_in(path);
    for (unsigned i = 0; i < n_events && limit; i++) {
        int64_t at = events[i].at;
        if (at <= after || (before >= 0 && at >= before) || at >= cursor)
            continue;
        limit--;
        if (!give(&events[i], fn, context))
            return ZOU_STOPPED;
    }
    return ZOU_OK;
}

/* ---- what happens ----------------------------------------------------------------- */

/* An event is committed now, dated `late` seconds ago. */
static void commit(unsigned late, bool due)
{
    if (n_events == MAX_EVENTS)
        return;
    logged new = {.at = (int64_t)((BEGIN + now - late) * MICROSECOND) + n_events,
                  .number = n_events,
                  .due = due};
    unsigned i = n_events++;
    for (; i > 0 && events[i - 1].at < new.at; i--)
        events[i] = events[i - 1];
    events[i] = new;
}

/* Of the last reading: each is new, is due, and none is before the one before it. */
static void take(event_log *l, idset *taken)
{
    size_t n;
    const event *list = event_log_events(l, &n);
    for (size_t i = 0; i < n; i++) {
        require(idset_add(taken, list[i].id, strlen(list[i].id)), "no event comes twice");
        require(i == 0 || list[i].created_at >= list[i - 1].created_at, "the oldest is first");
    }
}

static void read_log(event_log *l, idset *taken)
{
    error e = {.what = ""};
    do {
        event_reading got = event_log_read(l, &e);
        require_same(got == EVENTS_READ ? "" : e.what, "", "the log can be read");
        take(l, taken);
    } while (event_log_has_more(l));
}

static event_log *restart(event_log *l)
{
    const event_position *p = event_log_position(l);
    event_log *fresh = event_log_new(NULL, p, false);
    event_log_free(l);
    return fresh;
}

/* What a byte stands for. */
static event_log *happen(event_log *l, uint8_t what, idset *taken)
{
    unsigned amount = what & 0x1f;
    switch (what >> 5) {
    case 0:
    case 1: commit(amount % 4, true); break;
    case 2: commit(amount + 4, true); break;
    case 3:
        for (unsigned i = 0; i < MANY * (amount % 4); i++)
            commit(i % (amount + 1), true);
        break;
    case 4: now += amount / 8.0; break;
    case 5: now += amount * 4; break;
    case 6: read_log(l, taken); break;
    default: l = restart(l); break;
    }
    return l;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new();
    idset *taken = idset_new();
    event_position start;
    error e;
    n_events = 0;
    now = 0;
    commit(0, false); /* of an empty log a later reader could not tell that it was */
    for (; size && *data < 8; data++, size--)
        commit(*data * 8, false);
    require(event_head_read(NULL, a, &start, &e) == ZOU_OK, "the log's end can be read");
    event_log *l = event_log_new(NULL, &start, true);
    for (size_t i = 0; i < size && i < 80; i++)
        l = happen(l, data[i], taken);
    now += DEEP_SECONDS; /* the last reading goes to the bottom */
    read_log(l, taken);
    for (unsigned i = 0; i < n_events; i++) {
        char id[16];
        snprintf(id, sizeof id, "e%u", events[i].number);
        require(idset_has(taken, id, strlen(id)) == events[i].due,
                "each event comes, and no other");
    }
    event_log_free(l);
    idset_free(taken);
    arena_free(a);
    return 0;
}
