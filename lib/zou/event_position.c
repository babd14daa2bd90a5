#include "zou/event_position.h"

#include "base/clock.h"
#include "base/digest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define OVERLAP_SECONDS 45
#define MIN_OVERLAP     10  /* seconds; twice what a reading to the bottom may lie behind */
#define MAX_OVERLAP     600 /* seconds; more is a mistake */

#define MARK_BYTES 8 /* of the hash: of the some thousand events of an overlap no two share it */

time_t event_overlap(void)
{
    double seconds = clock_setting("OPKITSU_LOG_OVERLAP", OVERLAP_SECONDS);
    return seconds >= MIN_OVERLAP && seconds <= MAX_OVERLAP ? (time_t)seconds : OVERLAP_SECONDS;
}

const char *event_mark(arena *a, const char *id)
{
    char hex[MARK_BYTES * 2 + 1];
    size_t len = strlen(id);
    if (len == sizeof hex - 1 && strspn(id, "0123456789abcdef") == len)
        return id;
    digest_hex(id, len, MARK_BYTES, hex);
    return arena_text(a, hex, sizeof hex - 1);
}

/* A fraction of a second is dropped. */
static const char *skip_fraction(const char *at)
{
    if (*at != '.' || !isdigit((unsigned char)at[1]))
        return at;
    return at + 1 + strspn(at + 1, "0123456789");
}

/* `Z`, `+01:00`, `-0530`, or nothing, which is UTC: `*seconds` east of it. */
static bool parse_offset(const char *at, long *seconds)
{
    int hours, minutes, end = 0;
    *seconds = 0;
    if (!*at || strcmp(at, "Z") == 0)
        return true;
    if (*at != '+' && *at != '-')
        return false;
    const char *form = strchr(at, ':') ? "%2d:%2d%n" : "%2d%2d%n";
    if (!isdigit((unsigned char)at[1]) || sscanf(at + 1, form, &hours, &minutes, &end) != 2 ||
        at[1 + end] || at[1 + strspn(at + 1, "0123456789:")] || hours < 0 || minutes < 0 ||
        minutes > 59)
        return false;
    *seconds = (hours * 60L + minutes) * (*at == '-' ? -60 : 60);
    return true;
}

bool event_time_parse(const char *text, time_t *out)
{
    struct tm tm = {0};
    long offset;
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    if (!end || !parse_offset(skip_fraction(end), &offset))
        return false;
    *out = timegm(&tm) - offset;
    return true;
}

json event_time(arena *a, time_t t)
{
    char text[32];
    struct tm tm;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&t, &tm));
    return json_string(a, text);
}
