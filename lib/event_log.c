#include "event_log.h"

#include "msg.h"

#include <string.h>
#include <sysexits.h>

/* Events of one request. A studio at work makes less in ten seconds; an import
 * makes more, hence the larger pages after the first (Zou's most is 1000). */
#define FIRST_PAGE 100
#define NEXT_PAGE  1000

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

/* Take in a page, newest first. False: it is not what the log gives. `*more`:
 * it ends within the overlap, so what follows belongs to it too. */
static bool add_page(arena *a, const json *page, uint32_t asked, event_position *p, bool *more)
{
    time_t newest, created_at;
    *more = page->len >= asked;
    for (uint32_t i = 0; i < page->len; i++) {
        const json *event = &page->items[i], *id = json_get(event, "id");
        const char *at = json_text(json_get(event, "created_at"));
        if (!json_text(id) || !event_time_parse(at, &created_at))
            return false;
        if (json_is_null(&p->created_at))
            p->created_at = json_string(a, at);
        event_time_parse(json_text(&p->created_at), &newest);
        if (created_at < newest - EVENT_OVERLAP) {
            *more = false;
            break;
        }
        json_push(a, &p->ids, *id);
    }
    return true;
}

zou_result event_log_head(zou *z, arena *a, event_position *out, http_error *e)
{
    uint32_t limit = FIRST_PAGE;
    *out = (event_position){json_null(), json_array()};
    for (bool more = true; more; limit = NEXT_PAGE) {
        json page;
        const char *path = arena_printf(a, "/data/events/last?limit=%u", (unsigned)limit);
        if (out->ids.len > 0)
            path = arena_printf(a, "%s&cursor_event_id=%s", path,
                                json_text(&out->ids.items[out->ids.len - 1]));
        zou_result result = zou_get(z, path, a, &page, e);
        if (result == ZOU_FORBIDDEN && out->ids.len == 0) {
            msg_info("%s: the log of events cannot be read with this role", zou_server(z));
            return ZOU_OK;
        }
        if (result != ZOU_OK)
            return result;
        if (!json_is(&page, JSON_ARRAY) || !add_page(a, &page, limit, out, &more)) {
            http_fail(e, EX_PROTOCOL, "GET %s: not a list of Zou's events", path);
            return ZOU_FAILED;
        }
    }
    if (json_is_null(&out->created_at))
        out->created_at = event_time(a, zou_date(z));
    return ZOU_OK;
}
