#include "net/client.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/program.h"
#include "base/system_files.h"

#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define CONNECT_SECONDS 10L

#define STALL_SECONDS 60.0

/* bytes a second; less of an answer, for client_stall_seconds, is none. A modem of 1990 had
 * more. */
#define LOWEST_RATE 100L

/* seconds; of an attempt. A list of a million records takes minutes; a reader downstream
 * that is slower than that gets the rest with the next one. */
#define ATTEMPT_SECONDS 3600.0

/* bytes; of an answer's headers. Zou's and nginx's are under 1 kB. */
#define MAX_HEADERS ((size_t)64 * 1024)

int client_status(const http *h)
{
    long code = 0;
    curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &code);
    return (int)code;
}

long client_stall_seconds(void)
{
    return (long)ceil(clock_wait_setting("OPKITSU_STALL_SECONDS", STALL_SECONDS));
}

/* ---- curl's callbacks --------------------------------------------------- */

static size_t on_body(char *bytes, size_t one, size_t len, void *context)
{
    http *h = context;
    (void)one; /* always 1 */
    if (h->request->sink && client_status(h) / 100 == 2) {
        h->too_much = len > MAX_BODY - h->fed;
        h->fed += h->too_much ? 0 : len;
        h->stopped = h->too_much || !h->request->sink->feed(h->request->sink->context, bytes, len);
        return h->stopped ? 0 : len;
    }
    h->too_long = len > MAX_ANSWER - h->body.len;
    if (h->too_long)
        return 0;
    buf_add(&h->body, bytes, len);
    return len;
}

static size_t on_header(char *bytes, size_t one, size_t len, void *context)
{
    http *h = context;
    char date[64];
    (void)one;
    h->headers_len += len;
    h->headers_too_long = h->headers_len > MAX_HEADERS;
    if (h->headers_too_long)
        return 0;
    if (len > 5 && len < sizeof date && strncasecmp(bytes, "Date:", 5) == 0) {
        memcpy(date, bytes + 5, len - 5);
        date[len - 5] = '\0';
        h->date = curl_getdate(date, NULL);
    }
    return len;
}

/* What curl would do, which does not tell why it could not. */
static curl_socket_t on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    http *h = context;
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    h->no_descriptor |= fd < 0 && (errno == EMFILE || errno == ENFILE);
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* Before the request is sent, on whatever connection. When one that was used
 * before breaks without an answer, curl assumes that it had been idle for too long
 * and sends the request again, even a POST: the server may have carried it out, and
 * died then. */
#if LIBCURL_VERSION_NUM >= 0x075000
static int on_sending(void *context, char *to, char *from, int to_port, int from_port)
{
    http *h = context;
    (void)to, (void)from, (void)to_port, (void)from_port;
    if (h->sendings++ == 0 || http_repeatable(h->request))
        return CURL_PREREQFUNC_OK;
    return CURL_PREREQFUNC_ABORT;
}
#endif

static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    http *h = context;
    (void)down_total, (void)up_total;
    if (h->impatient && fd_hung_up(h->output))
        return 1;
    return h->upload.request && (!upload_keep(&h->upload) || upload_stalls(&h->upload, up + down));
}

/* ---- the client --------------------------------------------------------- */

/* As curl(1) does; the library itself does not look at them. */
static void set_authorities(CURL *curl)
{
    const char *bundle = getenv("CURL_CA_BUNDLE");
    if (bundle && *bundle) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, bundle);
        return;
    }
    const char *folder = getenv("SSL_CERT_DIR"), *file = getenv("SSL_CERT_FILE");
    if (folder && *folder)
        curl_easy_setopt(curl, CURLOPT_CAPATH, folder);
    if (file && *file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, file);
}

/* The files are read when a connection is made. */
void client_needs(program_needs *n)
{
    const char *bundle = getenv("CURL_CA_BUNDLE");
    if (bundle && *bundle)
        needs_read(n, bundle);
#if LIBCURL_VERSION_NUM >= 0x074600
    const curl_version_info_data *built = curl_version_info(CURLVERSION_NOW);
    if (built->cainfo)
        needs_read(n, built->cainfo);
    if (built->capath)
        system_files_need_authorities(n, built->capath);
#endif
    n->network = true;
}

/* curl keeps what it sends, log-ins too, and frees it as it is. */
static void free_wiped(void *p)
{
    if (p)
        explicit_bzero(p, malloc_usable_size(p));
    free(p);
}

http *client_new(void)
{
    static bool initialised;
    /* With memory that ends the program: nearly every call of curl could fail otherwise, and
     * options and headers that are left out are no small matter. */
    if (!initialised && curl_global_init_mem(CURL_GLOBAL_DEFAULT, xmalloc, free_wiped, xrealloc,
                                             xstrdup, xcalloc) != CURLE_OK)
        mem_exhausted(sizeof(CURL *));
    initialised = true;

    http *h = xmalloc(sizeof *h);
    *h = (http){.curl = curl_easy_init()};
    if (!h->curl)
        mem_exhausted(sizeof(CURL *));
    /* Without it curl ignores SIGPIPE while it works, and we would not notice that
     * the reader of our stdout has exited. curl's sockets do not raise SIGPIPE
     * (MSG_NOSIGNAL). */
    curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, h->error);
    curl_easy_setopt(h->curl, CURLOPT_USERAGENT, "opkitsu/" OPKITSU_VERSION);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
    curl_easy_setopt(h->curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(h->curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_LIMIT, LOWEST_RATE);
    curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_TIME, client_stall_seconds());
    client_limit(h, 0);
    curl_easy_setopt(h->curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, h);
    curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(h->curl, CURLOPT_HEADERDATA, h);
    curl_easy_setopt(h->curl, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(h->curl, CURLOPT_OPENSOCKETDATA, h);
#if LIBCURL_VERSION_NUM >= 0x075000
    curl_easy_setopt(h->curl, CURLOPT_PREREQFUNCTION, on_sending);
    curl_easy_setopt(h->curl, CURLOPT_PREREQDATA, h);
#endif
    set_authorities(h->curl);
    return h;
}

void client_free(http *h)
{
    if (!h)
        return;
    curl_easy_cleanup(h->curl);
    client_free_headers(h);
    buf_free(&h->body);
    free(h);
}

/* One has the token. */
void client_free_headers(http *h)
{
    for (struct curl_slist *i = h->headers; i; i = i->next)
        explicit_bzero(i->data, strlen(i->data));
    curl_slist_free_all(h->headers);
    h->headers = NULL;
}

void client_limit(http *h, double seconds)
{
    if (seconds <= 0)
        seconds = clock_wait_setting("OPKITSU_ATTEMPT_SECONDS", ATTEMPT_SECONDS);
    curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, (long)(seconds * 1000) + 1);
}

void client_watch(http *h, bool wanted)
{
    curl_easy_setopt(h->curl, CURLOPT_NOPROGRESS, wanted ? 0L : 1L);
    curl_easy_setopt(h->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(h->curl, CURLOPT_XFERINFODATA, h);
}
