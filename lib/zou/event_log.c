#include "zou/event_log.h"

#include "base/clock.h"
#include "base/idset.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/msg.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* Events of one request. A studio at work makes less in ten seconds; an import
 * makes more, hence the larger pages after the first (Zou's most is 1000). */
#define FIRST_PAGE 100
#define NEXT_PAGE  1000

#define MAX_AHEAD 1 /* second; an event may be dated that much after the answer's Date */

bool event_time_parse(const char *text, time_t *out)
{
    struct tm tm = {0};
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    if (!end || *end)
        return false;
    *out = timegm(&tm);
    return true;
}

json event_time(arena *a, time_t t)
{
    char text[32];
    struct tm tm;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&t, &tm));
    return json_string(a, text);
}

/* A page in the making. */
typedef struct rows {
    arena *arena;
    json *page;
} rows;

/* A row that is too large or nested too deep (some of Zou's events hold what a
 * user has sent) must not hide the others: what is left of it still says that
 * something happened, and its time is that of the row before it. */
static json outline_row(arena *a, const json_element *e, const json *page)
{
    const json *last = page->len ? &page->items[page->len - 1] : NULL;
    json row = json_object();
    json_add(a, &row, "id", json_string(a, e->id ? e->id : ""));
    json_add(a, &row, "created_at", last ? *json_get(last, "created_at") : json_null());
    json_add(a, &row, "name", json_string(a, e->name ? e->name : ""));
    return row;
}

static bool add_row(void *context, const json_element *e, const json *row)
{
    rows *r = context;
    json_push(r->arena, r->page, row ? *row : outline_row(r->arena, e, r->page));
    return true;
}

/* Of such a row at the top, the time of the next. */
static void date_first(const zou *z, arena *a, json *page)
{
    uint32_t first = 0;
    while (first < page->len && json_is_null(json_get(&page->items[first], "created_at")))
        first++;
    json at = first < page->len ? *json_get(&page->items[first], "created_at")
                                : event_time(a, zou_date(z));
    for (uint32_t i = 0; i < first; i++) {
        page->items[i] = json_copy_shallow(a, &page->items[i]);
        json_set(a, &page->items[i], "created_at", at);
    }
}

static zou_result get_rows(zou *z, const char *path, arena *a, json *page, error *e)
{
    rows r = {a, page};
    *page = json_array();
    zou_result result = zou_list_trees(z, path, a, add_row, &r, e);
    if (result == ZOU_OK)
        date_first(z, a, page);
    return result;
}

static const char *id_at(const json *page, uint32_t i)
{
    return json_text(json_get(&page->items[i], "id"));
}

static bool holds(const json *page, const char *id)
{
    for (uint32_t i = 0; i < page->len; i++)
        if (id_at(page, i) && strcmp(id_at(page, i), id) == 0)
            return true;
    return false;
}

/* Zou writes this event some commits before the asset goes: whoever reads the
 * asset in between must meet the event once more. */
static bool comes_early(const json *row)
{
    const char *name = json_text(json_get(row, "name"));
    return name && strcmp(name, "asset:delete") == 0;
}

/* Take in a page, newest first. False: it is not what the log gives. `*more`:
 * it ends within the overlap, so what follows belongs to it too. Events that
 * are dated after `latest` belong to it, the position does not lie there. */
static bool add_page(arena *a, const json *page, uint32_t asked, time_t latest, event_position *p,
                     const char **last, bool *more)
{
    time_t newest, created_at;
    *more = page->len >= asked;
    for (uint32_t i = 0; i < page->len; i++) {
        const json *row = &page->items[i], *id = json_get(row, "id");
        const char *at = json_text(json_get(row, "created_at"));
        if (!json_text(id) || !event_time_parse(at, &created_at))
            return false;
        if (json_is_null(&p->created_at))
            p->created_at = event_time(a, created_at < latest ? created_at : latest);
        event_time_parse(json_text(&p->created_at), &newest);
        if (created_at < newest - EVENT_OVERLAP) {
            *more = false;
            break;
        }
        *last = json_text(id);
        if (!comes_early(row))
            json_push(a, &p->ids, *id);
    }
    return true;
}

zou_result event_log_head(zou *z, arena *a, event_position *out, error *e)
{
    uint32_t limit = FIRST_PAGE;
    *out = (event_position){json_null(), json_array()};
    const char *last = NULL;
    for (bool more = true; more; limit = NEXT_PAGE) {
        json page;
        const char *path = arena_printf(a, "/data/events/last?limit=%u", (unsigned)limit);
        if (last)
            path = arena_printf(a, "%s&cursor_event_id=%s", path, last);
        zou_result result = get_rows(z, path, a, &page, e);
        if (result == ZOU_FORBIDDEN && !last) {
            msg_info("%s: the log of events cannot be read with this role", zou_server(z));
            return ZOU_OK;
        }
        if (result != ZOU_OK)
            return result;
        bool follows = !last || !json_is(&page, JSON_ARRAY) || !holds(&page, last);
        time_t latest = zou_date(z) + MAX_AHEAD;
        if (!json_is(&page, JSON_ARRAY) || !follows ||
            !add_page(a, &page, limit, latest, out, &last, &more)) {
            error_set(e, EX_PROTOCOL, "GET %s: not a list of Zou's events", path);
            return ZOU_FAILED;
        }
    }
    if (json_is_null(&out->created_at))
        out->created_at = event_time(a, zou_date(z));
    return ZOU_OK;
}

/* ---- reading on --------------------------------------------------------- */

/* Events of the first page of a quick reading, a few more than there are new ones
 * at most times: Zou takes as long for 100 as for a change of a shot. The pages
 * after it are each larger. */
#define QUICK_PAGE   25
#define QUICK_GROWTH 4

#define MAX_ID 64 /* bytes; a UUID has 36 */

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
    idset *known;          /* owned: its ids */

    arena *arena;  /* owned: the events' */
    event *events; /* owned; oldest first, while reading newest first */
    size_t n, cap;
    idset *seen; /* owned: their ids */

    /* What is too much for one batch is left for the next ones: events from
     * the second `borders[n_borders - 1]` on, exclusive, to the one below it in
     * this stack, and so on to the log's end. */
    time_t *borders; /* owned */
    size_t n_borders, borders_cap;
};

/* One reading under way. */
typedef struct reading {
    event_log *log;
    arena *arena;  /* owned: of a page */
    time_t bottom; /* older ones are not of interest */
    time_t before; /* seconds, exclusive: where the next page begins; 0: at the log's end */
    char cursor[MAX_ID + 1], other_cursor[MAX_ID + 1]; /* see next_page; empty: none */
    char expected[MAX_ID + 1];
    bool quick, at_bottom, met_known;
    size_t total;
} reading;

/* Take `p`, which lies in `position_arena`, for the position. */
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
            json_push(a, &p.ids, json_copy(a, &start->ids.items[i]));
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
    double left = l->bottom_at + DEEP_SECONDS - clock_now();
    return left > 0 ? left : 0;
}

/* ---- one event ---------------------------------------------------------- */

static event event_of(json record)
{
    event e = {.record = record};
    e.id = json_text(json_get(&e.record, "id"));
    e.name = json_text(json_get(&e.record, "name"));
    e.project_id = json_text(json_get(&e.record, "project_id"));
    e.data = json_get(&e.record, "data");
    event_time_parse(json_text(json_get(&e.record, "created_at")), &e.created_at);
    return e;
}

json event_record(arena *a, const json *id, const json *created_at, const char *name,
                  const json *project_id, const json *data)
{
    json record = json_object();
    if (!json_text(project_id))
        project_id = json_get(data, "project_id");
    json_add(a, &record, "type", json_string(a, "Event"));
    json_add(a, &record, "id", id ? json_copy(a, id) : json_null());
    json_add(a, &record, "created_at", created_at ? json_copy(a, created_at) : json_null());
    json_add(a, &record, "name", json_string(a, name));
    json_add(a, &record, "project_id",
             json_text(project_id) ? json_copy(a, project_id) : json_null());
    json_add(a, &record, "data", data ? json_copy(a, data) : json_null());
    return record;
}

static void add_event(event_log *l, const json *row)
{
    const char *name = json_text(json_get(row, "name"));
    l->events = xgrow(l->events, l->n, &l->cap, sizeof *l->events);
    l->events[l->n++] = event_of(event_record(l->arena, json_get(row, "id"),
                                              json_get(row, "created_at"), name ? name : "",
                                              json_get(row, "project_id"), json_get(row, "data")));
}

/* Whether it can be part of an address. */
static bool is_id(const char *id)
{
    size_t len = id ? strlen(id) : 0;
    return len > 0 && len <= MAX_ID &&
           strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len;
}

static time_t time_at(const json *page, uint32_t i)
{
    time_t t = 0;
    event_time_parse(json_text(json_get(&page->items[i], "created_at")), &t);
    return t;
}

/* ---- pages -------------------------------------------------------------- */

static bool is_page(const json *page)
{
    time_t unused;
    if (!json_is(page, JSON_ARRAY))
        return false;
    for (uint32_t i = 0; i < page->len; i++)
        if (!is_id(id_at(page, i)) ||
            !event_time_parse(json_text(json_get(&page->items[i], "created_at")), &unused))
            return false;
    return true;
}

static event_reading get_page(event_log *l, arena *a, const char *query, json *page, error *e)
{
    const char *path = arena_printf(a, "/data/events/last?%s", query);
    zou_result result = get_rows(l->zou, path, a, page, e);
    if (result == ZOU_FORBIDDEN)
        return EVENTS_REFUSED;
    if (result != ZOU_OK)
        return EVENTS_FAILED;
    if (is_page(page))
        return EVENTS_READ;
    error_set(e, EX_PROTOCOL, "GET %s: not a list of Zou's events", path);
    return EVENTS_FAILED;
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

static void take_page(reading *r, const json *page)
{
    event_log *l = r->log;
    for (uint32_t i = 0; i < page->len && !r->at_bottom; i++) {
        const char *id = id_at(page, i);
        size_t len = strlen(id);
        if (time_at(page, i) < r->bottom) {
            r->at_bottom = true;
        } else if (idset_has(l->known, id, len)) {
            r->met_known = true;
        } else if (idset_add(l->seen, id, len)) {
            add_event(l, &page->items[i]);
            r->total++;
        }
    }
}

/* Where the page after this full one begins. Within the same second as its
 * last event: `before` has whole seconds only, so from the end of that second
 * again, which skips nothing. A page that lies within one second gets no
 * further that way: then Zou's cursor, which gives events strictly older than
 * one, by microseconds, that are not shown. Those that share the last event's
 * microsecond would be lost; so the cursor is one from the page's middle, and
 * nothing is lost if the last event comes again. */
static void aim_after(reading *r, const json *page)
{
    uint32_t last = page->len - 1;
    time_t end = time_at(page, last) + 1;
    *r->cursor = *r->other_cursor = '\0';
    if (r->before ? end < r->before : time_at(page, 0) != time_at(page, last)) {
        r->before = end;
        return;
    }
    strcpy(r->cursor, id_at(page, page->len / 2));
    strcpy(r->other_cursor, id_at(page, 0));
    strcpy(r->expected, id_at(page, last));
}

/* Whether a page follows the one whose last event is expected; not from a server
 * that knows no cursor, and gives the same page for ever. */
static bool goes_on(const json *page, unsigned limit, const char *expected)
{
    return holds(page, expected) &&
           (page->len < limit || strcmp(id_at(page, page->len - 1), expected) != 0);
}

/* A page behind a cursor has to hold what is expected. */
static event_reading get_joined_page(reading *r, unsigned limit, json *page, error *e)
{
    event_reading got = next_page(r, limit, page, e);
    if (got != EVENTS_READ || !*r->cursor || goes_on(page, limit, r->expected))
        return got;
    if (*r->other_cursor) {
        strcpy(r->cursor, r->other_cursor);
        *r->other_cursor = '\0';
        return get_joined_page(r, limit, page, e);
    }
    json at = event_time(r->arena, r->before - 1);
    error_set(e, EX_TEMPFAIL,
              "full sync needed: more events at one moment (%s) than Kitsu's log can show",
              at.text);
    return EVENTS_GAP;
}

/* ---- more than a batch -------------------------------------------------- */

/* Forget the newer half of what was read, to be read later: the log comes newest
 * first, and the oldest are wanted first. A second is never cut in two, as the
 * log can only be asked for whole ones. */
static void leave_newest(event_log *l)
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
        idset_add(l->seen, e.id, strlen(e.id));
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

/* ---- one reading -------------------------------------------------------- */

static void turn_around(event_log *l)
{
    for (size_t i = 0; i < l->n / 2; i++) {
        event swap = l->events[i];
        l->events[i] = l->events[l->n - 1 - i];
        l->events[l->n - 1 - i] = swap;
    }
}

/* Set the position behind the events, which are newest first. */
static void advance(event_log *l)
{
    time_t at = l->at, *ids_at = xmalloc((l->n + l->position.ids.len + 1) * sizeof *ids_at);
    for (size_t i = 0; i < l->n; i++)
        if (l->events[i].created_at > at)
            at = l->events[i].created_at;
    /* One host's clock that is wrong must not put what comes from the others
     * before the position. */
    time_t latest = zou_date(l->zou) + MAX_AHEAD;
    if (at > latest)
        at = latest > l->at ? latest : l->at;
    arena *a = arena_new();
    event_position p = {event_time(a, at), json_array()};
    for (size_t i = 0; i < l->n; i++)
        if (l->events[i].created_at >= at - EVENT_OVERLAP) {
            ids_at[p.ids.len] = l->events[i].created_at;
            json_push(a, &p.ids, json_string(a, l->events[i].id));
        }
    for (uint32_t i = 0; i < l->position.ids.len; i++)
        if (l->ids_at[i] >= at - EVENT_OVERLAP) {
            ids_at[p.ids.len] = l->ids_at[i];
            json_push(a, &p.ids, json_copy(a, &l->position.ids.items[i]));
        }
    set_position(l, p, at);
    arena_free(l->position_arena);
    l->position_arena = a;
    free(l->ids_at);
    l->ids_at = ids_at;
}

/* Whether the log still has an event of the position's, or one not later: of
 * events that were removed from it nobody knows. */
static event_reading look_back(event_log *l, error *e)
{
    json page;
    arena *a = arena_new();
    json before = event_time(a, l->at + 1);
    event_reading got = get_page(l, a, arena_printf(a, "limit=1&before=%s", before.text), &page, e);
    bool reaches = got != EVENTS_READ || page.len > 0;
    if (!reaches) { /* an empty log has lost nothing */
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
    unsigned limit = r->quick ? QUICK_PAGE : NEXT_PAGE;
    for (bool more = true; more; limit = limit * QUICK_GROWTH) {
        json page;
        if (limit > NEXT_PAGE)
            limit = NEXT_PAGE;
        event_reading got = get_joined_page(r, limit, &page, e);
        if (got != EVENTS_READ)
            return got;
        take_page(r, &page);
        more = page.len >= limit && !r->at_bottom;
        if (more && r->quick) {
            const char *id = id_at(&page, page.len - 1);
            more = !idset_has(l->known, id, strlen(id));
        }
        if (r->total > MAX_BEHIND) {
            error_set(e, EX_TEMPFAIL, "full sync needed: more than %d events since %s", MAX_BEHIND,
                      json_text(&l->position.created_at));
            return EVENTS_GAP;
        }
        if (more)
            aim_after(r, &page);
        if (l->n > MAX_BATCH)
            leave_newest(l);
    }
    if (r->quick || r->met_known || l->position.ids.len == 0)
        return EVENTS_READ;
    error_set(e, EX_TEMPFAIL,
              "full sync needed: Kitsu's log has none of the events before %s any more",
              json_text(&l->position.created_at));
    return EVENTS_GAP;
}

/* Whether Kitsu's clock is where it was, or later: events that it dates before
 * the position would never be seen. */
static event_reading check_clock(const event_log *l, error *e)
{
    if (l->at <= zou_date(l->zou) + EVENT_OVERLAP)
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
                 .bottom = l->at - EVENT_OVERLAP,
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
        turn_around(l);
    }
    return EVENTS_READ;
}
