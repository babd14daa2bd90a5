#include "zou/event_page.h"

#include <string.h>
#include <sysexits.h>

/* ---- rows ----------------------------------------------------------------- */

/* A page under construction. */
typedef struct rows {
    arena *arena;
    json *page;
} rows;

/* bytes; of a row of the log. Those that matter to us have ids, some 500 bytes; a page has
 * a thousand, each as a tree. */
#define MAX_ROW 4096

/* A row that is too large or nested too deep (some of Zou's events hold what a user
 * has sent) must not hide the others: its outline still says that something happened,
 * and its time is that of the row before it. */
static json outline_row(arena *a, const json_element *e, const json *page)
{
    const json *last = page->len ? json_get(&page->items[page->len - 1], "created_at") : NULL;
    json row = json_object();
    json_add(a, &row, "id", json_string(a, e->id ? e->id : ""));
    json_add(a, &row, "created_at", last ? *last : json_null());
    json_add(a, &row, "name", json_string(a, e->name ? e->name : ""));
    return row;
}

static bool add_row(void *context, const json_element *e)
{
    rows *r = context;
    json tree;
    bool is_row =
        e->text && e->len <= MAX_ROW && json_parse(r->arena, e->text, e->len, &tree, NULL, NULL);
    json_push(r->arena, r->page, is_row ? tree : outline_row(r->arena, e, r->page));
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
    return len > 0 && len <= EVENT_PAGE_MAX_ID &&
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
    rows r = {a, page};
    *page = json_array();
    zou_result result = zou_list(z, path_of(a, query), add_row, &r, e);
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
