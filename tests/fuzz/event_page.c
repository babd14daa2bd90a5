/* zou/event_page.h, zou/event_position.h: a page of Kitsu's log of events, without a Kitsu. */
#include "mutate.h"

#include "zou/event_page.h"

#define NOW 1795396654 /* seconds; when the page comes */

/* What the server sends. */
static const uint8_t *body;
static size_t body_size;
static uint32_t rows;

typedef struct counter {
    json_element_fn *fn;
    void *context;
} counter;

static bool count(void *context, const json_element *e)
{
    counter *c = context;
    rows++;
    return c->fn(c->context, e);
}

/* In place of zou/zou.c. */
zou_result zou_list(zou *z, const char *path, json_element_fn *fn, void *context, error *e)
{
    (void)z, (void)path, (void)e;
    counter c = {fn, context};
    json_splitter *s = json_splitter_new(count, &c);
    bool ok = json_splitter_feed(s, (const char *)body, body_size) && json_splitter_end(s);
    bool stopped = !ok && !json_splitter_error(s);
    json_splitter_free(s);
    return ok ? ZOU_OK : stopped ? ZOU_STOPPED : ZOU_FAILED;
}

time_t zou_date(const zou *z)
{
    (void)z;
    return NOW;
}

static void check_time(arena *a, const char *text)
{
    time_t t, again;
    if (!event_time_parse(text, &t))
        return;
    json written = event_time(a, t);
    require(event_time_parse(json_text(&written), &again) && again == t,
            "a time is read as written");
}

static void check_row(arena *a, const json *page, uint32_t i)
{
    require(event_page_is_event(page, i), "each row is an event");
    const char *id = event_page_id(page, i);
    require(event_page_has(page, id), "each event is there");
    const char *mark = event_mark(a, id);
    require(strlen(mark) == 16, "a mark has 8 bytes");
    require_same(event_mark(a, mark), mark, "a mark is itself");
    check_time(a, json_text(json_get(&page->items[i], "created_at")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new();
    json page;
    error e = {0};
    body = data;
    body_size = size;
    rows = 0;
    check_time(a, arena_text(a, (const char *)data, size));
    if (event_page_get(NULL, a, "limit=25", &page, &e) == ZOU_OK) {
        require(page.len == rows, "no row is lost");
        for (uint32_t i = 0; i < page.len; i++)
            check_row(a, &page, i);
    }
    arena_free(a);
    return 0;
}
