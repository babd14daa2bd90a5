#include "supervisor/relay.h"

#include "base/msg.h"
#include "supervisor/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAX_HELD  8192 /* bytes of a line that is held back until it is whole */
#define MAX_READS 64   /* of 4096 bytes, of a program that has ended: more than a pipe holds */

void relay_close(relay *r)
{
    int error = errno;
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    errno = error;
}

void relay_forget(relay *r)
{
    relay_close(r);
    buf_clear(&r->line);
    buf_clear(&r->last);
}

bool relay_open(relay *r, const char *name, int *writer)
{
    int ends[2];
    relay_forget(r);
    r->name = name;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    r->fd = ends[0];
    *writer = ends[1];
    return true;
}

/* With -q it is no news that a full synchronisation is needed: it is made. */
static bool is_hidden(const buf *line)
{
    static const char needed[] = "kitsu-listen: full sync needed";
    return msg_level() < 0 && strncmp(line->data, needed, strlen(needed)) == 0;
}

/* Of a whole line, with its newline. */
static void pass_on(relay *r)
{
    size_t len = strlen(r->name);
    if (!is_hidden(&r->line))
        log_add(r->line.data, r->line.len);
    if (strncmp(r->line.data, r->name, len) == 0 && strncmp(r->line.data + len, ": ", 2) == 0) {
        buf_clear(&r->last);
        buf_add(&r->last, r->line.data, r->line.len - 1);
    }
    buf_clear(&r->line);
}

static void take(relay *r, const char *bytes, size_t len)
{
    while (len) {
        const char *newline = memchr(bytes, '\n', len);
        size_t n = newline ? (size_t)(newline - bytes) + 1 : len;
        buf_add(&r->line, bytes, n);
        if (!newline && r->line.len >= MAX_HELD)
            buf_addc(&r->line, '\n');
        if (r->line.data[r->line.len - 1] == '\n')
            pass_on(r);
        bytes += n;
        len -= n;
    }
}

static void end(relay *r)
{
    if (r->line.len) {
        buf_addc(&r->line, '\n');
        pass_on(r);
    }
    relay_close(r);
}

/* True: there may be more. */
static bool read_some(relay *r)
{
    char bytes[4096];
    ssize_t n = read(r->fd, bytes, sizeof bytes);
    if (n > 0)
        take(r, bytes, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        end(r);
    return n > 0 || (n < 0 && errno == EINTR);
}

void relay_read(relay *r)
{
    if (r->fd >= 0)
        read_some(r);
}

void relay_finish(relay *r)
{
    for (int i = 0; i < MAX_READS && r->fd >= 0 && read_some(r); i++)
        ;
    if (r->fd >= 0) /* a process that the program has left behind has it open */
        end(r);
}

const char *relay_last(const relay *r)
{
    return r->last.len ? r->last.data : NULL;
}

void relay_free(relay *r)
{
    relay_close(r);
    buf_free(&r->line);
    buf_free(&r->last);
}
