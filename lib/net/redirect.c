#include "net/redirect.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

static char *url_part(const char *url, CURLUPart which)
{
    char *text = NULL;
    CURLU *u = curl_url();
    if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK)
        curl_url_get(u, which, &text, CURLU_DEFAULT_PORT);
    curl_url_cleanup(u);
    return text;
}

static bool same_part(const char *a, const char *b, CURLUPart which)
{
    char *x = url_part(a, which), *y = url_part(b, which);
    bool same = x && y && strcasecmp(x, y) == 0;
    curl_free(x);
    curl_free(y);
    return same;
}

bool redirect_is_safe(const char *from, const char *to)
{
    if (!same_part(from, to, CURLUPART_HOST))
        return false;
    if (same_part(from, to, CURLUPART_SCHEME))
        return same_part(from, to, CURLUPART_PORT);
    return strncasecmp(to, "https:", 6) == 0;
}

bool redirect_is_downgrade(const char *from, const char *to)
{
    return strncasecmp(from, "https:", 6) == 0 && strncasecmp(to, "https:", 6) != 0;
}

static bool same_text(const char *asked, const char *answered, CURLUPart which)
{
    char *x = url_part(asked, which), *y = url_part(answered, which);
    bool same = x && y ? strcmp(x, y) == 0 : x == y; /* a query is not always there */
    curl_free(x);
    curl_free(y);
    return same;
}

bool redirect_is_elsewhere(const char *asked, const char *answered)
{
    return strcmp(asked, answered) != 0 && (!same_text(asked, answered, CURLUPART_PATH) ||
                                            !same_text(asked, answered, CURLUPART_QUERY));
}
