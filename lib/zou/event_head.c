#include "zou/event_head.h"

#include "base/msg.h"
#include "zou/event_page.h"

#include <string.h>
#include <sysexits.h>

/* events of the first request. A studio at work makes less in ten seconds; an import
 * makes more, hence the larger pages after the first. */
#define FIRST_PAGE 100

/* pages; 100,000 events of the overlap's seconds. */
#define MAX_PAGES 100

/* Zou logs this event some commits before it deletes the asset: a program that reads
 * the asset in between must get the event once more. */
static bool is_logged_early(const json *row)
{
    return json_text_is(json_get(row, "name"), "asset:delete");
}

/* Add a page, newest first. Events dated after `latest` are done with, too, but the
 * position is not there. `*more`: the page ends within the overlap, and what follows it is
 * needed. False: a row within the overlap is no event; the older ones are not looked at. */
static bool add_page(arena *a, const json *page, uint32_t asked, time_t latest, event_position *p,
                     bool *more)
{
    time_t position;
    *more = false;
    for (uint32_t i = 0; i < page->len; i++) {
        if (!event_page_is_event(page, i))
            return false;
        time_t at = event_page_time(page, i);
        if (json_is_null(&p->created_at))
            p->created_at = event_time(a, at < latest ? at : latest);
        event_time_parse(json_text(&p->created_at), &position);
        if (at < position - event_overlap())
            return true;
        if (!is_logged_early(&page->items[i]))
            json_push(a, &p->ids, json_string(a, event_mark(a, event_page_id(page, i))));
    }
    *more = page->len >= asked;
    return true;
}

zou_result event_head_read(zou *z, arena *a, event_position *out, error *e)
{
    uint32_t limit = FIRST_PAGE, pages = 0;
    *out = (event_position){json_null(), json_array()};
    const char *last = NULL;
    for (bool more = true; more; limit = EVENT_PAGE_LARGEST) {
        json page;
        const char *query = arena_printf(a, "limit=%u", (unsigned)limit);
        if (last)
            query = arena_printf(a, "%s&cursor_event_id=%s", query, last);
        zou_result result = event_page_read(z, a, query, &page, e);
        if (result == ZOU_FORBIDDEN && !last) {
            msg_info("%s: no permission to read the log of events", zou_server(z));
            return ZOU_OK;
        }
        if (result != ZOU_OK)
            return result;
        if (++pages > MAX_PAGES) {
            error_set(e, EX_PROTOCOL, "GET /data/events/last: more than %d pages of one moment",
                      MAX_PAGES);
            return ZOU_FAILED;
        }
        if (last && event_page_has(&page, last)) { /* a server that knows no cursor */
            error_set(e, EX_PROTOCOL,
                      "GET /data/events/last?%s: unexpected reply: not a list of Zou's events, but "
                      "the same page again",
                      query);
            return ZOU_FAILED;
        }
        if (!add_page(a, &page, limit, zou_date(z) + EVENT_PAGE_MAX_AHEAD, out, &more))
            return event_page_unexpected(a, query, e);
        if (more)
            last = event_page_id(&page, page.len - 1);
    }
    if (json_is_null(&out->created_at))
        out->created_at = event_time(a, zou_date(z));
    return ZOU_OK;
}
