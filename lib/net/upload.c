#include "net/upload.h"

#include "base/clock.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define STALL_SECONDS 60.0   /* without a byte, while the file is sent */
#define WORK_SECONDS  1800.0 /* without a byte, once it has arrived: Zou may make a film of it */
#define SHOWN_SECONDS 0.1    /* between two calls of `progress`, */
#define KEPT_SECONDS  0.9    /* and of `keep`: curl looks about once a second */

int upload_open(const char *path, uint64_t *size, error *e)
{
    struct stat st;
    /* Opened without O_NONBLOCK, a FIFO would keep us waiting for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *why = NULL;
    if (fd < 0 || fstat(fd, &st) != 0)
        why = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        why = S_ISDIR(st.st_mode) ? "a folder, not a file" : "not a regular file";
    else if (st.st_size == 0)
        why = "the file is empty";
    else
        *size = (uint64_t)st.st_size;
    if (!why)
        return fd;
    error_set(e, EX_NOINPUT, "%s: %s", path, why);
    if (fd >= 0)
        close(fd);
    return -1;
}

static size_t spoil(upload *u, const char *why)
{
    snprintf(u->why, sizeof u->why, "%s", why);
    u->spoiled = true;
    return CURL_READFUNC_ABORT;
}

static void show_progress(upload *u)
{
    const http_upload *r = u->request;
    double now = clock_now();
    if (!r->progress || (u->sent < u->size && now - u->shown_at < SHOWN_SECONDS))
        return;
    u->shown_at = now;
    r->progress(r->context, u->sent, u->size);
}

/* The length was promised at the start. Of a file that has changed its size since,
 * the last bytes are never sent: the server would accept the whole as good. */
static size_t on_file(char *bytes, size_t one, size_t room, void *context)
{
    upload *u = context;
    struct stat st;
    (void)one; /* always 1 */
    uint64_t remaining = u->size - u->sent;
    if (remaining == 0)
        return 0;
    ssize_t got = fd_read(u->fd, bytes, remaining < room ? (size_t)remaining : room);
    if (got < 0)
        return spoil(u, strerror(errno));
    if (got == 0)
        return spoil(u, "the file became shorter while it was being sent");
    if ((uint64_t)got == remaining && (fstat(u->fd, &st) != 0 || (uint64_t)st.st_size != u->size))
        return spoil(u, "the file changed its size while it was being sent");
    u->sent += (uint64_t)got;
    show_progress(u);
    return (size_t)got;
}

static int on_seek(void *context, curl_off_t offset, int origin)
{
    upload *u = context;
    if (lseek(u->fd, (off_t)offset, origin) < 0)
        return CURL_SEEKFUNC_CANTSEEK;
    u->sent = (uint64_t)offset; /* curl only ever seeks from the start */
    return CURL_SEEKFUNC_OK;
}

bool upload_begin(upload *u, CURL *curl, const http_upload *request, error *e)
{
    const char *slash = strrchr(request->file, '/');
    uint64_t size = 0;
    int fd = upload_open(request->file, &size, e);
    if (fd < 0)
        return false;
    *u = (upload){.request = request, .fd = fd, .size = size, .moved_at = clock_now()};
    u->form = curl_mime_init(curl);
    curl_mimepart *part = curl_mime_addpart(u->form);
    curl_mime_name(part, request->field);
    curl_mime_filename(part, slash ? slash + 1 : request->file);
    curl_mime_data_cb(part, (curl_off_t)size, on_file, on_seek, NULL, u);
    curl_easy_setopt(curl, CURLOPT_MIMEPOST, u->form);
    return true;
}

void upload_end(upload *u, CURL *curl)
{
    curl_easy_setopt(curl, CURLOPT_MIMEPOST, NULL);
    curl_mime_free(u->form);
    u->form = NULL;
    close(u->fd);
    u->request = NULL;
}

bool upload_keep(upload *u)
{
    double now = clock_now();
    if (!u->request->keep || now - u->kept_at < KEPT_SECONDS)
        return true;
    u->kept_at = now;
    if (u->request->keep(u->request->context))
        return true;
    snprintf(u->why, sizeof u->why, "given up on the way");
    return false;
}

/* curl's own patience (LOW_SPEED_TIME) can't tell a file that is stuck on its way
 * from one that has arrived and that the server works on. */
bool upload_stalls(upload *u, curl_off_t moved)
{
    double now = clock_now();
    if (moved != u->moved) {
        u->moved = moved;
        u->moved_at = now;
    }
    double patience = u->sent < u->size ? STALL_SECONDS : WORK_SECONDS;
    if (now - u->moved_at <= patience)
        return false;
    snprintf(u->why, sizeof u->why, "no data was transferred for %.0f s", patience);
    return true;
}
