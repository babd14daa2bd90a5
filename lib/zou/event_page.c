#include "zou/event_page.h"

#include "base/limits.h"

#include <string.h>
#include <sysexits.h>

/* ---- rows ----------------------------------------------------------------- */

/* A page under construction. */
typedef struct rows {
    arena *arena;
    json *page;
    arena *scratch; /* owned: of one row */
    size_t held;    /* bytes of the trees, about */
} rows;

/* bytes; of the rows of a page as trees, and of a value in one, whatever it is. A row of those
 * that matter has ids, and takes 2 kB; but an episode's casting names each asset that was
 * added, and an imported asset has all its custom fields. An outline in place of one of these
 * is a full reading of its project. */
#define MAX_PAGE   ((size_t)8 * 1024 * 1024)
#define VALUE_SIZE 96

/* A row that is too large or nested too deep (some of Zou's events hold what a user
 * has sent) must not hide the others: its outline still says that something happened, and
 * when and where. The time of what can't be read is that of the row before it. */
static json outline_row(rows *r, const json_element *e)
{
    static const char *const keys[] = {"created_at", "project_id"};
    arena *a = r->arena;
    json row = json_object(), tree = json_null();
    arena_reset(r->scratch);
    if (e->text && !json_parse(r->scratch, e->text, e->len, &tree, NULL, NULL))
        tree = json_null();
    json_add(a, &row, "id", json_string(a, e->id ? e->id : ""));
    json_add(a, &row, "name", json_string(a, e->name ? e->name : ""));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (json_text(json_get(&tree, keys[i])))
            json_add(a, &row, keys[i], json_copy(a, json_get(&tree, keys[i])));
    if (json_get(&row, "created_at"))
        return row;
    const json *page = r->page;
    const json *last = page->len ? json_get(&page->items[page->len - 1], "created_at") : NULL;
    json_add(a, &row, "created_at", last ? *last : json_null());
    return row;
}

static bool may_hold(rows *r, const json_element *e)
{
    size_t size = e->len + e->values * VALUE_SIZE;
    if (!e->text || size > MAX_PAGE - r->held)
        return false;
    r->held += size;
    return true;
}

static bool add_row(void *context, const json_element *e)
{
    rows *r = context;
    json tree;
    bool is_row = may_hold(r, e) && json_parse(r->arena, e->text, e->len, &tree, NULL, NULL);
    json_push(r->arena, r->page, is_row ? tree : outline_row(r, e));
    return r->page->len <= EVENT_PAGE_LARGEST;
}

/* An outline at the top has the time of the row after it. A row without any is no event. */
static void date_first(const zou *z, arena *a, json *page)
{
    uint32_t first = 0;
    while (first < page->len && json_is(json_get(&page->items[first], "created_at"), JSON_NULL))
        first++;
    const json *next = first < page->len ? json_get(&page->items[first], "created_at") : NULL;
    json at = next ? *next : event_time(a, zou_date(z));
    for (uint32_t i = 0; i < first; i++) {
        page->items[i] = json_copy_shallow(a, &page->items[i]);
        json_set(a, &page->items[i], "created_at", at);
    }
}

const char *event_page_id(const json *page, uint32_t i)
{
    return json_text(json_get(&page->items[i], "id"));
}

time_t event_page_time(const json *page, uint32_t i)
{
    time_t t = 0;
    event_time_parse(json_text(json_get(&page->items[i], "created_at")), &t);
    return t;
}

bool event_page_has(const json *page, const char *id)
{
    for (uint32_t i = 0; i < page->len; i++)
        if (json_text_is(json_get(&page->items[i], "id"), id))
            return true;
    return false;
}

/* ---- the page ------------------------------------------------------------- */

/* Whether it can be part of an address. */
static bool is_id(const char *id)
{
    size_t len = id ? strlen(id) : 0;
    return len > 0 && len <= MAX_ID &&
           strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len;
}

bool event_page_is_event(const json *page, uint32_t i)
{
    time_t unused;
    return is_id(event_page_id(page, i)) &&
           event_time_parse(json_text(json_get(&page->items[i], "created_at")), &unused);
}

static bool is_page(const json *page)
{
    for (uint32_t i = 0; i < page->len; i++)
        if (!event_page_is_event(page, i))
            return false;
    return true;
}

static const char *path_of(arena *a, const char *query)
{
    return arena_printf(a, "/data/events/last?%s", query);
}

zou_result event_page_unexpected(arena *a, const char *query, error *e)
{
    error_set(e, EX_PROTOCOL, "GET %s: unexpected reply: not a list of Zou's events",
              path_of(a, query));
    return ZOU_FAILED;
}

zou_result event_page_read(zou *z, arena *a, const char *query, json *page, error *e)
{
    rows r = {.arena = a, .page = page, .scratch = arena_new()};
    *page = json_array();
    zou_result result = zou_list(z, path_of(a, query), add_row, &r, e);
    arena_free(r.scratch);
    if (result == ZOU_STOPPED) /* more rows than Zou gives on a page */
        return event_page_unexpected(a, query, e);
    if (result == ZOU_OK)
        date_first(z, a, page);
    return result;
}

zou_result event_page_get(zou *z, arena *a, const char *query, json *page, error *e)
{
    zou_result result = event_page_read(z, a, query, page, e);
    if (result == ZOU_OK && !is_page(page))
        result = event_page_unexpected(a, query, e);
    return result;
}
