#include "zou/server.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

static bool add_address(buf *b, const char *text, error *e)
{
    const char *scheme = strstr(text, "://");
    const char *host = scheme ? scheme + 3 : text;
    size_t scheme_len = scheme ? (size_t)(scheme - text) : 0;
    if (scheme && (scheme_len != 4 || strncasecmp(text, "http", 4) != 0) &&
        (scheme_len != 5 || strncasecmp(text, "https", 5) != 0))
        return error_set(e, EX_CONFIG,
                         "%s: the address of a Kitsu server starts with https:// or http://", text);
    size_t host_len = strcspn(host, "/?#");
    if (memchr(host, '@', host_len)) /* not shown: it may hold a password */
        return error_set(e, EX_CONFIG, "the server's address contains a login: use --login");
    if (strpbrk(host, "?#"))
        return error_set(e, EX_CONFIG, "%s: a server's address has no query", text);
    if (host_len == 0 || strpbrk(host, " \t\r\n\\") || !utf8_is_whole(host))
        return error_set(e, EX_CONFIG, "\"%s\" is not a server's address", text);
    if (scheme && scheme_len == 4)
        buf_adds(b, "http://");
    else
        buf_adds(b, "https://");
    size_t len = strlen(host);
    while (len > host_len && host[len - 1] == '/')
        len--;
    buf_add(b, host, len);
    if (len == host_len)
        buf_adds(b, "/api");
    return true;
}

char *server_address(const char *text, error *e)
{
    buf b = {0};
    text += strspn(text, " \t\r\n");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        len--;
    char *trimmed = xmalloc(len + 1);
    memcpy(trimmed, text, len);
    trimmed[len] = '\0';
    if (!add_address(&b, trimmed, e))
        buf_free(&b);
    free(trimmed);
    return b.data;
}

char *server_find(const char *given, store *openpype, error *e)
{
    const char *variable = getenv("KITSU_SERVER");
    if (given)
        return server_address(given, e);
    if (variable && *variable)
        return server_address(variable, e);
    settings *s = settings_load(openpype, e);
    if (!s)
        return NULL;
    const char *set = settings_server(s);
    char *server = NULL;
    if (set)
        server = server_address(set, e);
    else
        error_set(
            e, EX_CONFIG,
            "no Kitsu server: use --server or KITSU_SERVER, or set it in OpenPype's settings");
    settings_free(s);
    return server;
}
