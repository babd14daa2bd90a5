#include "zou/event_log.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/idset.h"
#include "base/limits.h"
#include "base/mem.h"
#include "record/event.h"
#include "zou/event_page.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* events of the first page of a quick reading, a few more than there usually are new
 * ones: for 100 Zou takes as long as for a change of a shot. Each page after it is
 * larger. */
#define QUICK_PAGE   25
#define QUICK_GROWTH 4

/* pages; of one reading: those of MAX_BEHIND events, and as many that bring nothing new. */
#define MAX_PAGES (2 * MAX_BEHIND / EVENT_PAGE_LARGEST)

struct event_log {
    zou *zou; /* borrowed */
    bool certain;
    double bottom_at; /* when the last reading to the bottom was */
    bool quick;       /* the last one was not */
    bool bordered;    /* the last one ended at a border, not at the log's end */

    event_position position;
    time_t at;             /* its created_at */
    arena *position_arena; /* owned: the position's */
    time_t *ids_at;        /* owned: the times of its ids */
    idset *known;          /* owned: its marks */

    arena *arena;  /* owned: the events' */
    event *events; /* owned; oldest first, while reading newest first */
    size_t n, cap;
    idset *seen; /* owned: their ids */

    /* What is too much for one batch is deferred to the next ones: events from the
     * second `borders[n_borders - 1]` on to that of the entry below it in this stack,
     * exclusive, and so on to the log's end. */
    time_t *borders; /* owned */
    size_t n_borders, borders_cap;
};

/* One reading under way. */
typedef struct reading {
    event_log *log;
    arena *arena;  /* owned: of a page */
    time_t bottom; /* older events are not needed */
    time_t before; /* seconds, exclusive: where the next page begins; 0: at the log's end */
    /* See place_next_page; empty: none. */
    char cursor[MAX_ID + 1], other_cursor[MAX_ID + 1];
    char expected[MAX_ID + 1];
    time_t expected_at;
    bool quick, at_bottom, met_known;
    size_t total;
} reading;

/* `p` lies in `position_arena`. */
static void set_position(event_log *l, event_position p, time_t at)
{
    l->position = p;
    l->at = at;
    idset_clear(l->known);
    for (uint32_t i = 0; i < p.ids.len; i++)
        idset_add(l->known, p.ids.items[i].text, p.ids.items[i].len);
}

static void start_at(event_log *l, const event_position *start)
{
    arena *a = l->position_arena;
    event_position p = {json_copy(a, &start->created_at), json_array()};
    time_t at = 0;
    event_time_parse(json_text(&p.created_at), &at);
    l->ids_at = xmalloc((start->ids.len + 1) * sizeof *l->ids_at);
    for (uint32_t i = 0; i < start->ids.len; i++)
        if (json_text(&start->ids.items[i])) {
            l->ids_at[p.ids.len] = at; /* or a little earlier */
            json_push(a, &p.ids, json_string(a, event_mark(a, start->ids.items[i].text)));
        }
    set_position(l, p, at);
}

event_log *event_log_new(zou *z, const event_position *start, bool certain)
{
    event_log *l = xmalloc(sizeof *l);
    *l = (event_log){.zou = z,
                     .certain = certain,
                     .bottom_at = -DEEP_SECONDS,
                     .position_arena = arena_new(),
                     .known = idset_new(),
                     .arena = arena_new(),
                     .seen = idset_new()};
    start_at(l, start);
    return l;
}

void event_log_free(event_log *l)
{
    if (!l)
        return;
    arena_free(l->position_arena);
    arena_free(l->arena);
    idset_free(l->known);
    idset_free(l->seen);
    free(l->ids_at);
    free(l->events);
    free(l->borders);
    free(l);
}

const event *event_log_events(const event_log *l, size_t *n)
{
    *n = l->n;
    return l->events;
}

const event_position *event_log_position(const event_log *l)
{
    return &l->position;
}

bool event_log_has_more(const event_log *l)
{
    return l->n_borders > 0 || l->bordered;
}

double event_log_due_in(const event_log *l)
{
    if (!l->quick)
        return -1;
    double remaining = l->bottom_at + DEEP_SECONDS - clock_now();
    return remaining > 0 ? remaining : 0;
}

/* ---- one event ---------------------------------------------------------- */

static event event_of(json record)
{
    event_record r;
    event_read(&record, &r);
    event e = {.record = record,
               .id = json_text(r.id),
               .name = r.name,
               .project_id = r.project_id,
               .data = r.data};
    event_time_parse(json_text(r.created_at), &e.created_at);
    return e;
}

static void add_event(event_log *l, const json *row)
{
    event_record r;
    event_read(row, &r); /* a row has an Event's members, and more */
    l->events = xgrow(l->events, l->n, &l->cap, sizeof *l->events);
    l->events[l->n++] = event_of(event_make(l->arena, &r));
}

/* ---- pages -------------------------------------------------------------- */

static event_reading get_page(event_log *l, arena *a, const char *query, json *page, error *e)
{
    switch (event_page_get(l->zou, a, query, page, e)) {
    case ZOU_OK: return EVENTS_READ;
    case ZOU_FORBIDDEN: return EVENTS_REFUSED;
    default: return EVENTS_FAILED;
    }
}

static event_reading next_page(reading *r, unsigned limit, json *page, error *e)
{
    arena *a = r->arena;
    arena_reset(a);
    json after = event_time(a, r->bottom - 1);
    const char *query = arena_printf(a, "limit=%u&after=%s", limit, after.text);
    if (r->before) {
        json before = event_time(a, r->before);
        query = arena_printf(a, "%s&before=%s", query, before.text);
    }
    if (*r->cursor)
        query = arena_printf(a, "%s&cursor_event_id=%s", query, r->cursor);
    return get_page(r->log, a, query, page, e);
}

/* Whether an event is one of the position's. */
static bool is_known(const reading *r, const char *id)
{
    const char *mark = event_mark(r->arena, id);
    return idset_has_text(r->log->known, mark);
}

static void add_page(reading *r, const json *page)
{
    event_log *l = r->log;
    for (uint32_t i = 0; i < page->len && !r->at_bottom; i++) {
        const char *id = event_page_id(page, i);
        size_t len = strlen(id);
        if (event_page_time(page, i) < r->bottom) {
            r->at_bottom = true;
        } else if (is_known(r, id)) {
            r->met_known = true;
        } else if (idset_add(l->seen, id, len)) {
            add_event(l, &page->items[i]);
            r->total++;
        }
    }
}

/* Where the page after this full one begins. `before` has whole seconds only, so it is
 * the end of the second of the last event, which skips nothing. For a page that lies
 * within one second that is no progress: then it is Zou's cursor, which gives events
 * that are strictly older than one, by microseconds, which Zou does not show. Events
 * with the last one's microsecond would be lost; so the cursor is an event of the
 * page's middle, and nothing is lost if the last event comes again. */
static void place_next_page(reading *r, const json *page)
{
    uint32_t last = page->len - 1;
    time_t end = event_page_time(page, last) + 1;
    *r->cursor = *r->other_cursor = '\0';
    if (r->before ? end < r->before : event_page_time(page, 0) != event_page_time(page, last)) {
        r->before = end;
        return;
    }
    strcpy(r->cursor, event_page_id(page, page->len / 2));
    strcpy(r->other_cursor, event_page_id(page, 0));
    strcpy(r->expected, event_page_id(page, last));
    r->expected_at = event_page_time(page, last);
}

/* Whether a page continues the one whose last event is expected; a server that knows
 * no cursor gives the same page forever. */
static bool continues(const json *page, unsigned limit, const char *expected)
{
    return event_page_has(page, expected) &&
           (page->len < limit || strcmp(event_page_id(page, page->len - 1), expected) != 0);
}

/* A page after a cursor has to contain what is expected. */
static event_reading get_joined_page(reading *r, unsigned limit, json *page, error *e)
{
    event_reading got = next_page(r, limit, page, e);
    if (got != EVENTS_READ || !*r->cursor || continues(page, limit, r->expected))
        return got;
    if (*r->other_cursor) {
        strcpy(r->cursor, r->other_cursor);
        *r->other_cursor = '\0';
        return get_joined_page(r, limit, page, e);
    }
    json at = event_time(r->arena, r->expected_at);
    error_set(e, EX_TEMPFAIL,
              "full sync needed: more events at one moment (%s) than Kitsu's log can show",
              at.text);
    return EVENTS_GAP;
}

/* ---- more than a batch -------------------------------------------------- */

/* Forget the newer half of what was read, to read it again later: the log comes newest
 * first, and the oldest are written first. A second is never cut in two, as the log can
 * only be asked for whole ones. */
static void defer_newest(event_log *l)
{
    time_t oldest = l->events[l->n - 1].created_at, border = l->events[l->n / 2].created_at;
    if (border <= oldest)
        border = oldest + 1;
    size_t kept = 0;
    arena *a = arena_new();
    idset_clear(l->seen);
    for (size_t i = 0; i < l->n; i++) {
        if (l->events[i].created_at >= border)
            continue;
        event e = event_of(json_copy(a, &l->events[i].record));
        idset_add_text(l->seen, e.id);
        l->events[kept++] = e;
    }
    if (kept < l->n) {
        l->borders = xgrow(l->borders, l->n_borders, &l->borders_cap, sizeof *l->borders);
        l->borders[l->n_borders++] = border;
    }
    l->n = kept;
    arena_free(l->arena);
    l->arena = a;
}

/* Defer until no more is held than a batch may have. */
static event_reading keep_batch(event_log *l, error *e)
{
    size_t before = 0;
    while (l->n != before && (l->n > MAX_BATCH || arena_size(l->arena) > MAX_HELD)) {
        before = l->n;
        defer_newest(l);
    }
    if (arena_size(l->arena) <= MAX_HELD)
        return EVENTS_READ;
    error_set(e, EX_TEMPFAIL, "full sync needed: more than %zu MiB of events at one moment (%s)",
              MAX_HELD / 1024 / 1024, json_text(json_get(&l->events[0].record, "created_at")));
    return EVENTS_GAP;
}

/* ---- one reading -------------------------------------------------------- */

static void reverse(event_log *l)
{
    for (size_t i = 0; i < l->n / 2; i++) {
        event swap = l->events[i];
        l->events[i] = l->events[l->n - 1 - i];
        l->events[l->n - 1 - i] = swap;
    }
}

/* Set the position after the events, which are newest first. */
static void advance(event_log *l)
{
    time_t overlap = event_overlap(), at = l->at,
           *ids_at = xmalloc((l->n + l->position.ids.len + 1) * sizeof *ids_at);
    for (size_t i = 0; i < l->n; i++)
        if (l->events[i].created_at > at)
            at = l->events[i].created_at;
    /* One host's wrong clock must not put the events of the others before the
     * position. */
    time_t latest = zou_date(l->zou) + EVENT_PAGE_MAX_AHEAD;
    if (at > latest)
        at = latest > l->at ? latest : l->at;
    arena *a = arena_new();
    event_position p = {event_time(a, at), json_array()};
    for (size_t i = 0; i < l->n; i++)
        if (l->events[i].created_at >= at - overlap) {
            ids_at[p.ids.len] = l->events[i].created_at;
            json_push(a, &p.ids, json_string(a, event_mark(a, l->events[i].id)));
        }
    for (uint32_t i = 0; i < l->position.ids.len; i++)
        if (l->ids_at[i] >= at - overlap) {
            ids_at[p.ids.len] = l->ids_at[i];
            json_push(a, &p.ids, json_copy(a, &l->position.ids.items[i]));
        }
    set_position(l, p, at);
    arena_free(l->position_arena);
    l->position_arena = a;
    free(l->ids_at);
    l->ids_at = ids_at;
}

/* Whether the log still has an event of the position, or an earlier one: else events
 * may have been removed from it that we have not seen. */
static event_reading look_back(event_log *l, error *e)
{
    json page;
    arena *a = arena_new();
    json before = event_time(a, l->at + 1);
    event_reading got = get_page(l, a, arena_printf(a, "limit=1&before=%s", before.text), &page, e);
    bool reaches = got != EVENTS_READ || page.len > 0;
    if (!reaches) { /* nothing was removed from an empty log */
        got = get_page(l, a, "limit=1", &page, e);
        reaches = got != EVENTS_READ || page.len == 0;
    }
    if (!reaches) {
        error_set(e, EX_TEMPFAIL, "full sync needed: Kitsu's log does not reach back to %s",
                  json_text(&l->position.created_at));
        got = EVENTS_GAP;
    }
    arena_free(a);
    return got;
}

static event_reading read_pages(reading *r, error *e)
{
    event_log *l = r->log;
    unsigned limit = r->quick ? QUICK_PAGE : EVENT_PAGE_LARGEST, pages = 0;
    for (bool more = true; more; limit = limit * QUICK_GROWTH) {
        json page;
        if (limit > EVENT_PAGE_LARGEST)
            limit = EVENT_PAGE_LARGEST;
        event_reading got = get_joined_page(r, limit, &page, e);
        if (got != EVENTS_READ)
            return got;
        add_page(r, &page);
        more = page.len >= limit && !r->at_bottom;
        if (more && r->quick) {
            more = !is_known(r, event_page_id(&page, page.len - 1));
        }
        if (r->total > MAX_BEHIND || ++pages > MAX_PAGES) {
            error_set(e, EX_TEMPFAIL, "full sync needed: more than %d events since %s", MAX_BEHIND,
                      json_text(&l->position.created_at));
            return EVENTS_GAP;
        }
        if (more)
            place_next_page(r, &page);
        if ((got = keep_batch(l, e)) != EVENTS_READ)
            return got;
    }
    if (r->quick || r->met_known || l->position.ids.len == 0)
        return EVENTS_READ;
    error_set(e, EX_TEMPFAIL,
              "full sync needed: Kitsu's log no longer has any of the events before %s",
              json_text(&l->position.created_at));
    return EVENTS_GAP;
}

/* Whether Kitsu's clock was not set back: events that it dates before the position
 * would never be seen. */
static event_reading check_clock(const event_log *l, error *e)
{
    if (l->at <= zou_date(l->zou) + event_overlap())
        return EVENTS_READ;
    error_set(e, EX_TEMPFAIL, "full sync needed: Kitsu's clock was set back: it is before %s",
              json_text(&l->position.created_at));
    return EVENTS_GAP;
}

event_reading event_log_read(event_log *l, error *e)
{
    double now = clock_now();
    size_t n_borders = l->n_borders;
    reading r = {.log = l,
                 .arena = arena_new(),
                 .bottom = l->at - event_overlap(),
                 .before = n_borders ? l->borders[n_borders - 1] : 0,
                 .quick = n_borders == 0 && l->position.ids.len > QUICK_PAGE &&
                          now - l->bottom_at < DEEP_SECONDS};
    l->n = 0;
    arena_reset(l->arena);
    idset_clear(l->seen);
    event_reading got = EVENTS_READ;
    if (!l->certain && l->position.ids.len == 0)
        got = look_back(l, e);
    if (got == EVENTS_READ)
        got = read_pages(&r, e);
    if (got == EVENTS_READ)
        got = check_clock(l, e);
    arena_free(r.arena);
    if (got != EVENTS_READ) {
        l->n = 0;
        l->n_borders = n_borders;
        return got;
    }
    if (n_borders && l->n_borders == n_borders)
        l->n_borders--; /* all of this part was read */
    l->certain = true;
    l->bordered = n_borders > 0;
    l->quick = r.quick && l->n > 0;
    if (!r.quick)
        l->bottom_at = now;
    if (l->n) {
        advance(l);
        reverse(l);
    }
    return EVENTS_READ;
}
