/* zou/event_position.h: the times of Kitsu's log, and what is remembered of its events. */
#include "tap.h"

#include "zou/event_position.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    bool is_time;
    const char *utc;
} times[] = {
    {"2026-11-23T05:17:34", true, "2026-11-23T05:17:34"},
    {"2026-11-23T05:17:34.5", true, "2026-11-23T05:17:34"},
    {"2026-11-23T05:17:34.999999", true, "2026-11-23T05:17:34"},
    {"2026-11-23T05:17:34Z", true, "2026-11-23T05:17:34"},
    {"2026-11-23T05:17:34.123Z", true, "2026-11-23T05:17:34"},
    {"2026-11-23T05:17:34+00:00", true, "2026-11-23T05:17:34"},
    {"2026-11-23T05:17:34.123456+00:00", true, "2026-11-23T05:17:34"},
    {"2026-11-23T00:17:34+01:00", true, "2026-11-22T23:17:34"},
    {"2026-11-23T22:47:34-0330", true, "2026-11-24T02:17:34"},
    {"2026-11-23T05:17:34.", false, NULL},
    {"2026-11-23T05:17:34.x", false, NULL},
    {"2026-11-23T05:17:34+1", false, NULL},
    {"2026-11-23T05:17:34+01:60", false, NULL},
    {"2026-11-23T05:17:34+01:00:00", false, NULL},
    {"2026-11-23T05:17:34+-1:00", false, NULL},
    {"2026-11-23T05:17:34 ", false, NULL},
    {"2026-11-23", false, NULL},
    {"", false, NULL},
    {NULL, false, NULL},
};

static void parsing(arena *a)
{
    for (size_t i = 0; i < ROWS(times); i++) {
        time_t t;
        const char *text = times[i].text ? times[i].text : "NULL";
        bool is_time = event_time_parse(times[i].text, &t);
        ok(is_time == times[i].is_time, "a time, or none: %s", text);
        if (is_time && times[i].utc)
            is_text(event_time(a, t).text, times[i].utc, text);
    }
}

static void overlaps(void)
{
    static const struct {
        const char *text;
        time_t seconds;
    } rows[] = {{"", 45}, {"10", 10}, {"120", 120}, {"9", 45}, {"601", 45}, {"x", 45}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        setenv("OPKITSU_LOG_OVERLAP", rows[i].text, 1);
        is_number((double)event_overlap(), (double)rows[i].seconds, rows[i].text);
    }
}

static void marks(arena *a)
{
    /* echo -n 00000014-0000-4000-8000-000000000000 | sha256sum | head -c 16 */
    const char *mark = event_mark(a, "00000014-0000-4000-8000-000000000000");
    is_text(mark, "281181dd7435c73a", "eight bytes of the hash");
    is_text(event_mark(a, mark), mark, "a mark is itself");
    ok(strcmp(event_mark(a, "e0"), "e0") != 0, "an odd id has one, too");
}

int main(void)
{
    arena *a = arena_new();
    parsing(a);
    overlaps();
    marks(a);
    arena_free(a);
    return done();
}
