#include "zou/event_position.h"

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
