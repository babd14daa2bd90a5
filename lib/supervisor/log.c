#include "supervisor/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_QUEUE 65536                    /* bytes: what a pipe holds, too */
#define MAX_KEPT  ((size_t)16 * MAX_QUEUE) /* bytes; while nobody reads for months more is dropped */
#define MAX_ENTRY 2048                     /* bytes of a message of our own; as in msg.c */
#define RETRY     100                      /* ms; see `refused` */

static buf queue;
static int own = -1;   /* stderr, opened by us */
static bool is_socket; /* stderr is: one of systemd's */
static bool refused;   /* it took nothing, as a terminal may that has room for one byte */

void log_open(void)
{
    struct stat s;
    if (fstat(STDERR_FILENO, &s) != 0)
        return;
    is_socket = S_ISSOCK(s.st_mode); /* which cannot be opened */
    if (S_ISFIFO(s.st_mode) || isatty(STDERR_FILENO))
        own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int log_fd(void)
{
    return own >= 0 ? own : STDERR_FILENO;
}

void log_add(const char *bytes, size_t len)
{
    if (queue.len < MAX_KEPT)
        buf_add(&queue, bytes, len);
    log_write();
}

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list args)
{
    buf text = {0}, line = {0};
    buf_addf(&text, "%s: ", msg_program());
    buf_addv(&text, format, args);
    msg_hide_password(text.data);
    msg_tame(text.data);
    /* A program of the pipeline may have drawn its progress here. */
    buf_addf(&line, "%s%.*s\n", msg_progress_wanted() ? "\r\033[K" : "", MAX_ENTRY, text.data);
    log_add(line.data, line.len);
    buf_free(&text);
    buf_free(&line);
}

void log_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    if (msg_level() < 1)
        return;
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

bool log_is_full(void)
{
    return queue.len >= MAX_QUEUE;
}

size_t log_poll(struct pollfd *fds, int *milliseconds)
{
    bool is_waiting = queue.len > 0;
    *milliseconds = is_waiting && refused ? RETRY : -1;
    if (!is_waiting || refused) /* poll(2) would say again that there is room */
        return 0;
    *fds = (struct pollfd){.fd = log_fd(), .events = POLLOUT};
    return 1;
}

/* Whether stderr takes PIPE_BUF bytes, by what poll(2) says. */
static bool has_room(void)
{
    struct pollfd p = {.fd = log_fd(), .events = POLLOUT};
    return poll(&p, 1, 0) == 1;
}

static ssize_t write_some(const char *bytes, size_t len)
{
    if (is_socket)
        return send(STDERR_FILENO, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    return write(log_fd(), bytes, len);
}

void log_write(void)
{
    size_t done = 0;
    refused = false;
    while (done < queue.len && has_room()) {
        size_t len = queue.len - done;
        ssize_t n = write_some(queue.data + done, len < PIPE_BUF ? len : PIPE_BUF);
        refused = n < 0 && errno == EAGAIN;
        if (refused)
            break;
        if (n < 0 && errno != EINTR)
            n = (ssize_t)len;
        done += n > 0 ? (size_t)n : 0;
    }
    if (done == 0) /* nothing may have been queued ever: no memory to move */
        return;
    memmove(queue.data, queue.data + done, queue.len - done);
    queue.len -= done;
}

void log_finish(double seconds)
{
    double end = clock_now() + seconds;
    for (double left = seconds; queue.len && left > 0; left = end - clock_now()) {
        struct pollfd p;
        int milliseconds;
        size_t n = log_poll(&p, &milliseconds);
        poll(&p, n, n ? (int)(left * 1000) + 1 : milliseconds);
        log_write();
    }
    buf_free(&queue);
    if (own >= 0)
        close(own);
    own = -1;
}
