#include "net/request.h"

#include <stdio.h>
#include <string.h>

/* bytes of an address in a message. */
#define SHOWN 200

const char *http_shown(const char *url)
{
    static char texts[2][SHOWN + 8];
    static int last;
    char *text = texts[last = !last];
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    const char *at = memchr(host, '@', strcspn(host, "/?#"));
    const char *rest = at ? at + 1 : host;
    int scheme = (int)(host - url);
    size_t room = scheme < SHOWN ? SHOWN - (size_t)scheme : 0;
    snprintf(text, sizeof texts[0], "%.*s%.*s%s", scheme < SHOWN ? scheme : SHOWN, url, (int)room,
             rest, strlen(rest) > room ? "..." : "");
    return text;
}

bool http_repeatable(const http_request *r)
{
    return r->repeatable || strcmp(r->method, "POST") != 0;
}

bool http_is_busy(int status)
{
    return status == 408 || status == 429 || status == 502 || status == 503 || status == 504;
}
